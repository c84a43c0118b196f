// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "policy/json.h"
#include "policy/publisher/feed-import.h"
#include "policy/publisher/feed-show.h"
#include "policy/publisher/tool.h"
#include "policy/stamp.h"

#define ECOSYSTEMS_MAX 16

/* What Debian's tracker calls a release. */
static const struct {
	const char *release, *codename;
} codenames[] = {
	{ "10", "buster" }, { "11", "bullseye" }, { "12", "bookworm" },
	{ "13", "trixie" }, { "14", "forky" },	  { "15", "duke" },
};
#define CODENAMES COUNT(codenames)

struct order {
	const char *distro, *release, *codename, *out, *show;
	const char *ecosystems[ECOSYSTEMS_MAX];
	size_t n_ecosystems;
	int64_t date;
	bool json, keep_going;
};

static int say(const char *what, const struct fault *fault, int err)
{
	fprintf(stderr, "lazaret-policy feed: %s%s%s\n", what, *what ? ": " : "",
		*fault->why ? fault->why : strerror(-err));
	return 1;
}

static int refuse(const char *why)
{
	fprintf(stderr, "lazaret-policy feed: %s\n", why);
	return 1;
}

/* Also by the code name: --release bookworm. */
static int choose_release(struct order *o, struct import *m)
{
	for (size_t i = 0; i < CODENAMES && !strcmp(o->distro, "debian"); i++) {
		if (!strcmp(o->release, codenames[i].codename))
			o->release = codenames[i].release;
		if (!strcmp(o->release, codenames[i].release) && !o->codename)
			o->codename = codenames[i].codename;
	}
	m->codename = o->codename;
	snprintf(m->distro.id, sizeof(m->distro.id), "%s", m->kind->id);
	return distro_release(o->distro, o->release, m->distro.release);
}

static int begin(struct order *o, struct import *m)
{
	m->kind = distro_find(o->distro);
	if (!m->kind) {
		fprintf(stderr,
			"lazaret-policy feed: %s is not a distribution; there are:", o->distro);
		for (size_t i = 0; i < n_distro_kinds; i++)
			fprintf(stderr, " %s", distro_kinds[i].id);
		fprintf(stderr, "\n");
		return 1;
	}
	if (choose_release(o, m) < 0)
		return refuse("--release takes a number, as VERSION_ID has it: 12, 9, 22.04");
	m->rows.order = m->kind->order;
	m->ecosystems = o->ecosystems;
	m->n_ecosystems = o->n_ecosystems;
	return 0;
}

static int import_all(struct import *m, const struct order *o, char **paths)
{
	int bad = 0;

	for (; *paths; paths++) {
		struct fault fault = { 0 };
		int r = import_path(m, *paths, o->keep_going, &fault);

		if (r < 0)
			bad = say(*fault.why ? "" : *paths, &fault, r);
	}
	return o->keep_going ? 0 : bad;
}

/* What is written is read again first, as a host would. */
static int write_feed(const char *path, const char *data, size_t len, const struct import *m,
		      bool json)
{
	struct fault fault = { 0 };
	struct feed *f = NULL;
	int r;

	r = feed_use(data, len, &f, &fault);
	if (r == 0)
		r = feed_check(f, &fault);
	if (r == 0)
		r = io_replace(AT_FDCWD, path, data, len, 0644);
	if (r < 0)
		say(path, &fault, r);
	else if (json)
		feed_say_json(f, path, len, m);
	else
		feed_say(f, path, len, m);
	feed_unmap(f);
	return r < 0;
}

static int finish(struct import *m, const struct order *o)
{
	struct fault fault = { 0 };
	_free_ char *data = NULL;
	size_t len;
	int r;

	r = rows_merge(&m->rows);
	if (r == 0 && !m->rows.n)
		return refuse("nothing that was read concerns this release; no feed was written");
	if (r == 0)
		r = rows_write(&m->rows, &m->distro, o->date ? o->date : m->newest, &data, &len,
			       &fault);
	return r < 0 ? say(o->out, &fault, r) : write_feed(o->out, data, len, m, o->json);
}

static int make(struct order *o, char **paths)
{
	struct import m = { 0 };
	int status;

	status = begin(o, &m);
	if (!status)
		status = import_all(&m, o, paths);
	if (!status)
		status = finish(&m, o);
	rows_free(&m.rows);
	return status;
}

static bool take_option(struct order *o, int c)
{
	switch (c) {
	case 'd': o->distro = optarg; return true;
	case 'r': o->release = optarg; return true;
	case 'c': o->codename = optarg; return true;
	case 'o': o->out = optarg; return true;
	case 's': o->show = optarg; return true;
	case 'j': return o->json = true;
	case 'k': return o->keep_going = true;
	case 't': return stamp_parse(optarg, &o->date) == 0;
	case 'e':
		if (o->n_ecosystems < ECOSYSTEMS_MAX)
			o->ecosystems[o->n_ecosystems++] = optarg;
		return o->n_ecosystems < ECOSYSTEMS_MAX;
	default: /* getopt_long() has said what is wrong */ return false;
	}
}

int feed_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "distro", required_argument, NULL, 'd' },
		{ "release", required_argument, NULL, 'r' },
		{ "codename", required_argument, NULL, 'c' },
		{ "ecosystem", required_argument, NULL, 'e' },
		{ "date", required_argument, NULL, 't' },
		{ "output", required_argument, NULL, 'o' },
		{ "show", required_argument, NULL, 's' },
		{ "keep-going", no_argument, NULL, 'k' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	struct order o = { 0 };
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "o:", options, NULL)) >= 0)
		if (!take_option(&o, c))
			return tool_usage("feed");
	if (o.show)
		return feed_show(o.show, argv + optind);
	if (!o.distro || !o.release || !o.out || optind == argc)
		return tool_usage("feed");
	return make(&o, argv + optind);
}
