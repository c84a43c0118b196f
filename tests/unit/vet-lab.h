/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real lazaret-policy and lazaret-vet, which lie where they are built, with the test as
 * lazaret-fetch between them.  A folder holds repo/ (lazaret-policy's), web/ (what is
 * published) and store/ (lazaret-vet's).
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "agent/base/wire.h"
#include "policy/distro.h"

#define LAB_POLICY(every)                                                                     \
	"{\"mode\":\"audit\",\"look_every\":\"" every "\",\n\"requirements\":[{\"id\":\"f\"," \
	"\"check\":\"firewall\",\"grace\":\"0s\"}]}"

#define LAB_FEED_POLICY(every)                                                              \
	"{\"mode\":\"audit\",\"look_every\":\"" every "\",\"requirements\":[{\"id\":\"p\"," \
	"\"check\":\"patches\",\"grace\":\"0s\",\"feed\":\"a/{id}-{version}.feed\"}]}"

struct lab {
	char path[64];
	int dir;
	int status;   /* what each request is answered with; 0: as it is */
	int err;      /* the same, as if the network had failed */
	int kill_at;  /* vet is killed at this request, from 1; 0: never */
	bool lie;     /* about the body's length */
	bool no_tags; /* as of a server without ETag */
	bool same;    /* the server says that nothing changed, whatever it is asked */
	bool traced;  /* by whoever calls lab_vet() */
	int advisory; /* the number of the one in feeds */
	int requests;
};

/* cmocka's set-up and tear-down: one policy is published, nothing is in the store. */
int lab_open(void **state);
int lab_close(void **state);

int lab_run(struct lab *l, const char *args);	   /* lazaret-policy there; its status */
int lab_shell(struct lab *l, const char *command); /* not 0 when it fails; words in "out" */
void lab_says(struct lab *l, const char *words);   /* the last one of these two did */
void lab_put(struct lab *l, const char *name, const char *text);
void lab_copy(struct lab *l, const char *from, const char *to);
void lab_publish(struct lab *l, const char *policy, const char *options);

/* Makes a feed of one advisory, for this release or another, and signs it as
 * this one's. */
void lab_feed(struct lab *l, const struct distro *d, const char *release);

/* Starts lazaret-vet with that socket as its input. */
pid_t lab_vet(struct lab *l, int input);

/* Answers until vet ends the session. */
void lab_serve(struct lab *l, int session, pid_t vet);

/* One whole question.  false when vet was killed on the way. */
bool lab_refresh(struct lab *l, struct vet_said *said);
