// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables of iptables-legacy as no kernel hands them out are refused. */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>

#include "agent/base/count.h"
#include "tests/unit/blob.h"

enum {
	MATCHES,
	JUMPS,
	POLICY,
	OTHERS,
	OTHER_POLICY,
	OWN,
	OWN_RULE,
	BACK,
	SECOND,
	SECOND_BACK,
	END
};

/*
 * Chain INPUT has a rule with a match, one that jumps to chain "own", and a policy; FORWARD a rule
 * and a policy; "own" has a rule.
 */
static void make(struct blob *b, uint8_t family)
{
	blob_begin(b, family);
	blob_hook(b, NF_INET_LOCAL_IN);
	blob_put(b, NULL, "icmp", 64, VERDICT_LEN);
	verdict_at(b, 0)->verdict = -NF_ACCEPT - 1;
	blob_verdict(b, NULL, 0);
	blob_policy(b, NF_INET_LOCAL_IN, NF_DROP);
	blob_hook(b, NF_INET_FORWARD);
	blob_verdict(b, NULL, -NF_DROP - 1);
	blob_policy(b, NF_INET_FORWARD, NF_ACCEPT);
	blob_named(b, "own");
	verdict_at(b, b->at[JUMPS])->verdict = (int)b->table.size;
	blob_verdict(b, NULL, -NF_ACCEPT - 1);
	blob_verdict(b, NULL, XT_RETURN);
	blob_named(b, "second");
	blob_verdict(b, NULL, XT_RETURN);
	blob_named(b, XT_ERROR_TARGET);
}

/* `a` and `n` are the row's: a rule, and what it is to have. */
static void set_next(struct blob *b, uint32_t a, int n)
{
	*next_offset(b, b->at[a]) = (uint16_t)n;
}

static void set_target(struct blob *b, uint32_t a, int n)
{
	*target_offset(b, b->at[a]) = (uint16_t)n;
}

static void set_target_size(struct blob *b, uint32_t a, int n)
{
	target_at(b, b->at[a])->u.target_size = (uint16_t)n;
}

/* Where the head itself reads like one. */
static void set_target_within(struct blob *b, uint32_t a, int n)
{
	set_target(b, a, n);
	set_target_size(b, a, VERDICT_LEN);
}

static void set_match_size(struct blob *b, uint32_t a, int n)
{
	match_at(b, b->at[a])->u.match_size = (uint16_t)n;
}

static void name_match(struct blob *b, uint32_t a, int n)
{
	memset(match_at(b, b->at[a])->u.user.name, n, XT_EXTENSION_MAXNAMELEN);
}

static void name_target(struct blob *b, uint32_t a, int n)
{
	memset(target_at(b, b->at[a])->u.user.name, n, XT_EXTENSION_MAXNAMELEN);
}

static void name_chain(struct blob *b, uint32_t a, int n)
{
	struct xt_error_target *e = (void *)target_at(b, b->at[a]);

	memset(e->errorname, n, sizeof(e->errorname));
}

static void name_alike(struct blob *b, uint32_t a, int n)
{
	static const char *const names[] = { "own", "INPUT", "FORWARD" };
	struct xt_error_target *e = (void *)target_at(b, b->at[a]);

	strcpy(e->errorname, names[n]);
}

static void set_verdict(struct blob *b, uint32_t a, int n)
{
	verdict_at(b, b->at[a])->verdict = n;
}

/* n is a rule here. */
static void jump(struct blob *b, uint32_t a, int n)
{
	verdict_at(b, b->at[a])->verdict = (int)b->at[n];
}

static void jump_past(struct blob *b, uint32_t a, int n)
{
	verdict_at(b, b->at[a])->verdict = (int)b->table.size + n;
}

/* a is a hook here, and n an offset or a rule. */
static void begin(struct blob *b, uint32_t a, int n)
{
	b->table.hooks |= 1u << a;
	b->begins[a] = b->ends[a] = (uint32_t)n;
}

