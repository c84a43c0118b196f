// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "agent/base/count.h"
#include "agent/remedy/ufw-jumps.h"

#define LIMIT 10 /* seconds */
#define CHAIN 48

static const char *const hooks[][2] = {
	{ "INPUT", "input" },
	{ "OUTPUT", "output" },
	{ "FORWARD", "forward" },
};

/* In this order: ufw-framework(8). */
static const char *const stages[] = {
	"before-logging", "before", "after", "after-logging", "reject", "track",
};

static const struct family {
	const char *tool, *prefix;
} families[] = {
	{ "/usr/sbin/iptables", "ufw" },
	{ "/usr/sbin/ip6tables", "ufw6" },
};

static void name_chain(const struct family *f, size_t hook, size_t stage, char ret[CHAIN])
{
	snprintf(ret, CHAIN, "%s-%s-%s", f->prefix, stages[stage], hooks[hook][1]);
}

/* What iptables says of it is no news: 0, or that it is not so. */
static int quietly(const char *const *argv)
{
	struct report nobody = { .fd = -1, .sent = STEP_OUTPUT_MAX };
	struct fault quiet = { 0 };

	return step_exec(argv, LIMIT, &nobody, &quiet);
}

/* By this very chain ufw tells whether its chains are there. */
static bool has_chains(const struct family *f)
{
	char chain[CHAIN];

	name_chain(f, 0, 0, chain);
	return quietly(STEP_ARGV(f->tool, "-w", "-n", "-L", chain)) == 0;
}

static bool has_all(const struct family *f)
{
	char chain[CHAIN];

	for (size_t h = 0; h < COUNT(hooks); h++)
		for (size_t s = 0; s < COUNT(stages); s++) {
			name_chain(f, h, s, chain);
			if (quietly(STEP_ARGV(f->tool, "-w", "-C", hooks[h][0], "-j", chain)) < 0)
				return false;
		}
	return true;
}

/* Each behind the one before it. */
static int lay(const struct family *f, struct report *report, struct fault *fault)
{
	char chain[CHAIN];
	int r = 0;

	for (size_t h = 0; r == 0 && h < COUNT(hooks); h++)
		for (size_t s = 0; r == 0 && s < COUNT(stages); s++) {
			name_chain(f, h, s, chain);
			quietly(STEP_ARGV(f->tool, "-w", "-N", chain));
			quietly(STEP_ARGV(f->tool, "-w", "-D", hooks[h][0], "-j", chain));
			r = step_exec(STEP_ARGV(f->tool, "-w", "-A", hooks[h][0], "-j", chain),
				      LIMIT, report, fault);
		}
	return r;
}

int ufw_jumps_lay(struct report *report, struct fault *fault)
{
	int laid = 0;

	for (size_t i = 0; i < COUNT(families); i++) {
		const struct family *f = &families[i];
		int r;

		if (!has_chains(f) || has_all(f))
			continue;
		report_line(report, "+ laying the jumps to ufw's chains: ", f->tool);
		r = lay(f, report, fault);
		if (r < 0)
			return r;
		laid = 1;
	}
	return laid;
}
