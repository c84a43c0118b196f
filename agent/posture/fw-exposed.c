// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/posture/cgroup.h"
#include "agent/posture/firewall.h"
#include "netfilter/listen.h"

#define DHCP4_CLIENT 68	 /* RFC 2131; every host with a lease has it open */
#define DHCP6_CLIENT 546 /* RFC 8415 */

#define ADVICE_EXPOSED "stop what listens there, close the port, or add it to the policy's exposed"

/* The question of a listener, or n when it was not asked. */
static size_t find_port(const struct survey_port *ports, size_t n, uint8_t family,
			const struct listener *l)
{
	for (size_t i = 0; i < n; i++)
		if (ports[i].family == family && ports[i].protocol == l->protocol &&
		    ports[i].port == l->port)
			return i;
	return n;
}

static size_t ask(struct survey_port *ports, size_t n, size_t room, uint8_t family,
		  const struct listener *l)
{
	if (n == room || find_port(ports, n, family, l) < n)
		return n;
	ports[n] =
		(struct survey_port){ .family = family, .protocol = l->protocol, .port = l->port };
	return n + 1;
}

size_t exposed_ports(const struct listeners *l, struct survey_port *ports, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		n = ask(ports, n, room, l->list[i].family, &l->list[i]);
		if (l->list[i].both)
			n = ask(ports, n, room, NFPROTO_IPV4, &l->list[i]);
	}
	return n;
}

/* What was not asked, for there are too many, counts as open. */
static bool is_open(const struct survey_port *ports, size_t n, uint8_t family,
		    const struct listener *l)
{
	size_t at = find_port(ports, n, family, l);

	return at == n || ports[at].open;
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

/* "tcp/22 at :: by ssh.service (uid 0), IPv4 and IPv6" */
static void add_item(struct finding *f, const struct listener *l, bool open4, bool open6,
		     const char *unit)
{
	static const uint8_t anywhere[16];
	char port[32], at[INET6_ADDRSTRLEN] = "";

	f->n_all++;
	if (f->n_items == FINDING_ITEMS)
		return;
	if (memcmp(l->addr, anywhere, sizeof(anywhere)) != 0)
		inet_ntop(l->family == NFPROTO_IPV4 ? AF_INET : AF_INET6, l->addr, at, sizeof(at));
	snprintf(f->items[f->n_items++], sizeof(f->items[0]), "%s%s%.45s%s%.40s (uid %u), %s",
		 port_text(l->protocol, l->port, l->port, port), *at ? " at " : "", at,
		 *unit ? " by " : "", unit, l->uid,
		 open4 && open6 ? "IPv4 and IPv6"
		 : open4	? "IPv4"
				: "IPv6");
}

static bool is_allowed(const struct exposed *e, const struct listener *l)
{
	if (l->protocol == IPPROTO_UDP && (l->port == DHCP4_CLIENT || l->port == DHCP6_CLIENT))
		return true;
	return l->port ? exposed_may(e, l->protocol, l->port, l->port) : !e->demanded;
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
	size_t n, n_bad;
	char list[100], bad[100];
};

static void judge(const struct exposed *e, const struct survey_port *ports, size_t n,
		  const struct listener *l, const char *unit, struct finding *f, struct seen *seen)
{
	bool open4 = (l->family == NFPROTO_IPV4 || l->both) && is_open(ports, n, NFPROTO_IPV4, l);
	bool open6 = l->family == NFPROTO_IPV6 && is_open(ports, n, NFPROTO_IPV6, l);
	char text[32];

	/* The kernel itself answers to ICMP, whoever else listens. */
	if ((!open4 && !open6) ||
	    (!l->port && (l->protocol == IPPROTO_ICMP || l->protocol == IPPROTO_ICMPV6)))
		return;
	add_item(f, l, open4, open6, unit);
	port_text(l->protocol, l->port, l->port, text);
	seen->n++;
	seen->n_bad += !is_allowed(e, l);
	append(seen->list, sizeof(seen->list), text);
	if (!is_allowed(e, l))
		append(seen->bad, sizeof(seen->bad), text);
}

void tell_exposed(const struct requirement *req, const struct host *host, const struct listeners *l,
		  const struct survey_port *ports, size_t n, struct finding *f)
{
	const struct exposed *e = &req->with.firewall.exposed;
	_free_ struct cgroup_name *names = calloc(l->n + 1, sizeof(*names));
	struct seen seen = { 0 };

	for (size_t i = 0; names && i < l->n; i++)
		names[i].id = l->list[i].cgroup;
	if (names)
		cgroup_names(host->root, names, l->n);
	for (size_t i = 0; i < l->n; i++)
		judge(e, ports, n, &l->list[i], names ? names[i].name : "", f, &seen);
	if (seen.n_bad)
		finding_tell(f, "exposed", GRADE_FAIL, ADVICE_EXPOSED,
			     "others can reach what the policy does not expose: %s", seen.bad);
	else if (l->all > l->n && l->n == LISTENERS_MAX && e->demanded)
		finding_tell(f, "exposed", GRADE_UNKNOWN, ADVICE_EXPOSED,
			     "more than %d sockets listen", LISTENERS_MAX);
	else if (!seen.n && e->demanded)
		finding_tell(f, "exposed", GRADE_PASS, NULL, "nothing that listens can be reached");
	else if (e->demanded)
		finding_tell(f, "exposed", GRADE_PASS, NULL, "others can reach %s", seen.list);
	else
		finding_note(f, "exposed", GRADE_PASS, "others can reach %s",
			     seen.n ? seen.list : "nothing that listens");
}

void tell_forwards(const struct requirement *req, const struct survey *s, struct finding *f)
{
	const struct exposed *e = &req->with.firewall.exposed;
	bool bad = s->all_forwards > s->n_forwards && e->demanded;
	char list[120] = "", text[32], one[100];

	for (size_t i = 0; i < s->n_forwards; i++) {
		const struct forward *w = &s->forwards[i];
		bool may = exposed_may(e, w->protocol, w->from, w->to);

		snprintf(one, sizeof(one), "%s to %s", port_text(w->protocol, w->from, w->to, text),
			 *w->whereto ? w->whereto : "elsewhere");
		append(list, sizeof(list), one);
		bad |= !may;
	}
	if (bad)
		finding_tell(f, "forwards", GRADE_FAIL,
			     "do not publish that port, or add it to the policy's exposed",
			     "past the rules for what comes in: %s", list);
	else if (s->n_forwards)
		finding_note(f, "forwards", GRADE_PASS, "past the rules for what comes in: %s",
			     list);
}
