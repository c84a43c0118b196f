// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "policy/publisher/tool.h"

#define SIGNERS "[--expires SPAN] [--key FILE]... [--passphrase-file FILE]"
#define MAKERS	"[--type p256|p384|ed25519] [--no-passphrase ROLE|all]... [--public ROLE=FILE]..."

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *args, *what;
} subcommands[] = {
	{ "lint", lint_main, "FILE", "check a policy; says line, column and reason" },
	{ "feed", feed_main,
	  "[--json] [--keep-going] [--date STAMP] [--codename NAME] [--ecosystem NAME]... --distro "
	  "ID --release VERSION -o FILE INPUT... | --show FILE [PACKAGE]...",
	  "make a feed of OSV documents or of Debian's tracker, or print one" },
	{ "init", init_main, "[--threshold ROLE=N]... " MAKERS " " SIGNERS " DIR",
	  "make keys and the first root, valid for a year" },
	{ "keygen", keygen_main, "[--type TYPE] [--no-passphrase] [--passphrase-file FILE] KEY.pem",
	  "make one key, to sign with elsewhere; KEY.pub is its public half" },
	{ "sign", sign_main, SIGNERS " DIR [POLICY.json]",
	  "check a policy and sign it as the next version; sign what waits" },
	{ "cosign", cosign_main, "[--yes] [--passphrase-file FILE] --key FILE... DRAFT.json",
	  "show a draft that someone else made, and add a signature to it" },
	{ "add-target", add_target_main, "[--as NAME] [--role ROLE] " SIGNERS " DIR FILE",
	  "sign any file as a target" },
	{ "remove-target", remove_target_main, "[--role ROLE] " SIGNERS " DIR NAME",
	  "take a target out again" },
	{ "delegate", delegate_main,
	  "--paths PATTERN... --public FILE... [--threshold N] [--terminating] [--revoke] " SIGNERS
	  " DIR ROLE",
	  "let others' keys vouch for some targets, or no longer" },
	{ "bump", bump_main, SIGNERS " DIR", "sign the timestamp anew, at least every two weeks" },
	{ "publish", publish_main, "[--leave-drafts] DIR OUT",
	  "copy what is signed to a web server's folder" },
	{ "verify", verify_main, "[--json] [--root FILE] [--ca FILE] [--certificate FILE --private-key FILE]\n"
	  "         [--proxy URL|none] [--helper FILE] DIR|URL",
	  "check a published folder, or a server, exactly as a new host would" },
	{ "rotate", rotate_main, "[--threshold N] " MAKERS " " SIGNERS " DIR [ROLE]...",
	  "sign the next root, with new keys for these roles" },
	{ "release", grant_main,
	  "[--passphrase-file FILE] --key FILE... --challenge CODE --for SPAN [--reason TEXT]\n"
	  "         | --key FILE... TOKEN-FILE | --public FILE... [--threshold N] [--for SPAN]",
	  "answer a host's challenge with a token that lets it out of quarantine for a while;\n"
	  "      add a signature to a token; print what a policy says to allow it" },
	{ "show", show_main, "[--json] DIR|DRAFT.json",
	  "tell roles, keys, versions, expiry, targets, and what waits for whom" },
};
#define SUBCOMMANDS COUNT(subcommands)

int tool_usage(const char *subcommand)
{
	for (size_t i = 0; i < SUBCOMMANDS; i++)
		if (!strcmp(subcommands[i].name, subcommand))
			fprintf(stderr, "usage: lazaret-policy %s %s\n", subcommand,
				subcommands[i].args);
	return 2;
}

static int help(FILE *out)
{
	fputs("lazaret-policy: make, sign and publish policies for Lazaret\n\n", out);
	for (size_t i = 0; i < SUBCOMMANDS; i++)
		fprintf(out, "  lazaret-policy %s %s\n      %s\n", subcommands[i].name,
			subcommands[i].args, subcommands[i].what);
	fputs("\nDIR holds keys/ (secret), draft/, metadata/ and targets/.  "
	      "SPAN is like 12h or 90d.\n"
	      "Roles are root, targets, snapshot, timestamp; "
	      "N keys are made for a threshold of N.\n"
	      "Exit status 3: done as far as it goes, signatures of others are missing.\n",
	      out);
	return out == stderr ? 2 : 0;
}

static int help_one(size_t i)
{
	printf("usage: lazaret-policy %s %s\n\n%s\n", subcommands[i].name, subcommands[i].args,
	       subcommands[i].what);
	return 0;
}

int tool_main(int argc, char **argv)
{
	if (argc < 2)
		return help(stderr);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return help(stdout);
	for (size_t i = 0; i < SUBCOMMANDS; i++) {
		if (strcmp(subcommands[i].name, argv[1]))
			continue;
		if (argc == 3 && !strcmp(argv[2], "--help"))
			return help_one(i);
		return subcommands[i].run(argc - 1, argv + 1);
	}
	fprintf(stderr, "lazaret-policy: no subcommand %s; see lazaret-policy --help\n", argv[1]);
	return 2;
}
