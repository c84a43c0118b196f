// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/remedy/demand.h"
#include "agent/remedy/expose.h"
#include "agent/remedy/front-end.h"
#include "agent/remedy/hears.h"
#include "agent/remedy/remedy.h"
#include "agent/remedy/unlock.h"
#include "netfilter/baseline.h"
#include "netfilter/nft.h"
#include "netfilter/survey.h"

static void drop_nft(struct nft *nft)
{
	if (nft->fd >= 0)
		nft_close(nft);
}

static int put_back(const struct known_good *g, enum front of, int root, bool all,
		    struct report *report, struct fault *fault)
{
	if (!g->copies || (!all && !copies_gone(g->copies, of, root)))
		return 0;
	report_line(report, "+ ",
		    all ? "putting back all that is not as it was when it was good"
			: "putting back what is gone of its configuration");
	return copies_put_back(g->copies, of, root, all, report, fault);
}

/* chattr(1) would keep a front end from writing down that it is on, and what it lets in. */
static void unlock_settings(void)
{
	static const char *const files[] = {
		"/etc/ufw",
		"/etc/ufw/ufw.conf",
		"/etc/ufw/user.rules",
		"/etc/ufw/user6.rules",
		"/etc/default/ufw",
		"/etc/firewalld/firewalld.conf",
		"/etc/firewalld/zones",
	};

	for (size_t i = 0; i < COUNT(files); i++)
		unlock_file(files[i]);
}

static int lay(const struct known_good *g, enum front of, int root, bool again,
	       struct report *report, struct fault *fault)
{
	const struct front_end *e = front_end_of(of);
	int r = expose(of, g, root, report, fault);

	return r < 0 ? r : steps_run(again ? e->again : e->steps, report, fault);
}

/*
 * What is left of its configuration counts first, for somebody may have wanted it so; but not where
 * ufw or firewalld, which let loopback in, have the host hear nothing.
 */
static int switch_on(struct known_good *g, enum front of, int root, struct report *report,
		     struct fault *fault)
{
	const struct front_end *e = front_end_of(of);
	struct fault first = { 0 };
	int back = put_back(g, of, root, false, report, &first), r = back, n;

	if (r >= 0)
		r = lay(g, of, root, back > 0, report, &first);
	if (r == 0 && known_good_is_met(g, &first) != 0 && (e->again == e->steps || hears_itself()))
		return 0;
	/* What others keep in front of it no configuration of its mends. */
	if (r == -EBUSY)
		return fault_set(fault, r, "%s", first.why);
	n = put_back(g, of, root, true, report, fault);
	if (n > 0 || (n == 0 && r == 0 && e->again != e->steps))
		return lay(g, of, root, true, report, fault);
	return n < 0 ? n : r < 0 ? fault_set(fault, r, "%s", first.why) : 0;
}

/* Whoever switches off the one that made the good firewall may enable one that has no rules. */
static int enable_front_end(struct known_good *g, struct report *report, struct fault *fault)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	enum front order[FRONT_TRIES];
	size_t n = front_end_order(root, g, order);
	int r = -ENOENT;

	if (!n)
		return fault_set(
			fault, r,
			"there is no ufw, firewalld or nftables.service here: install one of them");
	unlock_settings();
	for (size_t i = 0; i < n; i++) {
		struct fault own = { 0 }, quiet = { 0 };

		r = switch_on(g, order[i], root, report, &own);
		if (i == n - 1 || known_good_is_met(g, &quiet) != 0)
			return r < 0 ? fault_set(fault, r, "%s", own.why) : 0;
	}
	return r;
}

static int lay_baseline(struct nft *nft, const struct survey *now, struct report *report,
			struct fault *fault)
{
	struct baseline_port ports[EXPOSED_MAX];
	struct exposed open = { 0 };
	int r = demand_exposed(true, &open, fault);

	if (r == 0)
		return fault_set(fault, -EPERM,
				 "inbound is open all the same: its rules let everything in");
	for (size_t i = 0; i < open.n; i++)
		ports[i] = (struct baseline_port){ open.list[i].protocol, open.list[i].from,
						   open.list[i].to };
	if (r > 0)
		report_line(report, "+ ", "laying the baseline of the policy");
	return r < 0 ? r : baseline_lay(nft, now, ports, open.n, fault);
}

/*
 * Is there nothing to mend?  Laying rules anew costs others theirs, such as Docker's.  What a
 * reload of firewalld that failed leaves behind closes too, and is no firewall.
 */
static bool is_closed(struct known_good *g)
{
	struct fault quiet = { 0 };
	struct survey s;

	return firewall_survey(&s, &quiet) == 0 && s.without_baseline && !*s.cut &&
	       !strstr(s.by4, "firewalld_policy_drop") && known_good_is_met(g, &quiet) == 1;
}

/* Whatever a front end says of itself: it counts when the kernel's rules close inbound. */
static int close_inbound(struct report *report, struct fault *fault)
{
	_drop_(drop_known_good) struct known_good *g = known_good_read(report);
	struct fault own = { 0 }, first;
	_drop_(drop_nft) struct nft nft = { .fd = -1 };
	struct survey s = { 0 };
	int front, r;

	if (!g)
		return -ENOMEM;
	if (is_closed(g))
		return fault_set(fault, -EALREADY,
				 "inbound is closed already: what is exposed or forwarded all the "
				 "same is not this remedy's to close");
	front = enable_front_end(g, report, &own);
	first = own;
	r = nft_open(&nft, fault);
	if (r == 0)
		r = firewall_survey_by(&nft, &s, NULL, NULL, fault);
	if (r < 0)
		return r;
	if (s.without_baseline)
		r = baseline_remove(&nft, fault);
	else
		r = lay_baseline(&nft, &s, report, &own);
	if (front < 0 && (s.without_baseline || r == -EPERM))
		return fault_set(fault, front, "%s", first.why);
	return r < 0 && !*fault->why ? fault_set(fault, r, "%s", own.why) : r;
}

const struct step steps_firewall_enable[] = {
	{ .call = close_inbound },
	{ 0 },
};
