// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "agent/base/count.h"
#include "netfilter/batch.h"
#include "netfilter/rule.h"
#include "tests/unit/netns.h"

static void add_table(struct batch *b, const char *name)
{
	struct nftnl_table *t = nftnl_table_alloc();

	nftnl_table_set_str(t, NFTNL_TABLE_NAME, name);
	batch_add_table(b, t);
	nftnl_table_free(t);
}

static void add_chain(struct batch *b, const char *table, const char *name)
{
	struct nftnl_chain *c = nftnl_chain_alloc();

	nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, table);
	nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, name);
	batch_add_chain(b, c);
	nftnl_chain_free(c);
}

/* All or nothing; the socket works on after a refusal, and its left-over answers harm nobody. */
static void test_refusals_have_a_place(void **state)
{
	const struct rule bad = { 0, "c", { GOTO("nowhere") } }, good = { 0, "c", { ACCEPT } };
	struct nft nft = open_nft();
	struct fault f = { 0 };
	struct batch *b = batch_begin(&nft, NFPROTO_INET);

	(void)state;
	add_table(b, "t");
	add_chain(b, "t", "c");
	rule_add(b, "t", &good);
	rule_add(b, "t", &bad);
	rule_add(b, "t", &good);
	assert_int_equal(batch_commit(b, &f), -ENOENT);
	assert_non_null(strstr(f.why, "chain c: rule 2: "));
	assert_string_equal(shown("nft list ruleset"), "");

	b = batch_begin(&nft, NFPROTO_INET);
	add_chain(b, "absent", "c");
	f.why[0] = '\0';
	assert_int_equal(batch_commit(b, &f), -ENOENT);
	assert_non_null(strstr(f.why, "chain c: "));

	b = batch_begin(&nft, NFPROTO_INET);
	add_table(b, "t");
	assert_int_equal(batch_commit(b, &f), 0);
	assert_non_null(strstr(shown("nft list ruleset"), "table inet t"));
	nft_close(&nft);
}

/* A set of 10 elements gets more than fit one message, and the one that is wrong is named. */
static void test_elements_are_split_and_named(void **state)
{
	struct nft nft = open_nft();
	struct fault f = { 0 };
	uint32_t key[2] = { 0 };
	struct batch *b;

	(void)state;
	load_rules(
		"table inet t { set s { type ipv4_addr; size 5000; }; set w { type ipv4_addr; } }");
	b = batch_begin(&nft, NFPROTO_INET);
	for (key[0] = 1; key[0] <= 5000; key[0]++)
		batch_add_element(b, "t", "s", &(struct element_key){ key, NULL, 4 });
	assert_int_equal(batch_commit(b, &f), 0);
	assert_int_equal(atoi(shown("nft list set inet t s | tr , '\\n' | grep -c '[0-9]\\.'")),
			 5000);

	b = batch_begin(&nft, NFPROTO_INET);
	for (key[0] = 1; key[0] <= 3000; key[0]++)
		batch_add_element(b, "t", "w",
				  &(struct element_key){ key, NULL, key[0] == 2500 ? 8 : 4 });
	assert_int_equal(batch_commit(b, &f), -EINVAL);
	assert_non_null(strstr(f.why, "set w: element 2500: "));
	nft_close(&nft);
}

static int repeat_elements(struct nft *nft, uint32_t n, uint32_t bad, struct fault *f)
{
	struct batch *b = batch_begin(nft, NFPROTO_IPV4);
	size_t from = batch_here(b), to;

	for (uint32_t key[2] = { 1 }; key[0] <= n; key[0]++)
		batch_add_element(b, "t", "s",
				  &(struct element_key){ key, NULL, key[0] == bad ? 8 : 4 });
	to = batch_here(b);
	batch_family(b, NFPROTO_IPV6);
	batch_repeat(b, from, to);
	return batch_commit(b, f);
}

/* Both tables get them, though they are in memory once; a refusal finds its place all the same. */
static void test_elements_are_repeated(void **state)
{
	static const char *const families[] = { "ip", "ip6" };
	struct nft nft = open_nft();
	struct fault f = { 0 };

	(void)state;
	load_rules("table ip t { set s { type ipv4_addr; }; };"
		   "table ip6 t { set s { type ipv4_addr; }; };");
	assert_int_equal(repeat_elements(&nft, 6000, 0, &f), 0);
	assert_int_equal(repeat_elements(&nft, 7000, 4500, &f), -EINVAL);
	assert_non_null(strstr(f.why, "set s: element 4500: "));
	for (size_t i = 0; i < 2; i++) {
		char command[96];

		snprintf(command, sizeof(command),
			 "nft list set %s t s | tr , '\\n' | grep -c '[0-9]\\.'", families[i]);
		assert_int_equal(atoi(shown(command)), 6000);
	}
	nft_close(&nft);
}

static void test_another_generation_is_refused(void **state)
{
	struct nft nft = open_nft();
	struct fault f = { 0 };
	uint32_t generation;
	struct batch *b;

	(void)state;
	load_rules("");
	assert_int_equal(nft_generation(&nft, &generation, &f), 0);
	b = batch_begin(&nft, NFPROTO_INET);
	batch_only_at(b, generation);
	add_table(b, "first");
	assert_int_equal(batch_commit(b, &f), 0);
	b = batch_begin(&nft, NFPROTO_INET);
	batch_only_at(b, generation);
	add_table(b, "second");
	assert_int_equal(batch_commit(b, &f), -ERESTART);
	assert_non_null(strstr(f.why, "changed meanwhile"));
	assert_null(strstr(shown("nft list ruleset"), "second"));
	nft_close(&nft);
}

