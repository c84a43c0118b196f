// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * whole ROOT: for each package named on standard input, whether it is as it was packaged, as one
 * lazaretd sees it from look to look: 0, or an error's name and what is wrong.  "STEM*" lists the
 * packages of a library.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/posture/whole.h"

static void look(int root, const char *package, struct remembered *remembered)
{
	size_t budget = WHOLE_PER_LOOK;
	char wrong[120];
	int r = whole_look(root, package, remembered, &budget, wrong);

	printf("%s%s%s\n", r ? strerrorname_np(-r) : "0", *wrong ? " " : "", wrong);
}

static void list(int root, const char *stem, struct remembered *remembered)
{
	struct provider p = { .libraries.n = 1 };
	struct texts found;

	snprintf(p.libraries.rows[0], PROVIDER_TEXT_MAX, "%s", stem);
	whole_libraries(root, &p, remembered, &found);
	for (size_t i = 0; i < found.n; i++)
		printf("%s%s", i ? " " : "", found.rows[i]);
	putchar('\n');
}

int main(int argc, char **argv)
{
	_close_ int root = argc == 2 ? open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	struct remembered *remembered = remembered_new();
	char line[200];

	if (root < 0 || !remembered) {
		fprintf(stderr, "whole ROOT: %s\n", strerror(errno));
		return 2;
	}
	setlinebuf(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		size_t end = strcspn(line, "*\n");
		bool is_stem = line[end] == '*';

		line[end] = '\0';
		(is_stem ? list : look)(root, line, remembered);
	}
	remembered_free(remembered);
	return 0;
}
