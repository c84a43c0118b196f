// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * open --allow FILE - lays the quarantine of an allow-list as lazaret-hold does, and with it a
 * captive portal that is open to every program: a neighbour of the stranger in lab.sh.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "netfilter/nft.h"
#include "netfilter/quarantine.h"
#include "policy/document.h"

#define LONG_ENOUGH 600 /* seconds */

static struct peer portal[] = {
	{ .family = AF_INET, .proto = IPPROTO_TCP, .prefix = 32, .addr = { 203, 0, 113, 67 } },
	{ .family = AF_INET6,
	  .proto = IPPROTO_TCP,
	  .prefix = 128,
	  .addr = { 0x20, 0x01, 0x0d, 0xb8, 0, 0x66, [15] = 0x67 } },
};

static int lay(struct allow list, struct fault *fault)
{
	struct peer open[4];
	struct nft nft;
	int r = nft_open(&nft, fault);

	if (r < 0)
		return r;
	for (int i = 0; i < 4; i++) {
		open[i] = portal[i / 2];
		open[i].port = i % 2 ? 443 : 80;
	}
	list.open = open;
	list.n_open = 4;
	list.open_for = LONG_ENOUGH;
	(void)!ownership_claim(&nft, OWNERSHIP_ORPHAN, NULL);
	r = quarantine_lay(&nft, &list, fault);
	nft_close(&nft);
	return r;
}

int main(int argc, char **argv)
{
	_drop_(allow_free) struct allow allow = { 0 };
	_free_ char *text = NULL;
	struct fault fault = { 0 };
	size_t len;

	if (argc != 3 || strcmp(argv[1], "--allow"))
		return 2;
	if (io_read(AT_FDCWD, argv[2], POLICY_FILE_MAX, &text, &len) == 0 &&
	    policy_parse_allow(text, len, &allow, &fault) == 0 && lay(allow, &fault) == 0)
		return 0;
	fprintf(stderr, "open: %s: %s\n", argv[2], fault.why);
	return 1;
}
