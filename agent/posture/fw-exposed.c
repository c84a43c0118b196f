// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/posture/cgroup.h"
#include "agent/posture/firewall.h"
#include "agent/posture/holders.h"
#include "netfilter/listen.h"

#define DHCP4_CLIENT 68	 /* RFC 2131; every host with a lease has it open */
#define DHCP6_CLIENT 546 /* RFC 8415 */

#define ADVICE_EXPOSED "stop what listens there, close the port, or add it to the policy's exposed"
#define ADVICE_RANGES  "write the firewall's ports as ranges, or as fewer of them"

struct questions {
	struct survey_port *list; /* NULL: they are counted */
	size_t n;
};

static void add_question(void *ctx, uint8_t family, uint8_t protocol, uint16_t port)
{
	struct questions *q = ctx;

	if (q->list)
		q->list[q->n] = (struct survey_port){ .family = family,
						      .protocol = protocol,
						      .port = port };
	q->n++;
}

int exposed_ports(const struct listeners *l, struct survey_port **ret, size_t *n)
{
	struct questions q = { 0 };

	listen_ports(l, add_question, &q);
	q.list = calloc(q.n + 1, sizeof(*q.list));
	if (!q.list)
		return -ENOMEM;
	q.n = 0;
	listen_ports(l, add_question, &q);
	*ret = q.list;
	*n = q.n;
	return 0;
}

static bool is_open(const struct survey_port *ports, size_t n, uint8_t family,
		    const struct listener *l)
{
	for (size_t i = 0; i < n; i++)
		if (ports[i].family == family && ports[i].protocol == l->protocol &&
		    ports[i].port == l->port)
			return ports[i].open;
	return false;
}

static const char *port_text(uint8_t protocol, unsigned from, unsigned to, char out[32])
{
	const char *name = protocol == IPPROTO_TCP	 ? "tcp"
			   : protocol == IPPROTO_UDP	 ? "udp"
			   : protocol == IPPROTO_UDPLITE ? "udplite"
			   : protocol == IPPROTO_SCTP	 ? "sctp"
							 : "any protocol";

	if (!from && to)
		snprintf(out, 32, "%s, any port", name);
	else if (!from)
		snprintf(out, 32, "raw protocol %u", protocol);
	else if (from == to)
		snprintf(out, 32, "%s/%u", name, from);
	else
		snprintf(out, 32, "%s/%u-%u", name, from, to);
	return out;
}

#define WHO_ROOM  144
#define ITEM_REST 36 /* of an item: " at ", the longest uid and families */

/* " by sshd[812] of ssh.service", as far as it is known, and as far as there is room. */
static void tell_who(const struct holder *h, const char *unit, size_t room, char who[WHO_ROOM])
{
	*who = '\0';
	if (h)
		snprintf(who, WHO_ROOM, " by %s[%d]%s%s", h->name, (int)h->pid, *unit ? " of " : "",
			 unit);
	else if (*unit)
		snprintf(who, WHO_ROOM, " by %s", unit);
	if (strlen(who) > room)
		memcpy(who + room - 3, "...", sizeof("..."));
}

/* "tcp/22 at 192.0.2.1 by sshd[812] of ssh.service (uid 0), IPv4" */
static void add_item(struct finding *f, const struct listener *l, bool open4, bool open6,
		     const struct holder *holder, const char *unit)
{
	static const uint8_t anywhere[16];
	char port[32], at[INET6_ADDRSTRLEN] = "", who[WHO_ROOM];
	size_t room = sizeof(f->items[0]) - 1 - ITEM_REST;

	f->n_all++;
	if (f->n_items == FINDING_ITEMS)
		return;
	if (memcmp(l->addr, anywhere, sizeof(anywhere)) != 0)
		inet_ntop(l->family == NFPROTO_IPV4 ? AF_INET : AF_INET6, l->addr, at, sizeof(at));
	port_text(l->protocol, l->port, l->port, port);
	room -= strlen(port) + strlen(at);
	tell_who(holder, unit, room, who);
	f->nameless |= !holder;
	snprintf(f->items[f->n_items++], sizeof(f->items[0]), "%s%s%s%.*s (uid %u), %s", port,
		 *at ? " at " : "", at, (int)room, who, l->uid,
		 open4 && open6 ? "IPv4 and IPv6"
		 : open4	? "IPv4"
				: "IPv6");
}

static bool is_allowed(const struct exposed *e, const struct survey_port *p)
{
	if (p->protocol == IPPROTO_UDP && (p->port == DHCP4_CLIENT || p->port == DHCP6_CLIENT))
		return true;
	return p->port ? exposed_may(e, p->protocol, p->port, p->port) : !e->demanded;
}

/* The kernel itself answers to ICMP, whoever else listens. */
static bool is_kernels(uint8_t protocol, uint16_t port)
{
	return !port && (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6);
}

/* Most programs have a socket a family. */
static bool has(const char *list, const char *item)
{
	size_t len = strlen(item);

	for (const char *at = list; (at = strstr(at, item)); at += len)
		if ((at == list || at[-1] == ' ') && (!at[len] || at[len] == ','))
			return true;
	return false;
}

