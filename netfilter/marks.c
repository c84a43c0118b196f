// SPDX-License-Identifier: GPL-2.0-or-later
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_mark.h>
#include <string.h>

#include "agent/base/count.h"
#include "netfilter/marks.h"
#include "netfilter/object.h"

#define REGISTERS (NFT_REG32_15 + 1) /* by either of a register's numbers */

/* What is copied from one mark to the other sets no bit that nobody has set. */
struct scan {
	struct marks *marks;
	uint32_t regs[REGISTERS +
		      1]; /* bits that a mark made of it may have; the last: of any other */
};

static uint32_t *reg(struct scan *s, const struct nlattr *a)
{
	uint32_t n = object_be32(a, UINT32_MAX);

	return &s->regs[n < REGISTERS ? n : REGISTERS];
}

static uint32_t word_in(const struct nlattr *data, uint32_t otherwise)
{
	uint32_t len, word;
	const uint8_t *bytes = object_data(data, &len);

	if (len != sizeof(word))
		return otherwise;
	memcpy(&word, bytes, sizeof(word));
	return word;
}

/* What is loaded, and how far it reaches, is not known. */
static void forget(struct scan *s)
{
	memset(s->regs, 0xff, sizeof(s->regs));
}

static void load(struct scan *s, const struct nlattr *dreg, bool mark)
{
	if (!mark)
		return forget(s);
	*reg(s, dreg) = 0;
	s->marks->asked = true;
}

static void on_meta(struct scan *s, const struct nlattr **a)
{
	const bool mark = object_be32(a[NFTA_META_KEY], UINT32_MAX) == NFT_META_MARK;

	if (a[NFTA_META_DREG])
		load(s, a[NFTA_META_DREG], mark);
	else if (mark)
		s->marks->set |= *reg(s, a[NFTA_META_SREG]);
}

static void on_ct(struct scan *s, const struct nlattr **a)
{
	const bool mark = object_be32(a[NFTA_CT_KEY], UINT32_MAX) == NFT_CT_MARK;

	if (a[NFTA_CT_DREG])
		load(s, a[NFTA_CT_DREG], mark);
	else if (mark)
		s->marks->set |= *reg(s, a[NFTA_CT_SREG]);
}

static void on_immediate(struct scan *s, const struct nlattr **a)
{
	*reg(s, a[NFTA_IMMEDIATE_DREG]) = word_in(a[NFTA_IMMEDIATE_DATA], MARKS_ALL);
}

static void on_bitwise(struct scan *s, const struct nlattr **a)
{
	const uint32_t mask = word_in(a[NFTA_BITWISE_MASK], MARKS_ALL);
	const uint32_t xor = word_in(a[NFTA_BITWISE_XOR], MARKS_ALL);
	const bool bits_stay = object_be32(a[NFTA_BITWISE_OP], 0) == NFT_BITWISE_MASK_XOR;
	const uint32_t from = *reg(s, a[NFTA_BITWISE_SREG]);

	*reg(s, a[NFTA_BITWISE_DREG]) = bits_stay ? (from & mask) | xor : MARKS_ALL;
}

static void on_match(struct scan *s, const struct nlattr **a)
{
	const char *name = object_text(a[NFTA_MATCH_NAME]);

	if (!name)
		return;
	s->marks->asked |= !strcmp(name, "mark") || !strcmp(name, "connmark");
	if (!strcmp(name, "socket")) /* may take its socket's */
		s->marks->set = MARKS_ALL;
}

static uint32_t set_by_mark(const void *info, size_t len, uint32_t revision)
{
	struct xt_mark_tginfo2 t;

	if (len < sizeof(t) || revision != 2)
		return MARKS_ALL;
	memcpy(&t, info, sizeof(t));
	return t.mark;
}

static uint32_t set_by_connmark(const void *info, size_t len, uint32_t revision)
{
	struct xt_connmark_tginfo1 one;
	struct xt_connmark_tginfo2 two = { 0 };

	if (revision == 1 && len >= sizeof(one)) {
		memcpy(&one, info, sizeof(one));
		return one.mode == XT_CONNMARK_SET ? one.ctmark : 0;
	}
	if (revision != 2 || len < sizeof(two))
		return MARKS_ALL;
	memcpy(&two, info, sizeof(two));
	return two.shift_bits ? MARKS_ALL : two.mode == XT_CONNMARK_SET ? two.ctmark : 0;
}

static uint32_t set_by_others(const void *info, size_t len, uint32_t revision)
{
	(void)info, (void)len, (void)revision;
	return MARKS_ALL;
}

static const struct target_row {
	const char *name;
	uint32_t (*set)(const void *info, size_t len, uint32_t revision);
} targets[] = {
	{ "CONNMARK", set_by_connmark }, { "HMARK", set_by_others }, { "MARK", set_by_mark },
	{ "NFQUEUE", set_by_others },	 { "SET", set_by_others },   { "TPROXY", set_by_others },
};

static void on_target(struct scan *s, const struct nlattr **a)
{
	const char *name = object_text(a[NFTA_TARGET_NAME]);
	const struct nlattr *info = a[NFTA_TARGET_INFO];

	for (size_t i = 0; name && info && i < COUNT(targets); i++)
		if (!strcmp(name, targets[i].name))
			s->marks->set |= targets[i].set(mnl_attr_get_payload(info),
							mnl_attr_get_payload_len(info),
							object_be32(a[NFTA_TARGET_REV], 0));
}

static void on_queue(struct scan *s, const struct nlattr **a)
{
	(void)a;
	s->marks->set = MARKS_ALL;
}

static const struct {
	const char *name;
	void (*on)(struct scan *s, const struct nlattr **a);
} rows[] = {
	{ "bitwise", on_bitwise }, { "ct", on_ct },	{ "immediate", on_immediate },
	{ "match", on_match },	   { "meta", on_meta }, { "queue", on_queue },
	{ "target", on_target },
};

static void scan_term(struct scan *s, const struct nlattr *term)
{
	const struct nlattr *a[TERM_ATTRS + 1];
	const char *name;

	if (object_term(term, &name, a) < 0)
		return;
	for (size_t i = 0; name && i < COUNT(rows); i++)
		if (!strcmp(name, rows[i].name))
			return rows[i].on(s, a);
	forget(s);
}

void marks_learn(const struct nlattr *terms, struct marks *m)
{
	struct scan s = { .marks = m };
	const struct nlattr *a;

	forget(&s);
	mnl_attr_for_each_nested(a, terms) scan_term(&s, a);
}
