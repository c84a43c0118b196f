/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lazaret-policy: a file a subcommand, a row each in tool.c. */
#pragma once

/*
 * Each gets its own arguments, its name first, and answers with the exit status: 0 done,
 * 1 refused with a reason on standard error, 2 called wrongly (tool_usage()), 3 signatures
 * of others are missing still.
 */
int lint_main(int argc, char **argv);
int feed_main(int argc, char **argv);
int init_main(int argc, char **argv);
int keygen_main(int argc, char **argv);
int sign_main(int argc, char **argv);
int cosign_main(int argc, char **argv);
int grant_main(int argc, char **argv);
int add_target_main(int argc, char **argv);
int remove_target_main(int argc, char **argv);
int delegate_main(int argc, char **argv);
int bump_main(int argc, char **argv);
int publish_main(int argc, char **argv);
int rotate_main(int argc, char **argv);
int show_main(int argc, char **argv);
int verify_main(int argc, char **argv);

/* Finds the subcommand and runs it; answers with the exit status. */
int tool_main(int argc, char **argv);

/* Prints how the subcommand is called to standard error.  Always 2. */
int tool_usage(const char *subcommand);
