// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/base/named.h"
#include "agent/base/web.h"

#define DIGITS	   "0123456789"
#define UNRESERVED DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~"
#define REST_BYTES UNRESERVED "!$&'()*+,;=:@/?%"

static const struct {
	const char *text;
	bool tls;
	uint16_t port;
} schemes[] = { { "http://", false, 80 }, { "https://", true, 443 } };

static int read_scheme(const char **text, struct web *w, struct fault *fault)
{
	for (size_t i = 0; i < COUNT(schemes); i++) {
		size_t n = strlen(schemes[i].text);

		if (strncasecmp(*text, schemes[i].text, n))
			continue;
		w->tls = schemes[i].tls;
		w->port = schemes[i].port;
		*text += n;
		return 0;
	}
	return fault_set(fault, -EINVAL, "does not begin with http:// or https://");
}

static int read_port(const char *text, struct web *w, struct fault *fault)
{
	size_t n = strspn(text, DIGITS);
	unsigned port = 0;

	for (size_t i = 0; i < n && i < 6; i++)
		port = port * 10 + (unsigned)(text[i] - '0');
	if (!n || n > 5 || text[n] || *text == '0' || port > UINT16_MAX)
		return fault_set(fault, -EINVAL, "has no port from 1 to 65535 behind its host");
	w->port = (uint16_t)port;
	return 0;
}

static int read_host(const char *host, uint8_t family, struct web *w, struct fault *fault)
{
	if (inet_pton(family, host, w->at.addr) == 1) {
		w->at.family = family;
		w->at.prefix = (uint8_t)family_bits(family);
		return 0;
	}
	if (family == AF_INET6)
		return fault_set(fault, -EINVAL, "has no IPv6 address between its brackets");
	return name_read(host, false, &w->host, fault);
}

/* HOST[:PORT] or [ADDRESS][:PORT] */
static int read_authority(struct web *w, struct fault *fault)
{
	char text[sizeof(w->authority)], *host = text, *end;
	bool six = w->authority[0] == '[';
	char after;
	int r;

	memcpy(text, w->authority, sizeof(text));
	if (strchr(text, '@'))
		return fault_set(fault, -EINVAL, "has a user before its host");
	host += six;
	end = host + strcspn(host, six ? "]" : ":");
	after = *end;
	*end = '\0';
	r = after || !six ? read_host(host, six ? AF_INET6 : AF_INET, w, fault)
			  : fault_set(fault, -EINVAL, "has a bracket that does not end");
	if (r == 0 && six)
		after = *++end;
	if (r < 0 || !after)
		return r;
	return after == ':' ? read_port(end + 1, w, fault)
			    : fault_set(fault, -EINVAL, "has something behind its host");
}

/* A '%' that no two hexadecimal digits follow would mean one thing here and another elsewhere. */
static bool escapes_ok(const char *p)
{
	while ((p = strchr(p, '%')))
		if (strspn(++p, DIGITS "abcdefABCDEF") < 2)
			return false;
	return true;
}

int web_read(const char *text, struct web *ret, struct fault *fault)
{
	struct web w = { 0 };
	const char *from = text;
	size_t n, len = strcspn(text, "#");
	int r = len < sizeof(w.text) ? 0 : fault_set(fault, -E2BIG, "is too long");

	if (r == 0)
		r = read_scheme(&from, &w, fault);
	if (r < 0)
		return r;
	memcpy(w.text, text, len);
	n = strcspn(from, "/?#");
	if (n >= sizeof(w.authority))
		return fault_set(fault, -EINVAL, "has a host that is too long");
	memcpy(w.authority, from, n);
	r = read_authority(&w, fault);
	if (r < 0)
		return r;
	w.path = (size_t)(from - text) + n;
	if (w.text[w.path + strspn(w.text + w.path, REST_BYTES)] || !escapes_ok(w.text + w.path))
		return fault_set(fault, -EINVAL, "has bytes in it that no such address has");
	*ret = w;
	return 0;
}
