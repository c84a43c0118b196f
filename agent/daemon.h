/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agent's whole state, of which main.c makes one.  The way of the data is
 * the order of the calls in round_look(): look, judge, enforce, repair.
 */
#pragma once

#include <sys/utsname.h>

#include "agent/clock.h"
#include "agent/config.h"
#include "agent/decide.h"
#include "agent/errand.h"
#include "agent/helper.h"
#include "agent/inquiry.h"
#include "agent/judge.h"
#include "agent/known.h"
#include "agent/legacy.h"
#include "agent/posture/holders.h"
#include "agent/posture/running.h"
#include "agent/warm.h"
#include "netfilter/gateways.h"
#include "netfilter/nft.h"
#include "policy/feed.h"
#include "policy/store.h"

struct sd_event;
struct sd_event_source;

/* One requirement of the policy and how the host stands to it. */
struct subject {
	const struct requirement *req; /* the policy's */
	struct finding finding;
	struct verdict verdict;
	bool seen;	  /* in this round it was told what of its patches is lacking (dated.h) */
	enum remedy last; /* the remedy that ran last, when n_tried is not 0 */
	unsigned n_tried;
	struct inquiry inquiry;
};

#define DOOR_LINKS 16 /* more than these come without a hold of their own */

struct daemon {
	const struct config *config;
	struct helpers helpers;
	struct sd_event *loop;
	struct host host;
	struct nft nft;
	struct memory *memory;
	struct kept *kept; /* the firewall that is good (kept.h) */
	int memory_fault;  /* of the last try to keep it; 0 or -errno */

	struct policy *policy; /* in force; NULL: none was ever accepted */
	struct accepted accepted;
	int64_t floor; /* the time that cannot be any more (policy/floor.h) */
	enum age age;
	char policy_fault[240]; /* why the last refresh brought nothing; empty after a good one */
	int64_t refreshed;	/* when the last refresh ended well */
	struct feed *feed;	/* the policy's, or NULL; the host's, too (feeds.h) */
	uint64_t feed_file;	/* the inode it is mapped from */
	int64_t feed_accepted;	/* when it was */
	char feed_fault[240];	/* why there is none, or no newer one; empty when all is well */

	struct subject subjects[POLICY_REQUIREMENTS];
	size_t n_subjects;
	struct history *history; /* the memory's */
	uint64_t looked;	 /* at all of them: io_boot_ms() */
	uint64_t dark;		 /* since when no screen is lit: pace_for_long() */
	unsigned due;		 /* checks to look at when the wake timer ends */
	struct decision decision;
	struct clock clock;
	uint64_t counted_at; /* io_awake_ms() of the round before, in seconds */
	bool had_way_out;    /* then */
	bool roamed;	     /* and no refresh has ended since */
	bool laid;	     /* the quarantine is in the kernel */
	bool relay;	     /* its allow-list is another one now */
	char enforce_fault[240];
	char everyone_told[160]; /* of nft.everyone */
	unsigned restored;	 /* how often others' changes to it were undone */
	int64_t restored_told;

	struct allow allow; /* the policy's, its names resolved (reach.h) */
	bool relist;	    /* there was no memory to make it */
	struct known known;
	struct seek *seek; /* under way, or NULL */
	struct sd_event_source *reach;

	struct helpdesk *helpdesk;
	struct mirrors *mirrors;
	struct confirm *confirm;
	struct login *login;
	struct refresh *refresh;
	struct reboot *reboot; /* of the host (reboot.h) */
	bool refresh_again;    /* asked for while one was under way: that one may have missed it */
	struct warm warm;
	struct remedy_run *run;
	enum remedy running;	 /* the remedy of that run */
	struct subject *mending; /* whose remedy it is; NULL: of a policy that is gone */
	bool mend_late;		 /* a way out came back meanwhile */
	uint64_t hurried;	 /* io_boot_ms() of that, the last time; 0: never */
	struct errand clerk;
	struct sd_event_source *clerk_later;
	bool clerk_again;	/* something else was undone meanwhile */
	struct errand health;	/* asked: the first of the rows */
	enum health health_row; /* what it asks */
	struct errand witness;
	struct running processes; /* what it said of processes; the host's, too */
	struct running hearing;	  /* what it is saying */
	uint64_t processes_heard; /* io_boot_ms() */
	struct holders holders;	  /* the same of sockets */
	struct holders hearing_holders;
	struct tables tables; /* of iptables-legacy */
	struct utsname kernel;
	struct control *control;
	struct events *events;
	struct rtnl *rtnl;
	struct gateways gateways;  /* of the networks that the host was judged in */
	bool parted;		   /* from the last of them */
	uint32_t came[DOOR_LINKS]; /* links that are up again since */
	size_t n_came;
	struct sd_event_source *door; /* armed: one came, and no router was heard of yet */
	struct nftables *nftables;
	struct integrity *integrity;
	struct sd_event_source *wake, *poll;
};

/*
 * From a zeroed struct with config, helpers and loop.  0 or -errno, which it has told;
 * daemon_stop() is due after either.
 */
int daemon_start(struct daemon *d);
void daemon_stop(struct daemon *d);
