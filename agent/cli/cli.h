/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of `lazaret`.  Each reads its own arguments, prints for people or, when asked to,
 * one JSON document, and returns the program's exit status.
 */
#pragma once

#include <stdbool.h>

enum {
	EXIT_FAILED = 1,
	EXIT_USAGE,
	EXIT_GRACE,
	EXIT_HELD,
	EXIT_NO_POLICY, /* or none that demands what was asked for */
};

struct cli {
	const char *socket; /* lazaretd's */
	bool json;
};

struct command {
	const char *name;
	const char *args; /* what follows the name, for people; "" when nothing may */
	const char *help; /* one line */
	int (*run)(const struct cli *cli, int argc, char **argv); /* argv[0] is the name */
};

extern const struct command commands[];
extern const unsigned commands_n;

/* One row each. */
int command_history(const struct cli *cli, int argc, char **argv);
int command_status(const struct cli *cli, int argc, char **argv); /* check and refresh, too */
int command_check(const struct cli *cli, int argc, char **argv);  /* argv[0] names it */
int command_policy(const struct cli *cli, int argc, char **argv);
int command_release(const struct cli *cli, int argc, char **argv);
int command_patches(const struct cli *cli, int argc, char **argv);
int command_why(const struct cli *cli, int argc, char **argv);
int command_look(const struct cli *cli, int argc, char **argv);
