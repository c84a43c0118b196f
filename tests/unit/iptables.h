/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules in the words of iptables, laid by iptables-legacy in one network namespace and by
 * iptables-nft in another, and what the survey says of either.
 *
 * They are as iptables-restore takes them, with ";" for a line's end, of table filter until a
 * "*nat" names another: "*nat; -A PREROUTING ...; *filter; :INPUT DROP; :own -; -A INPUT ...".
 */
#pragma once

#include <fcntl.h>
#include <linux/netfilter.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/count.h"
#include "netfilter/survey.h"
#include "netfilter/xtables.h"
#include "tests/unit/netns.h"

enum laid_by { BY_LEGACY, BY_NFT };

#define BUILTIN(chain)	":" chain " ACCEPT\n"
#define IPTABLES_TABLES 5
static const struct iptables_kind {
	const char *name, *chains;
} iptables_kinds[IPTABLES_TABLES] = {
	{ "raw", BUILTIN("PREROUTING") BUILTIN("OUTPUT") },
	{ "mangle", BUILTIN("PREROUTING") BUILTIN("INPUT") BUILTIN("FORWARD") BUILTIN("OUTPUT")
			    BUILTIN("POSTROUTING") },
	{ "nat", BUILTIN("PREROUTING") BUILTIN("INPUT") BUILTIN("OUTPUT") BUILTIN("POSTROUTING") },
	{ "filter", BUILTIN("INPUT") BUILTIN("FORWARD") BUILTIN("OUTPUT") },
	{ "security", BUILTIN("INPUT") BUILTIN("FORWARD") BUILTIN("OUTPUT") },
};

static int namespaces[2]; /* whose rules iptables-legacy lays, and iptables-nft */

/* Each has 192.0.2.1, 2001:db8::1 and a bridge for containers. */
static inline int enter_both(void **state)
{
	for (int i = 0; i < 2; i++) {
		if (enter_netns(state) < 0 ||
		    system("ip link set lo up && ip link add eth0 type veth peer name peer0 && "
			   "ip addr add 192.0.2.1/24 dev eth0 && "
			   "ip addr add 2001:db8::1/64 dev eth0 nodad && "
			   "ip link add docker0 type bridge"))
			return -1;
		namespaces[i] = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	}
	return namespaces[0] < 0 || namespaces[1] < 0 ? -1 : 0;
}

static inline void be_in(enum laid_by by)
{
	assert_int_equal(setns(namespaces[by], CLONE_NEWNET), 0);
}

/* Writes the lines for that table, if there is a place for them; how many there are. */
static inline unsigned put_lines(FILE *to, const char *rules, const char *table)
{
	char *copy = strdup(rules), *rest = copy, *line;
	const char *of = "filter";
	unsigned n = 0;

	assert_non_null(copy);
	while ((line = strsep(&rest, ";"))) {
		line += strspn(line, " ");
		if (*line == '*')
			of = line + 1;
		else if (*line && !strcmp(of, table) && ++n && to)
			fprintf(to, "%s\n", line);
	}
	free(copy);
	return n;
}

/* In place of those that are there.  A table that was laid once is laid from then on. */
static inline const bool *lay(enum laid_by by, int v, const char *rules)
{
	static bool laid[2][2][IPTABLES_TABLES];
	bool *ours = laid[by][v == 6];
	char command[60];
	FILE *p;

	snprintf(command, sizeof(command), "ip%stables-%s-restore -w", v == 6 ? "6" : "",
		 by == BY_LEGACY ? "legacy" : "nft");
	be_in(by);
	p = popen(command, "w");
	assert_non_null(p);
	for (size_t i = 0; i < IPTABLES_TABLES; i++) {
		const struct iptables_kind *k = &iptables_kinds[i];

		ours[i] |= put_lines(NULL, rules, k->name) > 0;
		if (!ours[i])
			continue;
		fprintf(p, "*%s\n%s", k->name, k->chains);
		put_lines(p, rules, k->name);
		fputs("COMMIT\n", p);
	}
	if (pclose(p) != 0)
		fail_msg("%s: %s", command, rules);
	return ours;
}

static const struct survey_port iptables_ports[] = {
	{ .protocol = IPPROTO_TCP, .port = 22 },   { .protocol = IPPROTO_TCP, .port = 80 },
	{ .protocol = IPPROTO_TCP, .port = 8080 }, { .protocol = IPPROTO_UDP, .port = 53 },
	{ .protocol = IPPROTO_UDP, .port = 5000 }, { .protocol = IPPROTO_UDP, .port = 5353 },
};

struct answer {
	char text[4000];
	size_t n;
};

__attribute__((format(printf, 2, 3))) static inline void say(struct answer *a, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	a->n += (size_t)vsnprintf(a->text + a->n, sizeof(a->text) - a->n, fmt, args);
	va_end(args);
	assert_true(a->n < sizeof(a->text));
}

/* Of "ip filter INPUT" and "iptables-legacy filter INPUT" what both have. */
static inline const char *behind_family(const char *name)
{
	const char *space = strchr(name, ' ');

	return space ? space + 1 : name;
}

