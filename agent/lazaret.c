// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line of a host's user and administrator. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/base/wire.h"
#include "agent/cli/cli.h"

#define RUNTIME_DIR "/run/lazaret"

const struct command commands[] = {
	{ "status", "", "the host's state, and why", command_status },
	{ "why", "", "only what is not met, what is done about it, and whom to call", command_why },
	{ "history", "", "what was decided about this host, and when", command_history },
	{ "check", "", "look at everything now, then the status (root)", command_status },
	{ "hold", "", "held until the next check, a minute at most, as before it sleeps (root)",
	  command_status },
	{ "refresh", "", "fetch the policy now, then the status (root)", command_status },
	{ "policy", "", "the policy in force, and what it demands", command_policy },
	{ "release", "[--plain | TOKEN | --file FILE | --end]",
	  "out of quarantine without a network: what to tell the helpdesk, and its answer",
	  command_release },
	{ "antivirus", "", "the antivirus, and what each probe of it saw", command_check },
	{ "firewall", "[--accept]",
	  "the firewall, and what others can reach; take it for good as it is (root)",
	  command_check },
	{ "patches", "[--all]", "the fixes that are lacking, and by when they must be there",
	  command_patches },
	{ "look",
	  "patches --dpkg-status FILE | --root DIR [--feed FILE] [--lists DIR] [--all] [--plain]",
	  "what a status file lacks, without a host", command_look },
};
const unsigned commands_n = COUNT(commands);

/* --json may stand anywhere; returns how many arguments are left. */
static int take_json(int argc, char **argv, bool *json)
{
	int n = 0;

	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--json"))
			*json = true;
		else
			argv[n++] = argv[i];
	}
	argv[n] = NULL;
	return n;
}

static int usage(FILE *to, int code)
{
	fputs("usage: lazaret [--json] [--socket FILE] COMMAND [ARGUMENTS]\n\n", to);
	for (unsigned i = 0; i < commands_n; i++) {
		int width = fprintf(to, "  %s%s%s", commands[i].name, *commands[i].args ? " " : "",
				    commands[i].args);

		fprintf(to, "%*s%s\n", width < 12 ? 12 - width : 2, "", commands[i].help);
	}
	fputs("\nexit status: 0 compliant, 1 the command failed, 2 usage, 3 in grace, "
	      "4 quarantined or held,\n5 no policy accepted yet; in audit mode as it would be\n",
	      to);
	return code;
}

static int usage_of(const struct command *c, FILE *to, int code)
{
	fprintf(to, "usage: lazaret %s%s%s\n%s\n", c->name, *c->args ? " " : "", c->args, c->help);
	return code;
}

static int run(const struct cli *cli, int argc, char **argv)
{
	for (unsigned i = 0; argc && i < commands_n; i++) {
		int code;

		if (strcmp(argv[0], commands[i].name))
			continue;
		if (argc == 2 && !strcmp(argv[1], "--help"))
			return usage_of(&commands[i], stdout, 0);
		code = commands[i].run(cli, argc, argv);
		return code == EXIT_USAGE ? usage_of(&commands[i], stderr, code) : code;
	}
	if (argc)
		fprintf(stderr, "lazaret: there is no command %s\n", argv[0]);
	return usage(stderr, EXIT_USAGE);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct cli cli = { .socket = RUNTIME_DIR "/" CONTROL_SOCKET };
	int o;

	argc = take_json(argc, argv, &cli.json);
	/* What follows the command is the command's own. */
	while ((o = getopt_long(argc, argv, "+", options, NULL)) >= 0) {
		switch (o) {
		case 's': cli.socket = optarg; break;
		case 'h': return usage(stdout, 0);
		default: return usage(stderr, EXIT_USAGE);
		}
	}
	return run(&cli, argc - optind, argv + optind);
}
