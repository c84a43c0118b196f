// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lazaret-hold: lays the quarantine at boot, before any link is up, from the last accepted
 * policy's allow-list.  Whatever is wrong with that list, the host is held: then it may only
 * reach name servers, DHCP and the addresses at which it enrols.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/base/peer.h"
#include "netfilter/nft.h"
#include "netfilter/quarantine.h"
#include "policy/document.h"

#define ENROL_MAX      16
#define ENROL_FILE_MAX 4096

struct options {
	const char *allow;
	struct peer enrol[ENROL_MAX];
	size_t n_enrol;
};

static int usage(int status)
{
	fprintf(status ? stderr : stdout,
		"Usage: lazaret-hold [--allow FILE] [--enrol ADDRESS:PORT]... "
		"[--enrol-file FILE]\n"
		"\n"
		"Lays the network quarantine. FILE is the allow-list of a policy; when it is\n"
		"missing or broken, only DHCP, DNS and the --enrol addresses stay open.\n"
		"--enrol-file names a file with one such address a line; it may be missing.\n"
		"An IPv6 address is written in brackets: [2001:db8::1]:443.\n");
	return status;
}

/* What cannot be understood must not leave the host open: it is said, and passed over. */
static void add_enrol(struct options *o, const char *text)
{
	if (o->n_enrol == ENROL_MAX)
		log_err("--enrol %s: more than %d addresses; not opened", text, ENROL_MAX);
	else if (peer_read(text, &o->enrol[o->n_enrol]) < 0)
		log_err("--enrol %s: not ADDRESS:PORT; not opened", text);
	else
		o->n_enrol++;
}

/* Lines of ADDRESS:PORT; empty ones and those that begin with # count for nothing. */
static void add_enrol_file(struct options *o, const char *file)
{
	_free_ char *text = NULL;
	size_t len;
	int r = io_read(AT_FDCWD, file, ENROL_FILE_MAX, &text, &len);
	char *rest = text, *line;

	if (r < 0 && r != -ENOENT)
		log_err("--enrol-file %s: %s; nothing of it is opened", file, strerror(-r));
	while (r == 0 && (line = strsep(&rest, "\n")))
		if (*line && *line != '#')
			add_enrol(o, line);
}

static int read_allow(const char *file, struct allow *ret, struct fault *fault)
{
	_free_ char *text = NULL;
	size_t len;
	int r;

	if (!file)
		return fault_set(fault, -ENOENT, "no allow-list was given");
	r = io_read(AT_FDCWD, file, POLICY_FILE_MAX, &text, &len);
	if (r < 0)
		fault_set(fault, r, "%s", strerror(-r));
	else
		r = policy_parse_allow(text, len, ret, fault);
	if (r < 0 && fault->line)
		fault_prefix(fault, "%s:%u:%u", file, fault->line, fault->col);
	else if (r < 0)
		fault_prefix(fault, "%s", file);
	return r;
}

static int lay_failsafe(struct nft *nft, struct options *o, struct fault *fault)
{
	const struct allow narrow = {
		.out = o->enrol,
		.n_out = o->n_enrol,
		.dns_any = true,
		.dhcp_any = true,
		.everyone = true,
	};
	int r = quarantine_lay(nft, &narrow, fault);

	if (r == 0)
		log_notice("held with the failsafe list: DHCP, DNS, enrolment addresses: %zu",
			   o->n_enrol);
	return r;
}

static int hold(struct options *o, struct fault *fault)
{
	_drop_(allow_free) struct allow allow = { 0 };
	struct fault why = { 0 };
	struct nft nft;
	int r = nft_open(&nft, fault);

	if (r < 0)
		return r;
	nft.lays_once = true;
	/* Nobody's yet: lazaretd comes to own it as it lies there, without a gap. */
	if (ownership_claim(&nft, OWNERSHIP_ORPHAN, &why) < 0)
		log_warn("%s", why.why);
	why = (struct fault){ 0 };
	r = read_allow(o->allow, &allow, &why);
	if (r == 0)
		r = quarantine_lay(&nft, &allow, &why);
	if (r == 0) {
		log_notice("held: %zu peers outwards, %zu inwards, open to %s", allow.n_out,
			   allow.n_in, nft.who.level ? "the repair services" : "every program");
	} else {
		log_err("%s", why.why);
		r = lay_failsafe(&nft, o, fault);
	}
	nft_close(&nft);
	return r;
}

int main(int argc, char **argv)
{
	static const struct option known[] = {
		{ "allow", required_argument, NULL, 'a' },
		{ "enrol", required_argument, NULL, 'e' },
		{ "enrol-file", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct options o = { 0 };
	struct fault fault = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) >= 0) {
		if (c == 'a')
			o.allow = optarg;
		else if (c == 'e')
			add_enrol(&o, optarg);
		else if (c == 'f')
			add_enrol_file(&o, optarg);
		else if (c == 'h')
			return usage(0);
		else
			usage(2); /* getopt has said what; the host is held all the same */
	}
	if (hold(&o, &fault) == 0)
		return 0;
	log_err("THE HOST IS NOT HELD: %s", fault.why);
	return 1;
}
