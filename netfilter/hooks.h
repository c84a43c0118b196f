/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The quarantine's places at the links: a base chain each way and link, of its own, so that
 * links may come and go without a touch on the others.  "egress.eth0" drops what chain "egress"
 * (rules.h) does not accept; a port of a bond has "egress-bonded.bond0p1" instead.  What it does
 * accept is counted in "sent.eth0".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "netfilter/links.h"

struct batch;
struct chain_seen;

#define HOOKS_NAME     (sizeof("ingress-bonded.") + IFNAMSIZ)
#define HOOKS_EGRESS   (INT32_MAX - 1) /* priority of what drops; the counting is behind it */
#define HOOKS_COUNTING "sent"

/* Adds the chains of all links with their rule; those that are there already are kept. */
void hooks_add(struct batch *b, const char *table, const struct links *links);

/* Compares what a dump tells with what is to be; free with hooks_free(). */
struct hooks {
	const struct links *links;
	unsigned char *there;	   /* bits for each link: the chains that are */
	unsigned char *sound;	   /* and those of them that are as we made them */
	char (*stale)[HOOKS_NAME]; /* of links that are gone, or bonded no more */
	size_t n_stale, room;
};

/* -ENOMEM, after which hooks_free() is due, too.  `links` must outlive it. */
int hooks_begin(struct hooks *h, const struct links *links);
int hooks_take(struct hooks *h, const struct chain_seen *c); /* -ENOMEM */
void hooks_free(struct hooks *h);

bool hooks_complete(const struct hooks *h); /* each link has its chains, and stale ones are none */
bool hooks_sound(const struct hooks *h);    /* each link has them as we made them */

/* Adds what is missing and deletes what is stale. */
void hooks_mend(struct batch *b, const char *table, const struct hooks *h);
