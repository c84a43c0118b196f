/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks at the host.  A look changes nothing, starts no process and ends within
 * about a second; what it cannot tell is unknown, and unknown is never a pass.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/document.h"

struct feed;
struct holders;
struct legacy;
struct kept_firewall;
struct nft;
struct patches;
struct running;
struct utsname;

enum grade { GRADE_PASS, GRADE_FAIL, GRADE_UNKNOWN, GRADE_COUNT };
extern const char *const grade_names[GRADE_COUNT];

#define FINDING_ITEMS 32

/*
 * One probe of a look: what it saw, and whether the requirement demands it.  There is room for all
 * of the largest provider (antivirus.c); of more than that the last row tells how many, and is as
 * bad as the worst of them that is demanded.
 */
#define EVIDENCE_MAX 64
struct evidence {
	char probe[40]; /* "signatures", or the unit it is of */
	char what[140];
	enum grade grade;
	bool demanded; /* else it is told and decides nothing */
	long since;    /* the first look that graded it so, in a row; seconds since 1970 */
};

struct finding {
	enum grade grade;
	bool lacking;  /* it fails for nothing but the patches of patches_of() */
	bool moving;   /* unknown, as what is looked at changes right now */
	bool nameless; /* nobody saw yet which process one of the items is of */
	bool unread;   /* there are rules that nobody read for it yet */
	/* Unknown for a moment: until then, seconds since 1970, it counts as the look before; or 0.
	 */
	int64_t meanwhile;
	enum grade counts;
	char what[200]; /* one sentence: what was seen */
	char todo[160]; /* what a person can do about it; empty on a pass */
	char items[FINDING_ITEMS]
		  [120]; /* the first of what it is about: "openssl 3.0.1 -> 3.0.2" */
	size_t n_items;
	size_t n_all; /* how many there are in truth */
	struct evidence evidence[EVIDENCE_MAX];
	size_t n_evidence;
	size_t n_crowded; /* that the last row stands for; 0: for itself */
};

/* What a requirement is judged by. */
static inline enum grade finding_counts(const struct finding *f)
{
	return f->meanwhile ? f->counts : f->grade;
}

/*
 * Adds what a probe saw.  A finding is as bad as its worst demanded evidence, and says what the
 * first of that grade says; it must begin as a pass.  todo may be NULL.
 */
void finding_tell(struct finding *f, const char *probe, enum grade grade, const char *todo,
		  const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* The same for what is not demanded. */
void finding_note(struct finding *f, const char *probe, enum grade grade, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Where a look looks; a test gives it another root and another socket. */
struct host {
	int root;		 /* O_PATH directory, "/" */
	struct nft *nft;	 /* NULL when the kernel has no nf_tables or we may not ask it */
	const char *clamd;	 /* path of clamd's socket */
	long now;		 /* seconds since 1970 */
	const struct feed *feed; /* of this host's distribution; NULL: there is none */
	struct patches *patches; /* what the last looks saw (patches.h); NULL: always look afresh */
	struct remembered *remembered;	/* what looks remember; NULL: nothing */
	struct kept_firewall *firewall; /* which one is kept as good (likeness.h); NULL: none */
	const struct utsname *kernel;	/* the one that runs here; NULL: do not judge it */
	const struct holders *holders;	/* of sockets (holders.h); NULL: not known */
	const struct legacy *legacy;	/* what was said of it (legacy.h); NULL: nothing */
	const struct running *running; /* what processes run (running.h); NULL: do not judge them */
};

/*
 * Looks at what one requirement demands.  *ret holds the finding before, or zeros: from it comes
 * since when each evidence has been as it is, and what counts while it cannot be told.
 */
void posture_look(const struct requirement *req, const struct host *host, struct finding *ret);

/* One row a check; the parameters are the requirement's. */
void look_patches(const struct requirement *req, const struct host *host, struct finding *ret);
void look_antivirus(const struct requirement *req, const struct host *host, struct finding *ret);
void look_firewall(const struct requirement *req, const struct host *host, struct finding *ret);
