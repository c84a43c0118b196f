// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lazaret-remedy NAME: carries out one remedy of the menu, as root.  The name is
 * the only thing it takes from outside; the unit that starts it has it fixed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/remedy/remedy.h"

/* Then a new one waits, with today's libraries; its unit ends after two hours, whatever it does. */
#define WAIT_SECONDS 3600

static int list(void)
{
	for (int i = 0; i < REMEDY_COUNT; i++)
		puts(remedy_menu[i].name);
	return fflush(stdout) == 0 ? 0 : 1;
}

/* Nothing of the caller's remains but the three standard descriptors. */
static int settle(void)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || chdir("/") < 0)
		return -errno;
	close_range(3, ~0u, 0);
	umask(022);
	/* A reader that goes away must not stop dpkg in the middle. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* ignored, it would hide how a program ended */
	return 0;
}

/* By hand, at a terminal or into a pipe, there is nobody who could say go. */
static bool is_wanted(void)
{
	struct stat st;

	return fstat(STDOUT_FILENO, &st) == 0 &&
	       (!S_ISSOCK(st.st_mode) || remedy_await_go(STDOUT_FILENO, WAIT_SECONDS * 1000) == 0);
}

int main(int argc, char **argv)
{
	int remedy, r;

	if (argc == 2 && !strcmp(argv[1], "--list"))
		return list();
	remedy = argc == 2 ? remedy_find(argv[1]) : -EINVAL;
	if (remedy < 0) {
		fprintf(stderr,
			"usage: lazaret-remedy NAME | --list\n"
			"Carries out one remedy of the menu, as root; --list names them.\n");
		return 2;
	}
	if (geteuid() != 0) {
		printf("%s%s needs root\n", REMEDY_FAILED, argv[1]);
		return 1;
	}
	r = settle();
	if (r < 0) {
		printf("%scannot settle: %s\n", REMEDY_FAILED, strerror(-r));
		return 1;
	}
	if (!is_wanted())
		return 0;
	return remedy_run((enum remedy)remedy, STDOUT_FILENO) == 0 ? 0 : 1;
}
