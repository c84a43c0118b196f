// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "agent/base/named.h"
#include "policy/place.h"

/* A shorter prefix would open whole provinces of the internet to a host in quarantine. */
#define PREFIX_MIN4 8
#define PREFIX_MIN6 16

static bool tail_is_zero(const struct prefix *p)
{
	for (unsigned i = p->prefix; i < family_bits(p->family); i++)
		if (p->addr[i / 8] & (0x80 >> i % 8))
			return false;
	return true;
}

/* The digits behind the slash; a single address has none. */
static bool prefix_length(const char *digits, unsigned bits, uint8_t *ret)
{
	unsigned n = 0;

	if (!digits) {
		*ret = (uint8_t)bits;
		return true;
	}
	if (!*digits || strlen(digits) > 3 || (digits[0] == '0' && digits[1]))
		return false;
	for (; *digits; digits++) {
		if (*digits < '0' || *digits > '9')
			return false;
		n = n * 10 + (unsigned)(*digits - '0');
	}
	*ret = (uint8_t)n;
	return n <= bits;
}

static bool parse(const char *spelt, struct prefix *ret)
{
	char text[INET6_ADDRSTRLEN + 4], *slash;

	*ret = (struct prefix){ 0 };
	if (strlen(spelt) >= sizeof(text))
		return false;
	strcpy(text, spelt);
	slash = strchr(text, '/');
	if (slash)
		*slash++ = '\0';
	ret->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	return inet_pton(ret->family, text, ret->addr) == 1 &&
	       prefix_length(slash, family_bits(ret->family), &ret->prefix);
}

int place_read(struct reader *r, json_t *value, struct prefix *ret)
{
	struct prefix p;

	if (!json_is_string(value) || !parse(json_string_value(value), &p))
		return reader_refuse_value(r, value,
					   "is not an address or a prefix; write "
					   "\"192.0.2.10\" or \"2001:db8::/48\"");
	if (!tail_is_zero(&p))
		return reader_refuse_value(r, value, "has bits set behind its prefix length");
	if (p.prefix < (p.family == AF_INET ? PREFIX_MIN4 : PREFIX_MIN6))
		return reader_refuse_value(r, value,
					   "opens too much of the internet; the shortest prefixes "
					   "are /8 and, for IPv6, /16");
	*ret = p;
	return 0;
}

bool place_is_meant(const char *text)
{
	const char *last = strrchr(text, '.');

	last = last ? last + 1 : text;
	return strpbrk(text, ":/") || (*last && !last[strspn(last, "0123456789")]);
}

int place_read_name(struct reader *r, json_t *value, bool service, struct name *ret)
{
	const char *text = json_string_value(value);
	struct fault f = { 0 };

	if (!text)
		return reader_refuse_value(r, value, "is not the name of a host");
	if (name_read(text, service, ret, &f) < 0)
		return reader_refuse_value(r, value, f.why);
	return 0;
}