static void begin_at(struct blob *b, uint32_t a, int n)
{
	b->begins[a] = b->at[n];
}

static void end_at(struct blob *b, uint32_t a, int n)
{
	b->ends[a] = b->at[n];
}

/* The rule is the last one of the hook, whose policy is nowhere. */
static void end_by_return(struct blob *b, uint32_t a, int n)
{
	b->ends[n] = b->table.size;
	verdict_at(b, b->at[a])->verdict = XT_RETURN;
}

/* The table ends with n bytes of its last rule's target. */
static void end_within(struct blob *b, uint32_t a, int n)
{
	*next_offset(b, b->at[a]) = (uint16_t)(*target_offset(b, b->at[a]) + n);
	b->table.size = b->at[a] + *next_offset(b, b->at[a]);
}

static void make_conditional(struct blob *b, uint32_t a, int n)
{
	b->bytes[b->at[a]] = (uint8_t)n; /* of the source address */
}

#define PLACES 40000 /* past the end */
static const struct spoilt {
	const char *what;
	void (*spoil)(struct blob *b, uint32_t a, int n);
	uint32_t a;
	int n;
} spoilt[] = {
	{ "the rule itself is next", set_next, POLICY, 0 },
	{ "the next within the head", set_next, POLICY, 16 },
	{ "the next within the target", set_next, POLICY, 180 },
	{ "the next past the end", set_next, POLICY, PLACES },
	{ "a target in the head", set_target, MATCHES, 16 },
	{ "no target", set_target, MATCHES, 0 },
	{ "a target past the next", set_target, MATCHES, PLACES },
	{ "a target in the last head", set_target_within, END, 16 },
	{ "a last target past all", set_target, END, PLACES },
	{ "half a head of a target", end_within, END, 16 },
	{ "a target of no size", set_target_size, MATCHES, 0 },
	{ "a target without its head", set_target_size, MATCHES, 31 },
	{ "a target past its room", set_target_size, MATCHES, VERDICT_LEN + 8 },
	{ "a match of no size", set_match_size, MATCHES, 0 },
	{ "a match without its head", set_match_size, MATCHES, 31 },
	{ "a match past its room", set_match_size, MATCHES, 72 },
	{ "a match far past its room", set_match_size, MATCHES, PLACES },
	{ "less than a match behind one", set_match_size, MATCHES, 48 },
	{ "a match's name has no end", name_match, MATCHES, 'x' },
	{ "a target's name has no end", name_target, MATCHES, 'x' },
	{ "a chain's name has no end", name_chain, OWN, 'x' },
	{ "a chain that begins in no room", set_target_size, OWN, 40 },
	{ "two of a name", name_alike, SECOND, 0 },
	{ "two of a hook's name", name_alike, SECOND, 1 },
	{ "two of another hook's", name_alike, OWN, 2 },
	{ "a jump to no rule", set_verdict, JUMPS, 12 },
	{ "a jump to a hook's chain", set_verdict, OWN_RULE, 0 },
	{ "a jump to where a chain's name is", jump, JUMPS, OWN },
	{ "a jump into a chain", jump, JUMPS, BACK },
	{ "a jump to the end", jump, JUMPS, END },
	{ "a jump past the end", jump_past, JUMPS, 0 },
	{ "a jump to nowhere", set_verdict, JUMPS, INT32_MAX },
	{ "a policy that jumps", set_verdict, POLICY, 0 },
	{ "a policy to return", set_verdict, POLICY, XT_RETURN },
	{ "a policy to queue", set_verdict, POLICY, -NF_QUEUE - 1 },
	{ "a policy of some", make_conditional, POLICY, 10 },
	{ "a policy with a target", name_target, POLICY, 0 },
	{ "the policy is a rule", end_at, NF_INET_LOCAL_IN, JUMPS },
	{ "the policy is another one's", end_at, NF_INET_LOCAL_IN, OTHER_POLICY },
	{ "the policy is in a chain", end_at, NF_INET_LOCAL_IN, BACK },
	{ "no policy", end_at, NF_INET_FORWARD, END },
	{ "a way back for a policy", end_by_return, OTHER_POLICY, NF_INET_FORWARD },
	{ "rules of no chain", begin_at, NF_INET_LOCAL_IN, JUMPS },
	{ "a rule between chains", begin_at, NF_INET_FORWARD, OTHER_POLICY },
	{ "a hook within one", begin_at, NF_INET_FORWARD, JUMPS },
	{ "a hook amid a chain", begin_at, NF_INET_FORWARD, BACK },
	{ "a hook where a name is", begin_at, NF_INET_FORWARD, OWN },
	{ "a hook at the end", begin_at, NF_INET_FORWARD, END },
	{ "a hook at no rule", begin, NF_INET_LOCAL_OUT, 8 },
	{ "a hook past the end", begin, NF_INET_LOCAL_OUT, PLACES },
	{ "two hooks at one place", begin, NF_INET_LOCAL_OUT, 0 },
	{ "a chain without its way back", set_verdict, BACK, -NF_ACCEPT - 1 },
	{ "a way back for some", make_conditional, BACK, 10 },
	{ "an empty one without its way back", set_verdict, SECOND_BACK, -NF_DROP - 1 },
	{ "no end", set_verdict, END, 0 },
};

