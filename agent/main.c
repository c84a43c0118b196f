// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/log.h"
#include "agent/daemon.h"
#include "agent/events.h"
#include "agent/shed.h"
#include "netfilter/baseline.h"
#include "netfilter/detour.h"
#include "netfilter/quarantine.h"

#define CONFIG_FILE "/etc/lazaret/lazaret.conf"
#define DAEMON_USER "lazaret"

DEFINE_DROP(config, config_free)

static const char usage[] =
	"usage: lazaretd [--foreground] [--config FILE] [--check-config] [--lift]\n"
	"\n"
	"  --foreground    start the helper programs itself instead of asking systemd's sockets\n"
	"  --config FILE   instead of " CONFIG_FILE "; FILE.d/*.conf are read after it\n"
	"  --check-config  read the configuration, say what is wrong with it, and leave\n"
	"  --lift          take away the rules that a stopped lazaretd left, and leave\n";

static int make_loop(sd_event **ret)
{
	sigset_t stop;
	sd_event *loop;
	int r;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN); /* helpers tell by their socket how they fared */

	r = sd_event_new(&loop);
	if (r < 0)
		return r;
	/* Without a handler these leave the loop. */
	r = sd_event_add_signal(loop, NULL, SIGTERM, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(loop, NULL, SIGINT, NULL, NULL);
	if (r >= 0)
		r = sd_event_set_watchdog(loop, true);
	if (r < 0) {
		sd_event_unref(loop);
		return r;
	}
	*ret = loop;
	return 0;
}

/* A repair is about to begin, or goes on: it waits for no page that was just given back. */
static bool is_busy(const void *ctx)
{
	const struct daemon *d = ctx;

	return d->run || events_wait(d->events);
}

/* What the quarantine allows stays as it is when the daemon leaves: an exit opens nothing. */
static int run(const struct config *config, bool foreground)
{
	_free_ struct daemon *d = NULL;
	sd_event *loop = NULL;
	int r;

	shed_begin();
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	r = make_loop(&loop);
	if (r < 0)
		return r;
	d->config = config;
	d->helpers = (struct helpers){ .config = config, .spawn = foreground };
	d->loop = loop;
	r = daemon_start(d);
	if (r >= 0) {
		sd_notify(0, "READY=1");
		r = shed_loop(loop, is_busy, d);
		if (r < 0)
			log_err("the event loop failed: %s", strerror(-r));
	}
	daemon_stop(d);
	sd_event_unref(loop);
	return r;
}

/*
 * Nothing of it is a process's own: the tables, and the detour past VPNs (way.h).  The baseline
 * goes, too: without a daemon nobody would retire it when there is another firewall.
 */
static int lift(void)
{
	struct fault fault = { 0 };
	struct nft nft;
	int r = nft_open(&nft, &fault);

	if (r == 0) {
		r = quarantine_lift(&nft, &fault);
		if (r == 0)
			r = baseline_remove(&nft, &fault);
		nft_close(&nft);
	}
	if (r == 0)
		r = detour_lift(&fault);
	if (r < 0)
		log_err("the quarantine cannot be lifted: %s; only root can, once lazaretd is "
			"stopped",
			*fault.why ? fault.why : strerror(-r));
	return r;
}

/* What root can read says nothing about whom lazaretd runs as; where there is none, nobody asks. */
static void read_as_daemon(void)
{
	const struct passwd *who = geteuid() == 0 ? getpwnam(DAEMON_USER) : NULL;

	if (who && (setgroups(1, &who->pw_gid) < 0 || setegid(who->pw_gid) < 0 ||
		    seteuid(who->pw_uid) < 0))
		log_warn("cannot read as the user " DAEMON_USER ": %m");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "foreground", no_argument, NULL, 'f' },
		{ "config", required_argument, NULL, 'c' },
		{ "check-config", no_argument, NULL, 'n' },
		{ "lift", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	_drop_(drop_config) struct config *config = NULL;
	const char *file = CONFIG_FILE;
	bool foreground = false, only_check = false, only_lift = false;
	struct fault fault = { 0 };
	int o, r;

	while ((o = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (o) {
		case 'f': foreground = true; break;
		case 'c': file = optarg; break;
		case 'n': only_check = true; break;
		case 'l': only_lift = true; break;
		case 'h': fputs(usage, stdout); return 0;
		default: fputs(usage, stderr); return 2;
		}
	}
	if (optind < argc) {
		fputs(usage, stderr);
		return 2;
	}
	if (only_lift)
		return lift() < 0;
	if (only_check)
		read_as_daemon();
	r = config_load(file, &config, &fault);
	if (r < 0) {
		log_err("%s", *fault.why ? fault.why : strerror(-r));
		return 1;
	}
	if (only_check)
		return 0;
	return run(config, foreground) < 0;
}
