// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/named.h"
#include "policy/place.h"
#include "policy/portal.h"

#define MINUTE 60
#define HOUR   3600

#define PROBE_MAX 255
#define LASTS	  (10 * MINUTE)
#define ATTEMPTS  3
#define ADDRESSES 8

static int read_probe(struct reader *r, const struct member *m, json_t *value, void *field)
{
	const char *text = json_string_value(value);
	struct web *probe = field;
	struct fault f = { 0 };

	(void)m;
	if (!text)
		return reader_refuse_value(r, value, "is not the address of a page");
	if (web_read(text, probe, &f) < 0)
		return reader_refuse_value(r, value, f.why);
	if (probe->tls || probe->text[probe->path] != '/' || strlen(text) > PROBE_MAX)
		return reader_refuse_value(r, value,
					   "is not \"http://HOST/PATH\": no portal can answer in "
					   "the place of a page over TLS");
	return 0;
}

static int read_address(struct reader *r, json_t *item, void *into)
{
	struct portal_rule *rule = into;
	struct prefix *at = &rule->at[rule->n_at++];
	int err = place_read(r, item, at);

	if (err == 0 && at->prefix != family_bits(at->family))
		return reader_refuse_value(r, item, "is not a single address");
	return err;
}

static int read_addresses(struct reader *r, const struct member *m, json_t *value, void *field)
{
	return reader_array(r, m, value, read_address, field);
}

static int read_never_one(struct reader *r, json_t *item, void *into)
{
	struct portal_rule *rule = into;

	return place_read(r, item, &rule->never[rule->n_never++]);
}

static int read_never(struct reader *r, const struct member *m, json_t *value, void *field)
{
	return reader_array(r, m, value, read_never_one, field);
}

/* Port 53 would be a way out for data, as TCP's bytes are not looked at. */
static int read_port(struct reader *r, json_t *item, void *into)
{
	struct portal_rule *rule = into;
	json_int_t port = json_integer_value(item);

	if (port < 1 || port > UINT16_MAX || port == 53)
		return reader_refuse_value(r, item, "is not a port that a portal may have");
	rule->ports[rule->n_ports++] = (uint16_t)port;
	return 0;
}

static int read_ports(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct portal_rule *rule = field;

	rule->n_ports = 0;
	return reader_array(r, m, value, read_port, rule);
}

static int read_count(struct reader *r, const struct member *m, json_t *value, void *field)
{
	json_int_t n = json_integer_value(value);

	if (!json_is_integer(value) || n < (json_int_t)m->min || n > (json_int_t)m->max)
		return reader_refuse(r, "is not a number from %d to %d", (int)m->min, (int)m->max);
	*(int64_t *)field = n;
	return 0;
}

static const struct member portal_members[] = {
	{ "probe", read_probe, offsetof(struct portal_rule, probe), true, 0, 0 },
	{ "at", read_addresses, 0, true, 1, PORTAL_PROBES_MAX },
	{ "open_for", reader_span, offsetof(struct portal_rule, lasts), false, MINUTE, HOUR },
	{ "attempts", read_count, offsetof(struct portal_rule, attempts), false, 1,
	  PORTAL_ATTEMPTS_MAX },
	{ "addresses", read_count, offsetof(struct portal_rule, addresses), false, 1,
	  PORTAL_ADDRESSES_MAX },
	{ "ports", read_ports, 0, false, 1, PORTAL_PORTS_MAX },
	{ "never", read_never, 0, false, 1, PORTAL_NEVER_MAX },
};
static const struct shape portal_shape = SHAPE(portal_members);

int portal_read(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct portal_rule *rule = field;

	(void)m;
	*rule = (struct portal_rule){ .lasts = LASTS,
				      .attempts = ATTEMPTS,
				      .addresses = ADDRESSES,
				      .ports = { 80, 443 },
				      .n_ports = 2 };
	return reader_object(r, &portal_shape, value, rule);
}

static bool has_room(const struct allow *a, size_t more)
{
	size_t n = a->n_out + more;

	for (size_t i = 0; i < a->n_named; i++)
		n += a->named[i].n_ports * FOUND_MAX;
	return n <= ALLOW_PEERS_MAX;
}

int portal_allow_probe(const struct portal_rule *rule, struct allow *allow)
{
	struct peer *out;

	if (!rule->n_at)
		return 0;
	if (!has_room(allow, rule->n_at))
		return -E2BIG;
	out = reallocarray(allow->out, allow->n_out + rule->n_at, sizeof(*out));
	if (!out)
		return -ENOMEM;
	allow->out = out;
	for (size_t i = 0; i < rule->n_at; i++) {
		struct peer *p = &out[allow->n_out++];

		*p = (struct peer){ .family = rule->at[i].family,
				    .proto = IPPROTO_TCP,
				    .prefix = rule->at[i].prefix,
				    .port = rule->probe.port };
		memcpy(p->addr, rule->at[i].addr, sizeof(p->addr));
	}
	allow->n_out = peers_merge(out, allow->n_out);
	return 0;
}
