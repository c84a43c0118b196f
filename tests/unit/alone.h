/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A daemon of which no more is there than its repairs and what is in force: what they call of its
 * other parts does nothing, and the store's policy is the test's own.
 */
#pragma once

#include <stdio.h>
#include <string.h>

#include "agent/age.h"
#include "agent/confirm.h"
#include "agent/daemon.h"
#include "agent/events.h"
#include "agent/feeds.h"
#include "agent/health.h"
#include "agent/inforce.h"
#include "agent/legacy.h"
#include "agent/login.h"
#include "agent/memory.h"
#include "agent/reach.h"
#include "agent/reboot.h"
#include "agent/round.h"
#include "agent/status.h"
#include "agent/witness.h"
#include "tests/unit/test.h"

static struct daemon host;
static const char *accepted; /* the requirements of the policy that the store has */
static unsigned rounds;

void round_look(struct daemon *d, const char *cause)
{
	(void)d, (void)cause;
	rounds++;
}

void round_wake(struct daemon *d)
{
	(void)d;
}

void round_keep(struct daemon *d)
{
	assert_int_equal(memory_keep(d->memory), 0);
}

bool witness_look(struct daemon *d)
{
	(void)d;
	return false;
}

void health_forget(struct daemon *d)
{
	(void)d;
}

void legacy_forget(struct daemon *d)
{
	(void)d;
}

bool reboot_is_begun(const struct daemon *d)
{
	(void)d;
	return false;
}

void inquiry_again(struct daemon *d, struct subject *s)
{
	(void)d, (void)s;
}

void inquiry_tug(struct daemon *d, struct subject *s)
{
	(void)d, (void)s;
}

void age_read(struct daemon *d, int store)
{
	(void)d, (void)store;
}

void feeds_read(struct daemon *d, int store)
{
	(void)d, (void)store;
}

void feeds_forget(struct daemon *d)
{
	(void)d;
}

void feeds_note(struct daemon *d, const char *why)
{
	(void)d, (void)why;
}

void login_forget(struct daemon *d)
{
	(void)d;
}

void login_again(struct daemon *d)
{
	(void)d;
}

void confirm_forget(struct daemon *d)
{
	(void)d;
}

void confirm_again(struct daemon *d)
{
	(void)d;
}

void reach_policy(struct daemon *d)
{
	(void)d;
}

void events_policy(struct daemon *d)
{
	(void)d;
}

char *status_text(const struct daemon *d)
{
	(void)d;
	return NULL;
}

int store_read_accepted(int dir, struct accepted *ret, struct fault *fault)
{
	(void)dir, (void)fault;
	*ret = host.accepted;
	return 0;
}

int store_read(int dir, struct policy **policy, struct accepted *ret, struct fault *fault)
{
	char text[400];

	(void)dir;
	snprintf(text, sizeof(text), "{\"mode\": \"audit\", \"requirements\": [%s]}", accepted);
	*ret = (struct accepted){ .version = host.accepted.version + 1 };
	return policy_parse(text, strlen(text), policy, fault);
}
