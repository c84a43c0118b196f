/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy in force: reads what lazaret-vet accepted, and asks for what is newer, when it is
 * time or somebody wants it.
 */
#pragma once

#include <stdbool.h>

struct daemon;

/* Reads the store; the policy itself only if it changed or there is none in force yet. */
void inforce_read(struct daemon *d, bool changed);

/* Starts a refresh, or another one after the one that is under way. */
void inforce_refresh(struct daemon *d);

/* A remedy under way goes on, and nothing else is started until it ends. */
void inforce_forget(struct daemon *d);
