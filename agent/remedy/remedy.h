/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is said on lazaret-remedy's standard output, which is the socket that lazaretd connected.
 * It does nothing before it has read REMEDY_GO there; another byte, or that lazaretd goes away,
 * ends it as if it had not been started.  So a connection may be made long before the remedy is
 * needed (agent/warm.h).  Then it says lines of text, each with a mark in its first two bytes:
 *
 *	"+ starting ClamAV"	a step begins
 *	"  Reading state..."	what the step's program wrote
 *	"= ok"			the end, always the last line
 *	"= failed: WHY"		or this
 *
 * One remedy asks back: host-reboot says REMEDY_READY and restarts nothing before it has read
 * REMEDY_GO once more; another answer, or going away before, calls it off.
 *
 * A program's own lines are indented, so none of them can pass for a verdict; a
 * stream that ends without a verdict is a failure.
 */
#pragma once

#include "agent/remedy/step.h"
#include "policy/menu.h"

#define REMEDY_OK     "= ok"
#define REMEDY_FAILED "= failed: "
#define REMEDY_READY  "ready to restart the host"
#define REMEDY_GO     '!'
#define REMEDY_NOT    '-'

#define SYSTEMCTL(...) STEP_ARGV("/usr/bin/systemctl", __VA_ARGS__)

/* The steps of each remedy, ended by a row of zeros. */
extern const struct step steps_patches_install[];
extern const struct step steps_services_restart[];
extern const struct step steps_antivirus_start[];
extern const struct step steps_antivirus_enable[];
extern const struct step steps_antivirus_restore[];
extern const struct step steps_antivirus_reinstall[];
extern const struct step steps_firewall_enable[];
extern const struct step steps_host_reboot[];

/*
 * Waits for REMEDY_GO from the other end of a stream socket, asleep.  0; -ECANCELED: it said
 * something else; -EPIPE: it is gone; -ETIMEDOUT after that many milliseconds; or -errno.
 */
int remedy_await_go(int fd, int ms);

/* Carries a remedy out and says how it ended.  0 or -errno; root is needed. */
int remedy_run(enum remedy remedy, int out);
