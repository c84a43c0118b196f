// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/posture/firewall.h"
#include "agent/posture/likeness.h"
#include "netfilter/listen.h"
#include "netfilter/survey.h"

#define ADVICE_CLOSE  "close it with the firewall this host uses, for instance: ufw enable"
#define ADVICE_LEGACY "let iptables be iptables-nft: update-alternatives --config iptables"

/* What is open by nf_tables may be closed by what it does not show: then nobody knows. */
static enum grade family_grade(const struct host *host, char family, bool closed)
{
	if (closed)
		return GRADE_PASS;
	return has_legacy_rules(host, family) ? GRADE_UNKNOWN : GRADE_FAIL;
}

static void tell_family(char family, enum grade grade, const char *by, struct finding *f)
{
	char probe[8];

	snprintf(probe, sizeof(probe), "IPv%c", family);
	switch (grade) {
	case GRADE_PASS:
		finding_tell(f, probe, grade, NULL, "inbound %s is closed by %.80s", probe, by);
		break;
	case GRADE_FAIL:
		finding_tell(f, probe, grade, ADVICE_CLOSE, "inbound %s is open", probe);
		break;
	case GRADE_UNKNOWN:
		finding_tell(f, probe, grade, ADVICE_LEGACY,
			     "inbound %s is open but for rules of iptables-legacy, which cannot be "
			     "judged",
			     probe);
		break;
	case GRADE_COUNT: break;
	}
}

static void tell_families(const struct host *host, const struct survey *s, struct finding *f)
{
	const enum grade ip4 = family_grade(host, '4', s->closed4);
	const enum grade ip6 = family_grade(host, '6', s->closed6);

	tell_family('4', ip4, s->by4, f);
	tell_family('6', ip6, s->by6, f);
	if (ip4 == GRADE_FAIL && ip6 == GRADE_FAIL)
		snprintf(f->what, sizeof(f->what), "inbound is open for IPv4 and IPv6");
	else if (ip4 == GRADE_FAIL && ip6 == GRADE_PASS)
		snprintf(f->what, sizeof(f->what), "inbound IPv4 is open; IPv6 is closed by %.80s",
			 s->by6);
	else if (ip4 == GRADE_PASS && ip6 == GRADE_FAIL)
		snprintf(f->what, sizeof(f->what), "inbound IPv6 is open; IPv4 is closed by %.80s",
			 s->by4);
}

/* The ruleset is read once, for all that is asked of it. */
static int survey(const struct host *host, struct survey_port *ports, size_t n, struct survey *ret,
		  struct fault *fault)
{
	struct kept_firewall *k = host->firewall;
	int r;

	if (!k)
		return survey_ports(host->nft, ports, n, ret, fault);
	k->seen = false;
	k->now = (struct likeness){ 0 };
	r = survey_chains(host->nft, ports, n, ret, likeness_take, &k->now, fault);
	if (r == 0)
		r = likeness_end(&k->now);
	k->seen = r == 0;
	k->own = r == 0 && ret->without_baseline;
	return r;
}

static void tell_unseen(int err, const struct fault *fault, struct finding *f)
{
	f->moving = err == -EINTR;
	if (f->moving)
		finding_tell(f, "ruleset", GRADE_UNKNOWN, "see who changes it: nft monitor",
			     "the kernel's ruleset changes all the time and cannot be read");
	else
		finding_tell(f, "ruleset", GRADE_UNKNOWN, "see it: nft list ruleset",
			     "the kernel's ruleset cannot be judged: %.150s", fault->why);
}

static void look(const struct requirement *req, const struct host *host, struct finding *f)
{
	_free_ struct listeners *l = calloc(1, sizeof(*l));
	_free_ struct survey_port *ports = NULL;
	struct fault fault = { 0 }, deaf = { 0 };
	struct survey s;
	size_t n = 0;
	int seen, r = l ? listen_read(l, &deaf) : fault_set(&deaf, -ENOMEM, "out of memory");

	if (r == 0 && exposed_ports(l, &ports, &n) < 0)
		r = fault_set(&deaf, -ENOMEM, "out of memory");
	seen = survey(host, ports, n, &s, &fault);
	if (seen < 0) {
		tell_unseen(seen, &fault, f);
		return;
	}
	tell_families(host, &s, f);
	if (r == 0)
		tell_exposed(req, host, l, ports, n, f);
	else if (req->with.firewall.exposed.demanded)
		finding_tell(f, "exposed", GRADE_UNKNOWN, "modprobe tcp_diag udp_diag", "%s",
			     deaf.why);
	else
		finding_note(f, "exposed", GRADE_UNKNOWN, "%s", deaf.why);
	tell_forwards(req, &s, f);
	tell_likeness(req, host, &s, f);
	tell_front_ends(host, &s, f);
	if (f->grade == GRADE_PASS)
		snprintf(f->what, sizeof(f->what),
			 "inbound is closed: IPv4 by %.80s, IPv6 by %.80s", s.by4, s.by6);
}

void look_firewall(const struct requirement *req, const struct host *host, struct finding *ret)
{
	struct finding f = { .grade = GRADE_PASS };

	if (host->nft)
		look(req, host, &f);
	else
		finding_tell(&f, "ruleset", GRADE_UNKNOWN,
			     "lazaretd needs CAP_NET_ADMIN and a kernel with nf_tables",
			     "the kernel's ruleset cannot be read");
	*ret = f;
}