/* A policy with a target has a name, and then no verdict. */
static void spoil(struct blob *b, const struct spoilt *s)
{
	s->spoil(b, s->a, s->n);
	if (s->spoil == name_target && !s->n)
		strcpy(target_at(b, b->at[s->a])->u.user.name, "LOG");
	if (s->a == END && s->spoil == set_verdict)
		memset(target_at(b, b->at[END])->u.user.name, 0, XT_EXTENSION_MAXNAMELEN);
}

static const uint8_t families[] = { NFPROTO_IPV4, NFPROTO_IPV6 };
static struct blob blob;

static void test_sound(void **state)
{
	struct survey s;

	(void)state;
	for (size_t i = 0; i < COUNT(families); i++) {
		make(&blob, families[i]);
		assert_int_equal(blob_judge(&blob, &s), 0);
		assert_string_equal(i ? s.open6.chain : s.open4.chain,
				    i ? "ip6tables-legacy filter own"
				      : "iptables-legacy filter own");
	}
}

static void test_spoilt(void **state)
{
	struct survey s;

	(void)state;
	for (size_t i = 0; i < COUNT(spoilt) * COUNT(families); i++) {
		const struct spoilt *row = &spoilt[i / COUNT(families)];
		int r;

		make(&blob, families[i % COUNT(families)]);
		spoil(&blob, row);
		r = blob_judge(&blob, &s);
		if (r != -EBADMSG)
			fail_msg("family %u, %s: %d", blob.table.family, row->what, r);
	}
}

static void test_cut(void **state)
{
	struct xtables x = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(families); i++) {
		uint32_t size;

		make(&blob, families[i]);
		size = blob.table.size;
		for (blob.table.size = 0; blob.table.size < size; blob.table.size += 4)
			if (blob_tell(&blob, &x) != -EBADMSG)
				fail_msg("family %u, %u bytes", families[i], blob.table.size);
	}
	xtables_free(&x);
}

/* Numbers that no iptables writes are no reason to fall. */
static void test_odd_verdicts(void **state)
{
	static const int odd[] = { INT32_MIN, INT32_MIN + 1, -7, -6, -4, -3 };
	struct survey s;

	(void)state;
	for (size_t i = 0; i < COUNT(odd); i++) {
		make(&blob, NFPROTO_IPV4);
		set_verdict(&blob, OWN_RULE, odd[i]);
		assert_int_equal(blob_judge(&blob, &s), 0);
		assert_false(s.closed4);
	}
	/* A verdict behind its target's end is none: who knows what that does. */
	make(&blob, NFPROTO_IPV4);
	set_verdict(&blob, OWN_RULE, -NF_DROP - 1);
	set_target_size(&blob, OWN_RULE, sizeof(struct xt_entry_target));
	assert_int_equal(blob_judge(&blob, &s), 0);
	assert_string_equal(s.open4.chain, "iptables-legacy filter own");
}

