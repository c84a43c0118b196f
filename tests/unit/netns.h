/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests of netfilter/: a network namespace of the test's own, and nft(8) in it. */
#pragma once

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "netfilter/nft.h"
#include "tests/unit/test.h"

/* A group set-up that fails skips nothing: without root these tests cannot say a thing. */
static inline int enter_netns(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET) == 0)
		return 0;
	perror("a network namespace of one's own needs root");
	return -1;
}

static inline struct nft open_nft(void)
{
	struct fault f = { 0 };
	struct nft nft;

	if (nft_open(&nft, &f) < 0)
		fail_msg("%s", f.why);
	return nft;
}

/* Rules in place of all that are there, as many as are written before rules_end(). */
static inline FILE *rules_begin(void)
{
	FILE *p = popen("nft -f -", "w");

	assert_non_null(p);
	fputs("flush ruleset\n", p);
	return p;
}

static inline void rules_end(FILE *p)
{
	assert_int_equal(pclose(p), 0);
}

/* nft wants a line's end between two closing braces. */
static inline void load_rules(const char *text)
{
	FILE *p = rules_begin();
	char last = 0;

	for (; *text; text++) {
		if (*text == '}' && last == '}')
			fputc('\n', p);
		fputc(*text, p);
		last = *text == ' ' ? last : *text;
	}
	rules_end(p);
}

/* Not on each machine: the test that is under way ends without it. */
static inline void need_iptables_nft(void)
{
	if (system("iptables-nft --version >/dev/null 2>&1"))
		skip();
}

/* Neither are the kernel's tables of iptables-legacy. */
static inline void need_iptables_legacy(void)
{
	if (system("for v in '' 6; do for t in filter mangle nat raw security; do "
		   "ip${v}tables-legacy -w -t $t -S || exit; done; done >/dev/null 2>&1"))
		skip();
}

/* What a command prints, for looking into the kernel with other eyes than ours. */
static inline const char *shown(const char *command)
{
	static char text[1 << 16];
	FILE *p = popen(command, "r");
	size_t n;

	assert_non_null(p);
	n = fread(text, 1, sizeof(text) - 1, p);
	text[n] = '\0';
	pclose(p);
	return text;
}
