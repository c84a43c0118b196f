/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether somebody took the system bus away.  No look and no repair needs it, but who asks logind
 * or polkit does, so it is told.
 */
#pragma once

#include <stdbool.h>

/* What changes when it goes or comes, below the root; NULL ends. */
extern const char *const bus_places[];

enum bus_state {
	BUS_WELL, /* or this host has none */
	BUS_IDLE, /* nobody serves it; systemd listens, and starts it for whoever asks */
	BUS_GONE, /* systemd runs this host, and nobody serves its bus, nor listens in its place */
	BUS_SILENT, /* who serves it does not answer within wait_ms: stopped, or frozen */
};
#define BUS_WAIT_MS 2000

enum bus_state bus_look(int root, int wait_ms);
