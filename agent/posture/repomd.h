/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The metadata of one repository of rpm packages, as createrepo makes it and dnf and zypper keep
 * it: repodata/repomd.xml names the other files (createrepo_c(8)).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/err.h"
#include "agent/posture/unpack.h"

#define REPOMD_PATH	"repodata/repomd.xml"
#define REPOMD_MAX	(1024 * 1024)
#define REPOMD_FILE_MAX (1024ull * 1024 * 1024) /* of one file, unpacked */
#define REPOMD_HREF_MAX 256

enum repomd_kind { REPOMD_PRIMARY, REPOMD_UPDATEINFO, REPOMD_MODULES, REPOMD_KINDS };

struct repomd_file {
	char href[REPOMD_HREF_MAX]; /* below the repository's folder; "": it has none */
	uint64_t size, open_size;   /* as it lies there, and unpacked; 0: not said */
	int64_t made;		    /* seconds since 1970; 0: not said */
	bool zchunk;		    /* what of it is there is packed by zchunk */
};

struct repomd {
	struct repomd_file files[REPOMD_KINDS];
	int64_t made;	 /* when the newest file was, of all that it names */
	int64_t updated; /* when it was last known to be current */
};

/*
 * Reads the repomd.xml below the folder of a repository.  dnf touches the primary file when the
 * server has nothing newer, and zypper repomd.xml: the later of the two times is `updated`.
 * -ENOENT without one, -EBADMSG for what is malformed or names no primary file, or the errors of
 * reading.
 */
int repomd_read(int folder, struct repomd *ret, struct fault *fault);

/*
 * Opens one of its files, unpacked; *fd is the caller's to close, behind the stream.  -ENOENT: it
 * is not there, -EBADMSG: it has another size than it should, -EOPNOTSUPP: it is packed in a form
 * that this build cannot read.
 */
int repomd_open(int folder, const struct repomd_file *f, int *fd, struct unpack **ret,
		struct fault *fault);

/* Once it was read to its end: has it the size that was said?  -EBADMSG. */
int repomd_check(const struct repomd_file *f, const struct unpack *in, struct fault *fault);
