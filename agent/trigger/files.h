/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wakes on what happens to files (inotify(7)), those of cgroups among them: cgroup.events of a
 * service says at once that its last process ended, or that it was frozen, and needs no bus.
 * A file need not be there: each folder on the way to it is watched for the next name, so that
 * neither its making nor a folder put in the place of another is missed.
 */
#pragma once

#include <stdbool.h>

struct files;
struct sd_event;

/* One burst is over: the bits of all that changed in it, or'ed. */
typedef void (*files_changed)(void *ctx, unsigned what);

/* Paths will be below root, a descriptor that outlives the result.  0 or -errno. */
int files_new(struct sd_event *loop, int root, files_changed changed, void *ctx,
	      struct files **ret);
struct files *files_free(struct files *f); /* always NULL; f may be NULL */

/*
 * From now on changes of that file, or of what is directly in that folder, count as `what`; when
 * deep, in the folders in it, too.  -ENOMEM, -ENOSPC (fs.inotify.max_user_watches), -errno.
 */
int files_watch(struct files *f, const char *path, bool deep, unsigned what);

/* Is there a change that was not told yet? */
bool files_changing(const struct files *f);

/* Nothing is watched any more. */
void files_forget(struct files *f);
