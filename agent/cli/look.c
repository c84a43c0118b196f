// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lazaret look patches: what a status file and a feed say of each other, without a host, without
 * lazaretd and as any user.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/cli/cli.h"
#include "agent/cli/put.h"
#include "agent/posture/dpkg.h"
#include "agent/posture/sources.h"

DEFINE_DROP(inventory, inventory_free)
DEFINE_DROP(apt, apt_free)
DEFINE_DROP(feed, feed_unmap)
DEFINE_DROP(findings, findings_free)

struct options {
	const char *status, *root, *feed, *lists;
	bool all, plain;
};

static int open_feed(const struct options *o, struct feed **ret, struct fault *bent,
		     struct fault *fault)
{
	_close_ int fd = open(o->feed, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	_drop_(drop_feed) struct feed *f = NULL;
	struct feed_about about;
	int r = fd < 0 ? fault_set(fault, -errno, "%s", strerror(errno)) : feed_map(fd, &f, fault);

	/* No lazaret-vet has looked at it. */
	if (r == 0 && feed_watch(f, bent) < 0)
		r = fault_set(fault, -EBADMSG, "%s", bent->why);
	if (r == 0) {
		feed_tell(f, &about);
		if (o->status && about.order != VERSION_DPKG)
			r = fault_set(fault, -EINVAL, "is for %s %s, which has no dpkg",
				      about.distro, about.release);
	}
	if (r < 0)
		fault_prefix(fault, "%s", o->feed);
	else
		*ret = take(f);
	return r;
}

static int judge(void *ctx, const struct package *p, bool half)
{
	(void)half;
	return p->version.len ? findings_judge(ctx, p, NULL) : 0;
}

/* By the feed alone nothing needs to be remembered of a package that lacks nothing. */
static int judge_told(int status, const struct feed *feed, struct findings **ret,
		      struct fault *fault)
{
	struct making *m = findings_begin(feed);
	int r = m ? dpkg_walk(status, judge, m, fault) : -ENOMEM;

	*ret = findings_end(m);
	return r;
}

static int judge_offered(int status, const struct options *o, const struct feed *feed,
			 struct findings **ret, struct fault *fault)
{
	_drop_(drop_inventory) struct inventory *inv = NULL;
	_drop_(drop_apt) struct apt *apt = NULL;
	const struct apt_ask ask = { .root = -1,
				     .lists = o->lists,
				     .now = io_now(),
				     .max_age = UINT64_MAX,
				     .all = o->all,
				     .feed = o->feed };
	int r = dpkg_read_status(status, &inv, fault);

	if (r == 0)
		r = apt_read(&ask, inv, &apt, fault);
	/* How old the lists are is for whoever asks to know. */
	if (r == -ESTALE || r == -ETIME)
		r = 0;
	return r < 0 ? r : findings_make(inv, apt, feed, ret);
}

/* A whole root: its preferences count, and its database may be another than dpkg's. */
static int judge_root(const struct options *o, const struct feed *feed, struct findings **ret,
		      struct fault *fault)
{
	_close_ int root = open(o->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_drop_(drop_inventory) struct inventory *inv = NULL;
	struct seen seen;
	const struct sources_ask ask = {
		.root = root, .feed = feed, .now = io_now(), .max_age = UINT64_MAX, .all = o->all
	};
	int r = root < 0 ? fault_set(fault, -errno, "%s: %s", o->root, strerror(errno))
			 : inventory_read(root, &inv, fault);

	if (r == 0)
		r = sources_find(&ask, inv, &seen, ret, fault);
	return r == -ESTALE || r == -ETIME ? 0 : r;
}

static int judge_any(const struct options *o, const struct feed *feed, struct findings **ret,
		     struct fault *fault)
{
	_close_ int status = o->status ? open(o->status, O_RDONLY | O_CLOEXEC | O_NOCTTY) : -1;
	int r = 0;