static void test_bounds_and_lack_of_memory_stick(void **state)
{
	struct nft nft = open_nft();
	struct fault f = { 0 };
	struct batch *b = batch_begin(&nft, NFPROTO_INET);

	(void)state;
	assert_int_equal(batch_commit(b, &f), 0); /* nothing added */
	b = batch_begin(&nft, NFPROTO_INET);
	batch_add_table(b, NULL);
	add_table(b, "t");
	assert_int_equal(batch_commit(b, &f), -ENOMEM);
	assert_int_equal(batch_commit(NULL, &f), -ENOMEM);
	b = batch_begin(&nft, NFPROTO_INET);
	for (uint32_t i = 0; i < 4000000; i++)
		batch_add_element(b, "t", "s", &(struct element_key){ &i, NULL, 4 });
	assert_int_equal(batch_commit(b, &f), -EMSGSIZE);
	nft_close(&nft);
}

/* A kernel that we play: it answers as `errs` says, in order; 1 stands for no answer. */
struct played {
	int fds[2];
	struct nft nft;
};

static struct played play(uint32_t first, const int *errs, size_t n)
{
	const struct timeval wait = { .tv_usec = 20000 };
	struct played p = { .nft = { .seq = first } };

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, p.fds), 0);
	setsockopt(p.fds[0], SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	p.nft.fd = p.fds[0];
	for (size_t i = 0; i < n; i++) {
		_Alignas(4) char buf[128] = { 0 };
		struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
		struct nlmsgerr *e = mnl_nlmsg_put_extra_header(h, sizeof(*e));

		h->nlmsg_type = NLMSG_ERROR;
		h->nlmsg_seq = first + (uint32_t)i;
		e->error = errs[i];
		if (errs[i] != 1)
			assert_true(send(p.fds[1], buf, h->nlmsg_len, 0) > 0);
	}
	return p;
}

static int commit_two(struct played *p, struct fault *f)
{
	struct batch *b = batch_begin(&p->nft, NFPROTO_INET);
	int r;

	add_table(b, "a");
	add_table(b, "b");
	r = batch_commit(b, f);
	close(p->fds[0]);
	close(p->fds[1]);
	return r;
}

static void test_every_answer_counts(void **state)
{
	static const struct {
		int errs[4], r;
		const char *why;
	} rows[] = {
		{ { 1, 0, 0, 1 }, 0, "" },
		{ { 1, 0, 1, 1 }, -EIO, "answered 1 of 2" },
		{ { 1, 1, 1, 1 }, -EIO, "answered 0 of 2" },
		{ { 1, 0, -ENOENT, 1 }, -ENOENT, "table b" }, /* the first one's ack lies */
		{ { 1, -EEXIST, -ENOENT, 1 }, -EEXIST, "table a" },
		{ { -EPERM, 1, 1, 1 }, -EPERM, "CAP_NET_ADMIN" },
		{ { 1, 0, 0, -EBUSY }, -EBUSY, "the change" }, /* the closing message refused */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		/* At the end of the numbers, too. */
		for (uint32_t first = 7; first; first = first == 7 ? UINT32_MAX - 1 : 0) {
			struct played p = play(first, rows[i].errs, 4);
			struct fault f = { 0 };

			assert_int_equal(commit_two(&p, &f), rows[i].r);
			assert_non_null(strstr(f.why, rows[i].why));
		}
	}
}

static void test_leftovers_are_passed_over(void **state)
{
	const int errs[] = { -EINVAL, -EINVAL, 1, 0, 0 };
	struct played p = play(5, errs, 5);
	struct fault f = { 0 };

	(void)state;
	p.nft.seq = 7;
	assert_int_equal(commit_two(&p, &f), 0);
}

/* Two thousand refusals overflow a small buffer: still a refusal, and the next batch works. */
static void test_lost_answers(void **state)
{
	struct nft nft = open_nft();
	struct fault f = { 0 };
	struct batch *b = batch_begin(&nft, NFPROTO_INET);
	const int small = 4096;
	int r;

	(void)state;
	setsockopt(nft.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (int i = 0; i < 2000; i++)
		add_chain(b, "absent", "c");
	r = batch_commit(b, &f);
	assert_true(r == -ENOENT || r == -ENOBUFS);
	b = batch_begin(&nft, NFPROTO_INET);
	add_table(b, "after");
	assert_int_equal(batch_commit(b, NULL), 0);
	b = batch_begin(&nft, NFPROTO_INET);
	for (int i = 0; i < 2000; i++)
		add_table(b, "after");
	assert_int_equal(batch_commit(b, NULL), -ENOBUFS);
	nft_close(&nft);
}

/* As a host of a thousand links takes, six a link: all are answered at once. */
static void test_many_answers(void **state)
{
	struct nft nft = open_nft();
	struct fault f = { 0 };
	struct batch *b = batch_begin(&nft, NFPROTO_INET);

	(void)state;
	add_table(b, "many");
	for (int i = 0; i < 8000; i++)
		add_chain(b, "many", "c");
	if (batch_commit(b, &f) < 0)
		fail_msg("%s", f.why);
	nft_close(&nft);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals_have_a_place),
		cmocka_unit_test(test_elements_are_split_and_named),
		cmocka_unit_test(test_elements_are_repeated),
		cmocka_unit_test(test_another_generation_is_refused),
		cmocka_unit_test(test_bounds_and_lack_of_memory_stick),
		cmocka_unit_test(test_every_answer_counts),
		cmocka_unit_test(test_leftovers_are_passed_over),
		cmocka_unit_test(test_lost_answers),
		cmocka_unit_test(test_many_answers),
	};

	return cmocka_run_group_tests_name("batch", tests, enter_netns, NULL);
}
