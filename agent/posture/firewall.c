// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/posture.h"
#include "netfilter/survey.h"

#define UFW_CONF     "etc/ufw/ufw.conf"
#define UFW_CONF_MAX (64 * 1024)

static void add_item(struct finding *f, const char *text)
{
	f->n_all++;
	if (f->n_items < FINDING_ITEMS)
		snprintf(f->items[f->n_items++], sizeof(f->items[0]), "%s", text);
}

static void note_ufw(const struct host *host, struct finding *f)
{
	_free_ char *text = NULL;
	size_t len;

	if (io_read(host->root, UFW_CONF, UFW_CONF_MAX, &text, &len) < 0)
		return;
	add_item(f, strncmp(text, "ENABLED=yes", 11) && !strstr(text, "\nENABLED=yes")
			    ? "ufw says it is off"
			    : "ufw says it is on");
}

/* Evidence for the reader and nothing else: front ends go on saying "active" after a flush. */
static void note_front_ends(const struct host *host, struct finding *f)
{
	static const struct {
		const char *path, *says;
	} links[] = {
		{ "etc/systemd/system/multi-user.target.wants/firewalld.service",
		  "firewalld is enabled at boot" },
		{ "etc/systemd/system/sysinit.target.wants/nftables.service",
		  "nftables.service is enabled at boot" },
	};
	struct stat st;

	note_ufw(host, f);
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		if (fstatat(host->root, links[i].path, &st, AT_SYMLINK_NOFOLLOW) == 0)
			add_item(f, links[i].says);
}

static void judge(const struct survey *s, struct finding *f)
{
	f->grade = s->closed4 && s->closed6 ? GRADE_PASS : GRADE_FAIL;
	if (f->grade == GRADE_PASS) {
		snprintf(f->what, sizeof(f->what),
			 "inbound is closed: IPv4 by %.80s, IPv6 by %.80s", s->by4, s->by6);
		return;
	}
	if (s->closed4 || s->closed6)
		snprintf(f->what, sizeof(f->what),
			 "inbound IPv%c is open; IPv%c is closed by %.80s", s->closed4 ? '6' : '4',
			 s->closed4 ? '4' : '6', s->closed4 ? s->by4 : s->by6);
	else
		snprintf(f->what, sizeof(f->what), "inbound is open for IPv4 and IPv6");
	snprintf(f->todo, sizeof(f->todo),
		 "close it with the firewall this host uses, for instance: ufw enable");
}

void look_firewall(const struct requirement *req, const struct host *host, struct finding *ret)
{
	struct finding f = { .grade = GRADE_UNKNOWN };
	struct fault fault = { 0 };
	struct survey s;

	(void)req;
	if (!host->nft) {
		snprintf(f.what, sizeof(f.what), "the kernel's ruleset cannot be read");
		snprintf(f.todo, sizeof(f.todo),
			 "lazaretd needs CAP_NET_ADMIN and a kernel with nf_tables");
	} else if (survey_inbound(host->nft, &s, &fault) < 0) {
		snprintf(f.what, sizeof(f.what), "the kernel's ruleset cannot be judged: %.150s",
			 fault.why);
		snprintf(f.todo, sizeof(f.todo), "see it: nft list ruleset");
	} else {
		judge(&s, &f);
	}
	note_front_ends(host, &f);
	*ret = f;
}
