// SPDX-License-Identifier: GPL-2.0-or-later
/* A quarantine in a kernel that was built without something. */
#include <errno.h>
#include <sys/socket.h>

#include "tests/unit/quarantines.h"

/* Expressions that the kernel is to lack: it is asked for others, and refuses as if it did. */
static const char *const *missing;

static void rename_missing(char *bytes, size_t n)
{
	for (size_t i = 0; missing && missing[i]; i++) {
		const size_t len = strlen(missing[i]) + 1;

		for (size_t at = 0; at + len <= n; at++) {
			if (!memcmp(bytes + at, missing[i], len))
				bytes[at] = 'X';
		}
	}
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	size_t n = 0, len = 0;
	char *whole;
	ssize_t r;

	for (size_t i = 0; i < m->msg_iovlen; i++)
		n += m->msg_iov[i].iov_len;
	whole = malloc(n + 1);
	assert_non_null(whole);
	for (size_t i = 0; i < m->msg_iovlen; len += m->msg_iov[i++].iov_len)
		memcpy(whole + len, m->msg_iov[i].iov_base, m->msg_iov[i].iov_len);
	rename_missing(whole, n);
	r = send(fd, whole, n, flags);
	free(whole);
	return r;
}

/* The other side of a link to which a quarantined host speaks: is its address found? */
#define REACH                                                                                \
	"unshare -n sleep 20 >&2 & peer=$!; "                                                \
	"until [ \"$(cat /proc/$peer/comm)\" = sleep ]; do sleep 0.01; done; "               \
	"ip link add n2a type veth peer name n2b && ip link set n2b netns $peer && "         \
	"ip addr add 192.0.2.2/24 dev n2a && ip link set n2a up && "                         \
	"nsenter -t $peer -n sh -c 'ip addr add 192.0.2.1/24 dev n2b; ip link set n2b up'; " \
	"echo $peer"

static void assert_reaches_neighbour(struct nft *nft, const struct allow *allow)
{
	const char *found = "";
	char command[64];
	int peer = said("{ " REACH "; } 2>/dev/null | tail -n 1");

	assert_true(peer > 0);
	assert_int_equal(quarantine_lay(nft, allow, NULL), 0);
	assert_int_equal(quarantine_present(nft, NULL), 1);
	for (int i = 0; i < 50 && !*found; i++) {
		(void)!system("timeout 1 bash -c 'echo x >/dev/udp/192.0.2.1/123' 2>/dev/null");
		found = shown("ip neigh show 192.0.2.1 | grep lladdr || sleep 0.1");
	}
	assert_string_not_equal(found, "");
	snprintf(command, sizeof(command), "kill %d", peer);
	assert_int_equal(system(command), 0);
}

static void test_a_kernel_that_lacks_something(void **state)
{
	static const char *const rows[][3] = { { "limit" }, { "reject" }, { "limit", "reject" } };
	struct peer out[] = { peer("192.0.2.1", 32, IPPROTO_UDP, 123) };
	struct name name = { "example.org" };
	struct allow allow = { .out = out,
			       .n_out = 1,
			       .names = &name,
			       .n_names = 1,
			       .dns_any = true,
			       .dns_bound = true,
			       .dhcp_any = true,
			       .everyone = true };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nft nft = open_nft();
		struct fault f = { 0 };

		missing = rows[i];
		if (quarantine_lay(&nft, &allow, &f) < 0)
			fail_msg("%s: %s", rows[i][0], f.why);
		assert_int_equal(nft.lacks.limit, i != 1);
		assert_int_equal(nft.lacks.reject, i != 0);
		assert_int_equal(*shown("nft list ruleset | grep 'limit rate'") != 0,
				 !nft.lacks.limit);
		assert_int_equal(*shown("nft list ruleset | grep reject") != 0, !nft.lacks.reject);
		assert_int_equal(quarantine_present(&nft, &f), 1);
		out[0].port++;
		assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
		out[0].port--;
		if (i == 0)
			assert_reaches_neighbour(&nft, &allow);
		missing = NULL;
		assert_int_equal(quarantine_lift(&nft, &f), 0);
		nft_close(&nft);
	}
}

/* What is no answer to the question is an error, as is a kernel that lacks what there must be. */
static void test_a_kernel_that_lacks_too_much(void **state)
{
	static const char *const must[] = { "lookup", NULL };
	const struct peer one = peer("192.0.2.1", 32, IPPROTO_TCP, 443);
	const struct allow allow = { .out = (struct peer *)&one, .n_out = 1, .everyone = true };
	struct nft nft = open_nft();
	struct fault f = { 0 };

	(void)state;
	missing = must;
	assert_int_equal(quarantine_lay(&nft, &allow, &f), -ENOENT);
	missing = NULL;
	assert_false(nft.lacks.limit || nft.lacks.reject);
	assert_string_equal(shown("nft list ruleset"), "");
	nft_close(&nft);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_kernel_that_lacks_something),
		cmocka_unit_test(test_a_kernel_that_lacks_too_much),
	};

	return cmocka_run_group_tests_name("quarantine-lacks", tests, enter_netns, NULL);
}
