// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/base/span.h"
#include "policy/publisher/options.h"
#include "policy/publisher/tell.h"

static const struct option all[] = {
	{ "expires", required_argument, NULL, 'e' },
	{ "key", required_argument, NULL, 'k' },
	{ "passphrase-file", required_argument, NULL, 'p' },
	{ "public", required_argument, NULL, 'u' },
	{ "no-passphrase", required_argument, NULL, 'n' },
	{ "no-passphrase", no_argument, NULL, 'N' },
	{ "threshold", required_argument, NULL, 't' },
	{ "threshold", required_argument, NULL, 'T' },
	{ "json", no_argument, NULL, 'j' },
	{ "yes", no_argument, NULL, 'y' },
	{ "as", required_argument, NULL, 'a' },
	{ "role", required_argument, NULL, 'r' },
	{ "root", required_argument, NULL, 'R' },
	{ "ca", required_argument, NULL, 'C' },
	{ "certificate", required_argument, NULL, 'i' },
	{ "private-key", required_argument, NULL, 'I' },
	{ "proxy", required_argument, NULL, 'o' },
	{ "helper", required_argument, NULL, 'H' },
	{ "paths", required_argument, NULL, 'P' },
	{ "leave-drafts", no_argument, NULL, 'l' },
	{ "terminating", no_argument, NULL, 'x' },
	{ "revoke", no_argument, NULL, 'X' },
	{ "type", required_argument, NULL, 'K' },
	{ "challenge", required_argument, NULL, 'c' },
	{ "for", required_argument, NULL, 'f' },
	{ "reason", required_argument, NULL, 's' },
};
#define ALL COUNT(all)

static int add(struct words *w, const char *word)
{
	if (w->n == OPTIONS_MAX)
		return fprintf(stderr, "%s: more than %d of these\n", word, OPTIONS_MAX), -E2BIG;
	w->at[w->n++] = word;
	return 0;
}

static int set_life(struct options *o)
{
	o->has_life = true;
	if (span_parse(optarg, &o->life) == 0)
		return 0;
	return fprintf(stderr, "--expires %s: not a span like 90d or 12h\n", optarg), -EINVAL;
}

static int set_threshold(struct options *o)
{
	if (*optarg < '1' || *optarg > '9' || optarg[1])
		return fprintf(stderr, "--threshold %s: not a number from 1 to 9\n", optarg),
		       -EINVAL;
	o->threshold = (unsigned)(*optarg - '0');
	return 0;
}

static int set(struct options *o, int letter)
{
	switch (letter) {
	case 'e': return set_life(o);
	case 't': return set_threshold(o);
	case 'k': return add(&o->keys, optarg);
	case 'u': return add(&o->public, optarg);
	case 'n': return add(&o->open, optarg);
	case 'N': return add(&o->open, "all");
	case 'T': return add(&o->thresholds, optarg);
	case 'P': return add(&o->paths, optarg);
	case 'p': o->phrase_file = optarg; return 0;
	case 'a': o->as = optarg; return 0;
	case 'r': o->role = optarg; return 0;
	case 'R': o->root = optarg; return 0;
	case 'C': o->ca = optarg; return 0;
	case 'i': o->certificate = optarg; return 0;
	case 'I': o->private_key = optarg; return 0;
	case 'o': o->proxy = optarg; return 0;
	case 'H': o->helper = optarg; return 0;
	case 'K': o->type = optarg; return 0;
	case 'c': o->challenge = optarg; return 0;
	case 'f': o->span = optarg; return 0;
	case 's': o->reason = optarg; return 0;
	case 'j': o->json = true; return 0;
	case 'y': o->yes = true; return 0;
	case 'l': o->leave = true; return 0;
	case 'x': o->terminating = true; return 0;
	case 'X': o->revoke = true; return 0;
	default: return -EINVAL;
	}
}

int options_read(int argc, char **argv, const char *takes, int min, int max, struct options *ret)
{
	struct option some[ALL + 1] = { 0 };
	struct options o = { 0 };
	size_t n = 0;
	int c;

	for (size_t i = 0; i < ALL; i++)
		if (strchr(takes, all[i].val))
			some[n++] = all[i];
	while ((c = getopt_long(argc, argv, "", some, NULL)) >= 0)
		if (set(&o, c) < 0)
			return -EINVAL;
	if (argc - optind < min || argc - optind > max)
		return -EINVAL;
	o.args = argv + optind;
	*ret = o;
	return 0;
}

uint64_t options_life(const struct options *o, uint64_t otherwise)
{
	return o->has_life ? o->life : otherwise;
}

int options_fail(const char *what, int err, struct fault *fault)
{
	fault_set(fault, err, "%s", strerror(-err));
	tell_tidy(fault->why);
	fprintf(stderr, "%s: %s\n", what, fault->why);
	return 1;
}
