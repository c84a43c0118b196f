// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lazaret-health: runs for lazaretd, and for remedies, one program of a vendor that says whether
 * its product works.  It is told the row of the menu (policy/health.h) and nothing else; it ends
 * like a remedy (remedy.h), whose failure is what is not well.
 */
#include <stdio.h>
#include <unistd.h>

#include "agent/remedy/health.h"
#include "agent/remedy/remedy.h"

#define LIMIT_MS 5000

int main(void)
{
	struct report report = { .fd = STDOUT_FILENO };
	struct fault fault = { 0 };
	char byte = 0;
	int row, r;

	if (read(STDIN_FILENO, &byte, 1) != 1)
		return 1;
	row = byte - HEALTH_BYTE;
	if (row <= HEALTH_NONE || row >= HEALTH_COUNT)
		return 1;
	r = health_run(&health_menu[row], LIMIT_MS, &fault);
	report_line(&report, r < 0 ? REMEDY_FAILED : REMEDY_OK, r < 0 ? fault.why : "");
	return 0;
}
