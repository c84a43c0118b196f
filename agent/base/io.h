/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Files by directory descriptor and name.  A size bound is always given: what
 * is larger is refused with -EFBIG, never cut.
 */

/* Reads a whole file and adds a NUL that is not counted.  The caller frees *ret. */
int io_read(int dir, const char *name, size_t max, char **ret, size_t *len);

/* The same from a descriptor, from its beginning where it can seek. */
int io_read_fd(int fd, size_t max, char **ret, size_t *len);

/* To list a folder: NULL and errno, or what closedir() ends.  flags: O_NOFOLLOW or 0. */
DIR *io_open_dir(int dir, const char *name, int flags);

/* "FOLDER/NAME", which the caller frees; NULL: no memory. */
char *io_path(const char *folder, const char *name);

/* Writes all of it, through interrupts and short writes. */
int io_write(int fd, const void *data, size_t len);

/*
 * Replaces a file in one step: written beside it, synced, renamed, directory
 * synced.  After a power cut at any moment there is the old file or the new one.
 */
int io_replace(int dir, const char *name, const void *data, size_t len, mode_t mode);

/* The same, with owner, group and mode of another file, which it has before it gets its name. */
struct stat;
int io_replace_as(int dir, const char *name, const void *data, size_t len, const struct stat *as);

/* Makes sure that a name which was made, moved or removed in its folder stays so. */
int io_sync_folder(int dir, const char *name);

/* CLOCK_REALTIME in seconds, CLOCK_BOOTTIME and CLOCK_MONOTONIC in milliseconds. */
int64_t io_now(void);
uint64_t io_boot_ms(void);
uint64_t io_awake_ms(void); /* not counting sleep */

/* Any number, so that hosts do not do the same at the same time; no secret. */
uint32_t io_dice(void);
