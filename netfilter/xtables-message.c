// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netfilter/xtables-parts.h"

void xtables_name(uint8_t family, const char *table, char ret[XTABLES_NAME])
{
	snprintf(ret, XTABLES_NAME, "%s%s", family == NFPROTO_IPV4 ? XTABLES_NAME4 : XTABLES_NAME6,
		 table);
}

bool xtables_is_named(const char *table)
{
	return !strncmp(table, XTABLES_NAME4, strlen(XTABLES_NAME4)) ||
	       !strncmp(table, XTABLES_NAME6, strlen(XTABLES_NAME6));
}

/* What fills it up to its end is zero, which libmnl leaves as it was: an imprint is of all bytes.
 */
void xt_put(struct xt_message *m, uint16_t type, const void *data, size_t len)
{
	uint8_t *at = mnl_nlmsg_get_payload_tail(m->h);

	if (mnl_attr_put_check(m->h, XT_MESSAGE_MAX, type, len, data))
		memset(at + MNL_ATTR_HDRLEN + len, 0, MNL_ALIGN(len) - len);
	else
		m->full = true;
}

void xt_put_text(struct xt_message *m, uint16_t type, const char *text)
{
	xt_put(m, type, text, strlen(text) + 1);
}

void xt_put_number(struct xt_message *m, uint16_t type, uint32_t number)
{
	const uint32_t wire = htonl(number);

	xt_put(m, type, &wire, sizeof(wire));
}

/* Without NLA_F_NESTED, as nf_tables dumps it. */
struct nlattr *xt_open(struct xt_message *m, uint16_t type)
{
	struct nlattr *nest = mnl_attr_nest_start_check(m->h, XT_MESSAGE_MAX, type);

	if (nest)
		nest->nla_type = type;
	m->full |= !nest;
	return nest;
}

void xt_close(struct xt_message *m, struct nlattr *nest)
{
	if (nest)
		mnl_attr_nest_end(m->h, nest);
}

void xt_begin(struct xt_message *m, const struct xt_table *t, uint16_t type, uint16_t of_table)
{
	struct nfgenmsg *g;
	char table[XTABLES_NAME];

	m->full = false;
	mnl_nlmsg_put_header(m->h);
	m->h->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | type;
	g = mnl_nlmsg_put_extra_header(m->h, sizeof(*g));
	g->nfgen_family = t->family;
	xtables_name(t->family, t->name, table);
	xt_put_text(m, of_table, table);
}

int xt_end(const struct xt_message *m, struct xtables *to)
{
	const size_t len = m->h->nlmsg_len;
	size_t room = to->room ? to->room : XT_MESSAGE_MAX;
	uint8_t *bytes = to->bytes;

	if (m->full || to->len + len > XTABLES_MAX)
		return -EFBIG;
	while (room < to->len + len)
		room *= 2;
	if (room != to->room)
		bytes = realloc(bytes, room);
	if (!bytes)
		return -ENOMEM;
	to->bytes = bytes;
	to->room = room;
	memcpy(bytes + to->len, m->h, len);
	to->len += len;
	return 0;
}
