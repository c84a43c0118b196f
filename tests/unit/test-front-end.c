// SPDX-License-Identifier: GPL-2.0-or-later
/* Which front end a firewall comes back by, as the host's files and what was good tell. */
#include <errno.h>

#include "agent/base/count.h"
#include "agent/remedy/expose.h"
#include "agent/remedy/front-end.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

#define WANTS "etc/systemd/system/multi-user.target.wants/"
#define NONE  FRONT_COUNT

/* Letters: which are there (f, u, i, n), enabled (F, U, I, N), masked as well (first an M). */
static void put(const struct root *r, char letter, bool masked)
{
	static const struct {
		char letter;
		const char *program, *unit;
	} rows[] = {
		{ 'f', "firewalld", "firewalld.service" },
		{ 'u', "ufw", NULL },
		{ 'i', "netfilter-persistent", "netfilter-persistent.service" },
		{ 'n', "nft", "nftables.service" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		bool enabled = letter == rows[i].letter - 'a' + 'A';
		char path[100];

		if (letter != rows[i].letter && !enabled)
			continue;
		snprintf(path, sizeof(path), "usr/sbin/%s", rows[i].program);
		root_text(r, path, "");
		if (!rows[i].unit) {
			root_text(r, "etc/ufw/ufw.conf",
				  enabled ? "# ENABLED=no\nENABLED=yes\n" : "ENABLED=no\n");
			return;
		}
		snprintf(path, sizeof(path), "usr/lib/systemd/system/%s", rows[i].unit);
		root_text(r, path, "[Install]\nWantedBy=multi-user.target\n");
		snprintf(path, sizeof(path), WANTS "%s", rows[i].unit);
		if (enabled) {
			root_text(r, WANTS "x", "");
			assert_int_equal(symlinkat("/nowhere", r->fd, path), 0);
		}
		snprintf(path, sizeof(path), "etc/systemd/system/%s", rows[i].unit);
		if (masked)
			assert_int_equal(symlinkat("/dev/null", r->fd, path), 0);
	}
}

static void put_all(const struct root *r, const char *letters)
{
	for (bool masked = false; *letters; letters++) {
		if (*letters != 'M')
			put(r, *letters, masked);
		masked = *letters == 'M';
	}
}

static void test_order(void **state)
{
	static const char ufw[] = "ip filter ufw-user-input",
			  legacy[] = "iptables-legacy filter ufw-user-input",
			  fire[] = "inet firewalld filter_INPUT", hand[] = "inet filter input";
	static const struct {
		const char *host, *good; /* a chain of it; NULL: none is kept */
		enum front order[FRONT_TRIES];
	} rows[] = {
		{ "", ufw, { NONE, NONE } },
		{ "n", NULL, { FRONT_NFTABLES, NONE } },
		{ "fuin", NULL, { FRONT_FIREWALLD, NONE } },
		{ "uin", NULL, { FRONT_UFW, NONE } },
		/* One that is only installed would lock out whoever wrote the other's rules. */
		{ "uN", NULL, { FRONT_NFTABLES, NONE } },
		{ "fuI", NULL, { FRONT_IPTABLES, NONE } },
		{ "fUn", NULL, { FRONT_UFW, NONE } },
		{ "FUIN", NULL, { FRONT_FIREWALLD, NONE } },
		/* It was ufw's before; what is enabled since then may have no rules. */
		{ "uN", ufw, { FRONT_NFTABLES, FRONT_UFW } },
		{ "uF", ufw, { FRONT_FIREWALLD, FRONT_UFW } },
		{ "N", ufw, { FRONT_NFTABLES, NONE } },
		/* Nothing is enabled any more. */
		{ "fun", ufw, { FRONT_UFW, NONE } },
		{ "fun", fire, { FRONT_FIREWALLD, NONE } },
		{ "fun", hand, { FRONT_NFTABLES, NONE } },
		{ "fuin", hand, { FRONT_IPTABLES, NONE } },
		{ "uN", hand, { FRONT_NFTABLES, NONE } },
		/* Masked by whoever wanted another one, or by whoever switched it off. */
		{ "MFuN", NULL, { FRONT_NFTABLES, NONE } },
		{ "MFu", ufw, { FRONT_UFW, NONE } },
		{ "MFu", legacy, { FRONT_UFW, NONE } },
		{ "uMN", NULL, { FRONT_NFTABLES, NONE } },
	};
	static struct known_good g;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		_drop_(root_close) struct root r;
		enum front got[FRONT_TRIES];
		size_t n;

		assert_int_equal(root_open(&r), 0);
		put_all(&r, rows[i].host);
		g.firewall.at = g.firewall.good.n = rows[i].good != NULL;
		snprintf(g.firewall.good.chains[0].name, sizeof(g.firewall.good.chains[0].name),
			 "%s", rows[i].good ? rows[i].good : "");
		n = front_end_order(r.fd, &g, got);
		for (size_t k = 0; k < FRONT_TRIES; k++)
			if ((k < n ? got[k] : NONE) != rows[i].order[k])
				fail_msg("row %zu, %s: %d at %zu", i, rows[i].host,
					 k < n ? (int)got[k] : -1, k);
	}
}

static void test_made(void **state)
{
	static struct known_good g = { .firewall = { .at = 1, .good = { .n = 1 } } };

	(void)state;
	snprintf(g.firewall.good.chains[0].name, sizeof(g.firewall.good.chains[0].name),
		 "ip filter ufw-user-input");
	assert_true(front_end_made(FRONT_UFW, &g));
	assert_false(front_end_made(FRONT_FIREWALLD, &g));
	snprintf(g.firewall.good.chains[0].name, sizeof(g.firewall.good.chains[0].name),
		 "iptables-legacy filter ufw-user-input");
	assert_true(front_end_made(FRONT_UFW, &g));
	assert_false(front_end_made(FRONT_NFTABLES, &g));
	g.firewall.at = 0;
	assert_false(front_end_made(FRONT_UFW, &g));
}

/* As ufw and firewalld want a port to be named. */
static void test_expose_text(void **state)
{
	static const struct {
		const char *policy, *ufw, *firewalld;
	} rows[] = {
		{ "tcp/22", "22/tcp", "22/tcp" },
		{ "udp/6000-6007", "6000:6007/udp", "6000-6007/udp" },
		{ "sctp/65534-65535", "65534:65535/sctp", "65534-65535/sctp" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[EXPOSE_TEXT];
		struct port_range range;

		assert_int_equal(exposed_range(rows[i].policy, &range), 0);
		expose_text(&range, ':', text);
		assert_string_equal(text, rows[i].ufw);
		expose_text(&range, '-', text);
		assert_string_equal(text, rows[i].firewalld);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_expose_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
