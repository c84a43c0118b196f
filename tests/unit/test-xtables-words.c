// SPDX-License-Identifier: GPL-2.0-or-later
/* The words in which rules of iptables-legacy are told: byte for byte those of iptables-nft. */
#include "tests/unit/iptables.h"

/* What a rule asks of the packet itself, and what it does. */
static const struct {
	unsigned families;
	const char *rule;
} words[] = {
	{ V4 | V6, "-i eth0 -j ACCEPT" },
	{ V4 | V6, "! -i eth0 -j ACCEPT" },
	{ V4 | V6, "-i eth+ -j ACCEPT" },
	{ V4 | V6, "-i abcdefghijklmno -j ACCEPT" },
	{ V4 | V6, "-o eth0 -j ACCEPT" },
	{ V4 | V6, "! -o e+ -j ACCEPT" },
	{ V4 | V6, "-p tcp -j ACCEPT" },
	{ V4 | V6, "! -p udp -j ACCEPT" },
	{ V4, "-s 10.0.0.0/8 -j ACCEPT" },
	{ V4, "! -s 10.0.0.0/9 -j ACCEPT" },
	{ V4, "-s 10.0.0.1/255.0.0.255 -j ACCEPT" },
	{ V4, "-d 192.0.2.1 -j DROP" },
	{ V4, "! -d 192.0.2.0/24 -j DROP" },
	{ V4, "-f -j ACCEPT" },
	{ V4, "! -f -j DROP" },
	{ V6, "-s 2001:db8::/32 -j ACCEPT" },
	{ V6, "! -s 2001:db8::/33 -j ACCEPT" },
	{ V6, "-d 2001:db8::1 -j DROP" },
	{ V6, "! -d ::1/::1 -j DROP" },
	{ V4 | V6, "-j ACCEPT" },
	{ V4 | V6, "-j DROP" },
	{ V4 | V6, "-j RETURN" },
	{ V4 | V6, "-j other" },
	{ V4 | V6, "-g other" },
	{ V4 | V6, "-m conntrack --ctstate NEW -j ACCEPT" },
	{ V4 | V6, "-m addrtype --dst-type LOCAL -j NFQUEUE" },
};

struct bytes_told {
	uint8_t bytes[500];
	size_t len;
};

/* Those of chain "own", behind the name of its table. */
static int take_own(void *ctx, const struct imprint_chain *c)
{
	const uint8_t *from = memmem(c->bytes, c->len, "own", 4);
	struct bytes_told *b = ctx;

	if (!strstr(c->name, " own"))
		return 0;
	assert_non_null(from);
	b->len = c->len - (size_t)(from - c->bytes);
	assert_true(b->len <= sizeof(b->bytes));
	memcpy(b->bytes, from, b->len);
	return 0;
}

static void take_bytes(enum laid_by by, int v, const char *rules, struct bytes_told *ret)
{
	const bool *laid = (forget_other(v), lay(by, v, rules));
	struct nft nft = open_nft();
	struct xtables x = { 0 };
	struct survey s;

	*ret = (struct bytes_told){ 0 };
	if (by == BY_LEGACY) {
		read_legacy(v, laid, &x);
		nft.beside = &x;
	}
	assert_int_equal(survey_chains(&nft, NULL, 0, &s, take_own, ret, NULL), 0);
	xtables_free(&x);
	nft_close(&nft);
}

static void check_words(int v, const char *rule)
{
	struct bytes_told legacy, nft;
	char text[300];

	snprintf(text, sizeof(text),
		 ":own -; :other -; -A other -i eth8 -j DROP; -A INPUT -j own; -A own %s; "
		 "-A own -i eth9 -j ACCEPT",
		 rule);
	take_bytes(BY_LEGACY, v, text, &legacy);
	take_bytes(BY_NFT, v, text, &nft);
	assert_true(legacy.len > 0);
	if (legacy.len != nft.len || memcmp(legacy.bytes, nft.bytes, nft.len) != 0)
		fail_msg("IPv%d: %s", v, rule);
}

/* Newer ones ask IPv4's header for the protocol, not what the kernel knows of it: other words. */
static bool asks_header(void)
{
	return strstr(shown("iptables-nft -F; iptables-nft -A INPUT -p 99; "
			    "nft --debug=netlink list table ip filter"),
		      "payload load 1b @ network header + 9");
}

static void test_words(void **state)
{
	bool header;

	(void)state;
	need_iptables_nft();
	need_iptables_legacy();
	header = asks_header();
	for (size_t i = 0; i < COUNT(words); i++)
		if (words[i].families & V4 && !(header && strstr(words[i].rule, "-p ")))
			check_words(4, words[i].rule);
	for (size_t i = 0; i < COUNT(words); i++)
		if (words[i].families & V6)
			check_words(6, words[i].rule);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_words) };

	return cmocka_run_group_tests_name("xtables-words", tests, enter_both, NULL);
}
