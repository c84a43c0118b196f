/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies of what the firewall's front ends are set up by, in one file that is replaced as a whole:
 *
 *	CHECKSUM FILES
 *	MODE BYTES PATH		or	link BYTES PATH
 *	(so many bytes, and a newline)
 *	...
 *
 * The checksum is the SHA-256 of all after it.  Taken are regular files at fixed places, and where
 * symbolic links in their folders lead, each folder on the way being one itself: a link leads to
 * nothing that is copied or overwritten.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "agent/base/cleanup.h"
#include "agent/base/err.h"
#include "agent/remedy/step.h"

#define COPIES_FOLDER "/var/lib/lazaret/keep" /* root's alone */
#define COPIES_FILE   "firewall"

#define COPIES_FILES   256
#define COPIES_BYTES   (4 * 1024 * 1024) /* of all files */
#define COPIES_PATH    256
#define COPIES_LINK    1024 /* where one leads */
#define COPIES_IS_LINK "link"
#define COPIES_MAX     (COPIES_BYTES + COPIES_FILES * (COPIES_PATH + 32) + 128)

enum front { FRONT_UFW, FRONT_FIREWALLD, FRONT_NFTABLES, FRONT_IPTABLES, FRONT_COUNT };

/* Where a front end has what it is set up by. */
struct copies_place {
	enum front of;
	const char *path; /* below the root */
	bool folder;	  /* all in it */
};
extern const struct copies_place copies_places[];
extern const size_t copies_places_n;

/* The place that a path is at or in, or NULL. */
const struct copies_place *copies_place_of(const char *path);

struct copy {
	char path[COPIES_PATH]; /* "etc/ufw/ufw.conf" */
	bool link;		/* symbolic: the data are where it leads */
	mode_t mode;		/* of its bits 0755 */
	const char *data;	/* within the text */
	size_t len;
};

struct copies {
	size_t n;
	struct copy rows[COPIES_FILES];
};

/*
 * What is set up below a root, as a text; the caller frees it.  Whole, or not at all: -EFBIG when
 * there is too much of it, or another -errno.  What is neither file nor link is left out and
 * reported; nothing at all is fine, too.
 */
int copies_make(int root, struct report *report, char **ret, size_t *len, struct fault *fault);

/* Reads such a text, which must outlive *ret; the caller frees that.  -EBADMSG or -ENOMEM. */
int copies_parse(const char *text, size_t len, struct copies **ret);
void copies_free(struct copies *c);
DEFINE_DROP(copies, copies_free)

/*
 * Has a front end lost something that it does not do without, or whoever comes by its rules does
 * not?  Missing or empty files and links; and of ufw's rules (ufw-rules.h) a file that has none any
 * more.
 */
bool copies_gone(const struct copies *c, enum front of, int root);
/* Had ufw rules, and not a single one is left of them?  Then all that goes with them is gone. */
bool copies_reset(const struct copies *c, int root);

/* Of one file or link: is it gone so, after such a reset or without one?  Is it as it was? */
bool copy_is_gone(const struct copy *c, int root, bool reset);
bool copy_is_same(const struct copy *c, int root);

/*
 * Puts a front end's files and links back: those that are gone, or, with `all`, each
 * that is not as it was.  What is in their place is set aside (folder.h), and with `all` whatever
 * else is in its folders, too, but for folders with nothing in them.  Each is told.  How many
 * changed, or -errno with the fault, and then some may have.
 */
int copies_put_back(const struct copies *c, enum front of, int root, bool all,
		    struct report *report, struct fault *fault);