	if (o->root)
		return judge_root(o, feed, ret, fault);
	if (status < 0)
		r = fault_set(fault, -errno, "%s: %s", o->status, strerror(errno));
	if (r < 0)
		return r;
	r = o->lists ? judge_offered(status, o, feed, ret, fault)
		     : judge_told(status, feed, ret, fault);
	if (r < 0 && fault->line)
		fault_prefix(fault, "%s", o->status);
	return r;
}

static int evaluate(const struct options *o, struct findings **ret, struct fault *fault)
{
	struct fault bent = { 0 };
	_drop_(drop_feed) struct feed *feed = NULL;
	int r = o->feed ? open_feed(o, &feed, &bent, fault) : 0;

	if (r == 0)
		r = judge_any(o, feed, ret, fault);
	if (r == 0 && *bent.why)
		r = fault_set(fault, -EBADMSG, "%s: %s", o->feed, bent.why);
	return r;
}

/* Only what is vulnerable and could be mended: a line each, its first word the package. */
static void print_plain(const struct findings *f)
{
	size_t n;
	const struct patch *rows = findings_list(f, &n);

	for (const struct patch *p = rows; p < rows + n; p++) {
		const char *const words[] = { p->package,
					      p->arch,
					      p->installed,
					      p->fixed,
					      severity_names[p->severity],
					      patch_state_names[p->state],
					      p->ids };

		for (size_t i = 0; p->state != PATCH_NO_FIX && i < COUNT(words); i++) {
			fputs_unlocked(words[i], stdout);
			putchar_unlocked(i + 1 < COUNT(words) ? ' ' : '\n');
		}
	}
}

static int wider(int width, const char *text)
{
	return (int)strlen(text) > width ? (int)strlen(text) : width;
}

static void print_table(const struct findings *f)
{
	int package = 7, from = 4;
	size_t n;
	const struct patch *rows = findings_list(f, &n);

	for (const struct patch *p = rows; p < rows + n; p++) {
		package = wider(package, p->package);
		from = wider(from, p->from);
	}
	printf("%-9s %-*s %-14s %-*s %s\n", "SEVERITY", package, "PACKAGE", "STATE", from, "FROM",
	       "INSTALLED -> FIXED");
	for (const struct patch *p = rows; p < rows + n; p++)
		printf("%-9s %-*s %-14s %-*s %s%s%s%s%s\n", severity_names[p->severity], package,
		       p->package, patch_state_names[p->state], from, p->from, p->installed,
		       *p->fixed ? " -> " : "", p->fixed, *p->ids ? "  " : "", p->ids);
}

static json_t *patch_json(const struct patch *p)
{
	json_t *by = json_object();

	for (int i = 0; i < SEVERITIES; i++)
		if (p->by[i].n)
			json_object_set_new(by, severity_names[i],
					    json_integer((json_int_t)p->by[i].n));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "package",
			 p->package, "arch", p->arch, "installed", p->installed, "fixed", p->fixed,
			 "from", p->from, "severity", severity_names[p->severity], "state",
			 patch_state_names[p->state], "why", p->why, "advisories", p->ids, "by",
			 by);
}

static int print_json(const struct findings *f)
{
	size_t n;
	const struct patch *rows = findings_list(f, &n);
	json_t *all = json_array();
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = json_array_append_new(all, patch_json(&rows[i]));
	if (r == 0)
		r = put_json(all);
	json_decref(all);
	return r < 0 ? EXIT_FAILED : 0;
}

static bool read_options(int argc, char **argv, struct options *ret)
{
	static const struct option options[] = {
		{ "dpkg-status", required_argument, NULL, 's' },
		{ "root", required_argument, NULL, 'r' },
		{ "feed", required_argument, NULL, 'f' },
		{ "lists", required_argument, NULL, 'l' },
		{ "all", no_argument, NULL, 'a' },
		{ "plain", no_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (c) {
		case 's': ret->status = optarg; break;
		case 'r': ret->root = optarg; break;
		case 'f': ret->feed = optarg; break;
		case 'l': ret->lists = optarg; break;
		case 'a': ret->all = true; break;
		case 'p': ret->plain = true; break;
		default: return false;
		}
	}
	if (optind != argc || !ret->status == !ret->root)
		return false;
	return ret->root ? !ret->lists : ret->feed || ret->lists;
}

int command_look(const struct cli *cli, int argc, char **argv)
{
	_drop_(drop_findings) struct findings *found = NULL;
	struct options o = { 0 };
	struct fault fault = { 0 };
	int r;

	/* argv[1], the check, stands where getopt_long() expects the program's name. */
	if (argc < 2 || strcmp(argv[1], "patches") || !read_options(argc - 1, argv + 1, &o))
		return EXIT_USAGE;
	r = evaluate(&o, &found, &fault);
	if (r < 0) {
		fprintf(stderr, "lazaret: look: %s\n", *fault.why ? fault.why : strerror(-r));
		return EXIT_FAILED;
	}
	if (cli->json)
		r = print_json(found);
	else if (o.plain)
		print_plain(found);
	else
		print_table(found);
	return r || fflush(stdout) ? EXIT_FAILED : 0;
}
