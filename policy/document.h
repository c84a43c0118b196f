/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy document: what the owner of a fleet demands of a host.  JSON; its
 * schema for people is docs/policy.md.  Read only after its signatures were
 * verified (or by `lazaret-policy lint`).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/allow.h"
#include "agent/base/err.h"
#include "policy/deadlines.h"
#include "policy/exposed.h"
#include "policy/like.h"
#include "policy/menu.h"
#include "policy/portal.h"
#include "policy/provider.h"
#include "policy/reboot.h"
#include "policy/release.h"
#include "policy/unit-name.h"

#define POLICY_FILE_MAX	     (1024 * 1024)
#define POLICY_REQUIREMENTS  64
#define REQUIREMENT_REMEDIES 8
#define RESTART_UNITS	     32
#define POLICY_ID_MAX	     64
#define POLICY_TEXT_MAX	     400
#define POLICY_FEED_MAX	     128

enum policy_mode {
	MODE_AUDIT, /* tell the verdict, block nothing */
	MODE_ENFORCE,
};

/* What it means that something keeps failing after it was repaired (agent/ladder.h). */
enum tug {
	TUG_TELL,
	TUG_QUARANTINE,
};

struct requirement {
	char id[POLICY_ID_MAX]; /* [a-z0-9-]+, unique in the policy */
	enum check check;
	union {
		struct {
			uint64_t index_max_age; /* seconds; older package lists are no evidence */
			bool all_updates;	/* not only those that are security's */
			unsigned fails_on;	/* bits by enum patch_state: what makes it fail */
			struct deadlines deadlines; /* of each fix that it lacks */
			char feed[POLICY_FEED_MAX]; /* target with {id}, {version}; or empty */
			char restart[RESTART_UNITS][UNIT_NAME_MAX]; /* what services-restart may */
			size_t n_restart;
			struct reboot_rule reboot; /* of the host; one requirement may have it */
		} patches;
		struct {
			uint64_t signatures_max_age;	 /* seconds */
			uint64_t proof_every;		 /* seconds; 0: no test file is ever sent */
			const struct provider *provider; /* built in, or the policy's */
			bool updater, on_access;	 /* these parts of it are demanded, too */
			uint64_t updater_max_age; /* seconds since its last success; 0: any */
		} antivirus;
		struct {
			struct exposed exposed; /* what others may reach */
			bool baseline; /* where no firewall is left, lay rules of our own */
			struct like like; /* which firewall it has to be */
		} firewall;
	} with;
	uint64_t grace; /* seconds from the first failing look until quarantine */
	enum remedy remedies[REQUIREMENT_REMEDIES]; /* tried in this order */
	size_t n_remedies;
	uint64_t remedy_limit; /* seconds each of them may take at most; 0: as long as it needs */
	enum tug tug;
	char contact[POLICY_TEXT_MAX]; /* of this requirement, else the policy's; may be empty */
};

/* What it means that the metadata has expired and nothing newer came. */
struct stale {
	bool quarantine; /* else the policy stays in force as it is */
	uint64_t after;	 /* seconds from the expiry on */
};

struct policy {
	enum policy_mode mode;
	char contact[POLICY_TEXT_MAX];
	uint64_t look_every; /* seconds between looks when nothing wakes the agent; 0: its own pace
			      */
	struct provider *providers; /* its own; one that is built in is not among them */
	size_t n_providers;
	struct requirement *requirements;
	size_t n_requirements;
	struct allow allow;
	struct stale stale;
	struct release_rule release;
	struct exemptions exempt;
	struct portal_rule portal; /* its probe is in allow.out */
};

/*
 * Reads and checks a whole document.  0 and *ret (release with policy_free), or
 * -EINVAL with the fault's line, column and reason, or -ENOMEM.  Unknown members,
 * duplicates, values of another type or out of range and contradictions (a remedy for
 * another check) are refused.
 */
int policy_parse(const char *text, size_t len, struct policy **ret, struct fault *fault);
struct policy *policy_free(struct policy *p); /* always NULL; p may be NULL */

/*
 * The `allow` member on its own, as lazaret-hold reads it.  Same errors.
 * Addresses and prefixes only; the caller releases *ret with allow_free().
 */
int policy_parse_allow(const char *text, size_t len, struct allow *ret, struct fault *fault);