/* Each once, the first few, as far as there is room. */
static void append(char *text, size_t room, const char *more)
{
	size_t n = strlen(text);

	if (has(text, more))
		return;
	if (n + strlen(more) + 8 < room)
		snprintf(text + n, room - n, "%s%s", n ? ", " : "", more);
	else if (n + 6 < room && (n < 3 || strcmp(text + n - 3, "...") != 0))
		snprintf(text + n, room - n, ", ...");
}

struct seen {
	size_t n, n_bad, n_unknown;
	char list[100], bad[100];
};

static void judge(const struct exposed *e, const struct survey_port *p, struct seen *seen)
{
	const bool may = is_allowed(e, p);
	char text[32];

	if (is_kernels(p->protocol, p->port))
		return;
	seen->n_unknown += p->unknown && !may;
	if (!p->open)
		return;
	port_text(p->protocol, p->port, p->port, text);
	seen->n++;
	append(seen->list, sizeof(seen->list), text);
	if (may)
		return;
	seen->n_bad++;
	append(seen->bad, sizeof(seen->bad), text);
}

static void tell_items(const struct host *host, const struct listeners *all,
		       const struct survey_port *ports, size_t n, struct finding *f)
{
	_free_ struct cgroup_name *names = calloc(all->n + 1, sizeof(*names));

	for (size_t i = 0; names && i < all->n; i++)
		names[i].id = all->list[i].cgroup;
	if (names)
		cgroup_names(host->root, names, all->n);
	for (size_t i = 0; i < all->n; i++) {
		const struct listener *l = &all->list[i];
		bool open4 = (l->family == NFPROTO_IPV4 || l->both) &&
			     is_open(ports, n, NFPROTO_IPV4, l);
		bool open6 = l->family == NFPROTO_IPV6 && is_open(ports, n, NFPROTO_IPV6, l);

		if ((open4 || open6) && !is_kernels(l->protocol, l->port))
			add_item(f, l, open4, open6, holders_find(host->holders, l->inode),
				 names ? names[i].name : "");
	}
}

void tell_exposed(const struct requirement *req, const struct host *host, const struct listeners *l,
		  const struct survey_port *ports, size_t n, struct finding *f)
{
	const struct exposed *e = &req->with.firewall.exposed;
	struct seen seen = { 0 };

	tell_items(host, l, ports, n, f);
	for (size_t i = 0; i < n; i++)
		judge(e, &ports[i], &seen);
	if (seen.n_bad)
		finding_tell(f, "exposed", GRADE_FAIL, ADVICE_EXPOSED,
			     "others can reach what the policy does not expose: %s", seen.bad);
	else if (seen.n_unknown && e->demanded)
		finding_tell(f, "exposed", GRADE_UNKNOWN, ADVICE_RANGES,
			     "the rules tell too many ports apart: %zu that somebody listens at "
			     "were not asked about",
			     seen.n_unknown);
	else if (!seen.n && e->demanded)
		finding_tell(f, "exposed", GRADE_PASS, NULL, "nothing that listens can be reached");
	else if (e->demanded)
		finding_tell(f, "exposed", GRADE_PASS, NULL, "others can reach %s", seen.list);
	else
		finding_note(f, "exposed", GRADE_PASS, "others can reach %s",
			     seen.n ? seen.list : "nothing that listens");
}

void tell_forwards(const struct requirement *req, const struct survey *s,
		   const struct legacy *legacy, struct finding *f)
{
	const struct exposed *e = &req->with.firewall.exposed;
	bool bad = s->all_forwards > s->n_forwards && e->demanded;
	char list[120] = "", near[120] = "", text[32], one[100];

	for (size_t i = 0; i < s->n_forwards; i++) {
		const struct forward *w = &s->forwards[i];

		snprintf(one, sizeof(one), "%s to %s", port_text(w->protocol, w->from, w->to, text),
			 *w->whereto ? w->whereto : "elsewhere");
		append(w->near ? near : list, sizeof(list), one);
		bad |= !w->near && !exposed_may(e, w->protocol, w->from, w->to);
	}
	if (bad)
		finding_tell(f, "forwards", GRADE_FAIL,
			     "do not publish that port, or add it to the policy's exposed",
			     "past the rules for what comes in: %s", list);
	else if (e->demanded && (legacy->ip4 | legacy->ip6) & LEGACY_NAT)
		finding_tell(
			f, "forwards", GRADE_UNKNOWN, ADVICE_LEGACY,
			"iptables-legacy has a table nat, and what that forwards cannot be seen");
	else if (*list)
		finding_note(f, "forwards", GRADE_PASS, "past the rules for what comes in: %s",
			     list);
	else if (e->demanded)
		finding_tell(f, "forwards", GRADE_PASS, NULL,
			     "nothing is led past the rules for what comes in");
	if (*near)
		finding_note(f, "neighbours", GRADE_FAIL,
			     "who is on the same link can reach, by way of this host: %s", near);
}
