/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The publisher's folder.  It is the whole state: who copies it can go on elsewhere.
 *
 *   keys/NAME.pem, NAME.pub    private keys (mode 0600) and public ones
 *   draft/ROLE.json            what waits for signatures of its quorum
 *   metadata/N.ROLE.json       what has them; metadata/timestamp.json
 *   targets/HASH.NAME          (consistent snapshots, TUF 1.0.34 section 6.2)
 */
#pragma once

#include "policy/publisher/draft.h"
#include "policy/publisher/hand.h"
#include "policy/publisher/options.h"

struct workshop {
	int dir;
	json_t *root; /* the `signed` member of the newest root; NULL while that waits */
	json_t *root_file;
	struct hand *hand;
};

enum workshop_for {
	WORKSHOP_READ,	/* never asks for a passphrase */
	WORKSHOP_COPY,	/* the same, and waits until it is alone in the folder */
	WORKSHOP_WRITE, /* waits, and may ask */
};

/* Opens the folder, its newest root and the keys at hand.  Release with workshop_close(). */
int workshop_open(const char *path, const struct options *o, enum workshop_for what,
		  struct workshop *ret, struct fault *fault);
void workshop_close(struct workshop *w);

/* Takes the newest root of metadata/ for the one in force. */
int workshop_reload(struct workshop *w, struct fault *fault);

/* A role's newest version in metadata/; 0 without any. */
int workshop_version(int dir, const char *role, int64_t *ret, struct fault *fault);

/* Its newest file, parsed and, unless text is NULL, as it is.  -ENOENT without a fault. */
int workshop_newest(const struct workshop *w, const char *role, json_t **file, char **text,
		    size_t *len, struct fault *fault);

/* draft/ROLE.json: -ENOENT without a fault. */
int workshop_draft(const struct workshop *w, const char *role, json_t **file, struct fault *fault);
int workshop_put_draft(const struct workshop *w, const char *role, json_t *file,
		       struct fault *fault);
void workshop_drop_draft(const struct workshop *w, const char *role);

/*
 * What the next version of a role starts from: the draft there is, or else a copy of the
 * newest, or an empty body.  It has the next version number, the expiry, and no signature.
 */
int workshop_edit(const struct workshop *w, const char *role, int64_t expires, json_t **file,
		  struct fault *fault);

/* The roles that have a draft, each once, as an array of names. */
int workshop_drafts(const struct workshop *w, json_t **ret, struct fault *fault);

/* A metadata file as it goes to disk.  The caller frees *ret. */
int workshop_dump(json_t *file, char **ret, size_t *len);

/* Makes the folders above a path below the workshop or any other folder. */
int workshop_make_folders(int dir, const char *path, struct fault *fault);