static inline void say_opening(struct answer *a, const struct opening *o)
{
	say(a, "open");
	if (o->together)
		say(a, " together");
	if (*o->chain)
		say(a, " at %s %u", behind_family(o->chain), o->rule);
	if (strcmp(o->way, o->chain) != 0)
		say(a, " by %s", behind_family(o->way));
	if (strcmp(o->base.chain, o->chain) != 0 || o->base.rule != o->rule)
		say(a, " from %s %u", behind_family(o->base.chain), o->base.rule);
	for (size_t i = 0; i < OPENING_JUMPS && *o->base.jumps[i]; i++)
		say(a, " beside %s", o->base.jumps[i]);
}

static inline void say_forward(struct answer *a, const struct forward *f)
{
	say(a, "; %sforward %u/%u-%u", f->near ? "near " : "", f->protocol, f->from, f->to);
	if (f->own)
		say(a, " own %u-%u", f->own_from, f->own_to);
	if (f->mapped)
		say(a, " mapped");
	if (*f->whereto)
		say(a, " to %s", f->whereto);
}

/* "closed by filter INPUT; tcp/22 open; forward 6/80-80 own 8080-8080 to port 8080". */
static inline void say_all(struct answer *a, int v, const struct survey *s,
			   const struct survey_port *ports)
{
	*a = (struct answer){ 0 };
	if (v == 6 ? s->closed6 : s->closed4)
		say(a, "closed by %s", behind_family(v == 6 ? s->by6 : s->by4));
	else
		say_opening(a, v == 6 ? &s->open6 : &s->open4);
	for (size_t i = 0; i < COUNT(iptables_ports); i++)
		if (ports[i].open || ports[i].unknown)
			say(a, "; %s/%u%s%s", ports[i].protocol == IPPROTO_TCP ? "tcp" : "udp",
			    ports[i].port, ports[i].unknown ? " unknown" : "",
			    ports[i].untracked ? " untracked" : "");
	if (*s->cut)
		say(a, "; cut by %s", behind_family(s->cut));
	for (size_t i = 0; i < s->n_forwards; i++)
		say_forward(a, &s->forwards[i]);
}

static inline void read_legacy(int v, const bool *laid, struct xtables *x)
{
	struct fault fault = { 0 };

	for (size_t i = 0; i < IPTABLES_TABLES; i++)
		if (laid[i] && xtables_read(v == 6 ? NFPROTO_IPV6 : NFPROTO_IPV4,
					    iptables_kinds[i].name, x, &fault) < 0)
			fail_msg("%s", fault.why);
}

/* What rules of one family do to marks or tracking, surveys assume of the other as well. */
static inline void forget_other(int v)
{
	static int last;

	be_in(BY_NFT);
	if (last && last != v)
		load_rules("");
	last = v;
}

/* What a survey says of those rules, laid by one of them. */
static inline void ask_of(enum laid_by by, int v, const char *rules, struct answer *ret)
{
	struct survey_port ports[COUNT(iptables_ports)];
	const bool *laid = (forget_other(v), lay(by, v, rules));
	struct nft nft = open_nft();
	struct xtables x = { 0 };
	struct fault fault = { 0 };
	struct survey s;

	memcpy(ports, iptables_ports, sizeof(ports));
	for (size_t i = 0; i < COUNT(ports); i++)
		ports[i].family = v == 6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	if (by == BY_LEGACY) {
		read_legacy(v, laid, &x);
		nft.beside = &x;
	}
	if (survey_ports(&nft, ports, COUNT(ports), &s, &fault) < 0)
		fail_msg("%s: %s", rules, fault.why);
	say_all(ret, v, &s, ports);
	xtables_free(&x);
	nft_close(&nft);
}

/* What both are to say, as say_all() writes it. */
struct laid_row {
	unsigned families;
	const char *rules, *told;
};
#define V4    1u
#define V6    2u
#define ALONE 4u /* iptables-nft has other words for it */

#define CLOSING ":INPUT DROP; "
#define CLOSED	"closed by filter INPUT"
#define OPENED	"open at filter INPUT 1"
#define TCP	"; tcp/22; tcp/80; tcp/8080"
#define UDP	"; udp/53; udp/5000; udp/5353"
#define ALL	TCP UDP

static inline void check_row(const struct laid_row *r, int v)
{
	struct answer legacy, nft;

	ask_of(BY_LEGACY, v, r->rules, &legacy);
	if (r->families & ALONE)
		nft = legacy;
	else
		ask_of(BY_NFT, v, r->rules, &nft);
	if (strcmp(legacy.text, r->told) != 0 || strcmp(nft.text, r->told) != 0)
		fail_msg("IPv%d: %s\nby iptables-legacy \"%s\"\nby iptables-nft \"%s\"\nnot \"%s\"",
			 v, r->rules, legacy.text, nft.text, r->told);
}

static inline void check_rows(const struct laid_row *rows, size_t n)
{
	need_iptables_nft();
	need_iptables_legacy();
	for (size_t i = 0; i < n; i++)
		if (rows[i].families & V4)
			check_row(&rows[i], 4);
	for (size_t i = 0; i < n; i++)
		if (rows[i].families & V6)
			check_row(&rows[i], 6);
}