static void test_policy_with_match(void **state)
{
	struct survey s;

	(void)state;
	blob_begin(&blob, NFPROTO_IPV4);
	blob_hook(&blob, NF_INET_LOCAL_IN);
	blob_put(&blob, NULL, "mark", 64, VERDICT_LEN);
	set_verdict(&blob, 0, -NF_DROP - 1);
	blob_named(&blob, XT_ERROR_TARGET);
	assert_int_equal(blob_judge(&blob, &s), -EBADMSG);
}

/* A match of nearly 64 KiB; what is told is bounded, too. */
static void test_large(void **state)
{
	struct survey s;

	(void)state;
	for (size_t i = 0; i < COUNT(families); i++) {
		struct xtables x = { 0 };
		int r = 0;

		blob_begin(&blob, families[i]);
		blob_hook(&blob, NF_INET_LOCAL_IN);
		blob_put(&blob, NULL, "mark", XT_MESSAGE_MAX / 2, VERDICT_LEN);
		set_verdict(&blob, 0, -NF_ACCEPT - 1);
		blob_policy(&blob, NF_INET_LOCAL_IN, NF_DROP);
		blob_named(&blob, XT_ERROR_TARGET);
		assert_int_equal(blob_judge(&blob, &s), 0);
		for (unsigned n = 0; n < XTABLES_MAX / (XT_MESSAGE_MAX / 2); n++)
			if (r == 0)
				r = blob_tell(&blob, &x);
		assert_int_equal(r, -EFBIG);
		assert_true(x.len <= XTABLES_MAX);
		xtables_free(&x);
		blob_begin(&blob, families[i]);
		blob_hook(&blob, NF_INET_LOCAL_IN);
		blob_put(&blob, NULL, "mark", XT_MESSAGE_MAX, VERDICT_LEN);
		set_verdict(&blob, 0, -NF_ACCEPT - 1);
		blob_policy(&blob, NF_INET_LOCAL_IN, NF_DROP);
		blob_named(&blob, XT_ERROR_TARGET);
		assert_int_equal(blob_judge(&blob, &s), -EFBIG);
	}
}

static int count(void *ctx, const struct nlmsghdr *h)
{
	(void)h;
	return --*(int *)ctx ? 0 : -EINTR;
}

static void test_each(void **state)
{
	struct xtables x = { 0 }, cut;
	int whole = 0, left = 3;

	(void)state;
	make(&blob, NFPROTO_IPV4);
	assert_int_equal(xtables_tell(&blob.table, &x), 0);
	cut = x;
	for (cut.len = 0; cut.len < x.len; cut.len++) {
		int many = 1000, r = xtables_each(&cut, NFT_MSG_NEWRULE, count, &many);

		assert_true(r == 0 || r == -EBADMSG);
		whole += r == 0;
	}
	assert_int_equal(whole, 4 + 4); /* of its messages all but the last, and none at all */
	assert_int_equal(xtables_each(&x, NFT_MSG_NEWRULE, count, &left), -EINTR);
	left = 3;
	assert_int_equal(xtables_each(&x, NFT_MSG_NEWTABLE, count, &left), 0);
	((struct nlmsghdr *)x.bytes)->nlmsg_len = 4;
	assert_int_equal(xtables_each(&x, NFT_MSG_NEWRULE, count, &left), -EBADMSG);
	xtables_free(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),	     cmocka_unit_test(test_spoilt),
		cmocka_unit_test(test_cut),	     cmocka_unit_test(test_large),
		cmocka_unit_test(test_odd_verdicts), cmocka_unit_test(test_policy_with_match),
		cmocka_unit_test(test_each),
	};

	return cmocka_run_group_tests_name("xtables-hostile", tests, NULL, NULL);
}
