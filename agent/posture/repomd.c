// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/posture/repomd.h"
#include "agent/posture/xml.h"

DEFINE_DROP(unpack, unpack_close)

static const char zchunk[] = "_zck"; /* behind the name of a kind: the same file in that form */

static const char *const kinds[REPOMD_KINDS] = {
	[REPOMD_PRIMARY] = "primary",
	[REPOMD_UPDATEINFO] = "updateinfo",
	[REPOMD_MODULES] = "modules",
};

struct reading {
	struct repomd md;
	struct repomd_file packed[REPOMD_KINDS]; /* by zchunk */
	struct repomd_file *file;		 /* that a <data> is about; NULL: any other */
	bool is_repomd;
	struct fault *fault;
};

static struct repomd_file *find_file(struct reading *r, const char *type)
{
	for (int i = 0; i < REPOMD_KINDS; i++) {
		size_t n = strlen(kinds[i]);

		if (strncmp(type, kinds[i], n))
			continue;
		if (!type[n])
			return &r->md.files[i];
		if (!strcmp(type + n, zchunk))
			return &r->packed[i];
	}
	return NULL;
}

/* A path that stays below the folder. */
static bool is_below(const char *href)
{
	size_t n = strlen(href);

	return n && n < REPOMD_HREF_MAX && *href != '/' && strcmp(href, "..") &&
	       strncmp(href, "../", 3) && !strstr(href, "/../") &&
	       (n < 3 || strcmp(href + n - 3, "/.."));
}

static int on_begin(void *ctx, const char *name, const char *const *attributes)
{
	struct reading *r = ctx;
	const char *href;

	if (!strcmp(name, "repomd"))
		r->is_repomd = true;
	if (!strcmp(name, "data"))
		r->file = find_file(r, xml_attribute(attributes, "type"));
	if (strcmp(name, "location") || !r->file)
		return 0;
	href = xml_attribute(attributes, "href");
	if (!is_below(href))
		return fault_set(r->fault, -EBADMSG, "names a file elsewhere: %.100s", href);
	strcpy(r->file->href, href);
	return 0;
}

/* Some are written with a fraction: "1700000000.25". */
static uint64_t number(struct word w)
{
	uint64_t n = 0;

	for (size_t i = 0; i < w.len && i < 18 && w.p[i] >= '0' && w.p[i] <= '9'; i++)
		n = 10 * n + (uint64_t)(w.p[i] - '0');
	return n;
}

static int on_end(void *ctx, const char *name, struct word text)
{
	struct reading *r = ctx;
	struct repomd_file other, *f = r->file ? r->file : &other;

	if (!text.p)
		return 0;
	if (!strcmp(name, "data"))
		r->file = NULL;
	else if (!strcmp(name, "size"))
		f->size = number(text);
	else if (!strcmp(name, "open-size"))
		f->open_size = number(text);
	else if (!strcmp(name, "timestamp"))
		f->made = (int64_t)number(text);
	if (!strcmp(name, "timestamp") && f->made > r->md.made)
		r->md.made = f->made;
	return 0;
}

static bool is_there(int folder, const struct repomd_file *f)
{
	return *f->href && faccessat(folder, f->href, F_OK, 0) == 0;
}

/* A repository has a file in several forms; what was fetched is one of them. */
static void choose_forms(struct reading *r, int folder)
{
	for (int i = 0; i < REPOMD_KINDS; i++) {
		struct repomd_file *f = &r->md.files[i];

		if (is_there(folder, f) || !is_there(folder, &r->packed[i]))
			continue;
		*f = r->packed[i];
		f->zchunk = true;
	}
}

static int64_t changed(int folder, const char *name)
{
	struct stat st;

	return *name && fstatat(folder, name, &st, 0) == 0 ? st.st_mtime : 0;
}

static void find_updated(int folder, struct repomd *md)
{
	int64_t primary = changed(folder, md->files[REPOMD_PRIMARY].href);

	md->updated = changed(folder, REPOMD_PATH);
	if (primary > md->updated)
		md->updated = primary;
}

int repomd_read(int folder, struct repomd *ret, struct fault *fault)
{
	static const struct xml_calls calls = { on_begin, on_end };
	_close_ int fd = openat(folder, REPOMD_PATH, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	_drop_(drop_unpack) struct unpack *in = NULL;
	_free_ struct reading *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	if (fd < 0)
		return fault_set(fault, -errno, "%s", strerror(errno));
	r->fault = fault;
	err = unpack_open(fd, "", REPOMD_MAX, &in, fault);
	if (err == 0)
		err = xml_read(in, &calls, r, fault);
	if (err < 0)
		return err;
	if (!r->is_repomd)
		return fault_set(fault, -EBADMSG, "is not the index of a repository");
	choose_forms(r, folder);
	if (!*r->md.files[REPOMD_PRIMARY].href)
		return fault_set(fault, -EBADMSG, "names no list of packages");
	find_updated(folder, &r->md);
	*ret = r->md;
	return 0;
}

int repomd_open(int folder, const struct repomd_file *f, int *ret_fd, struct unpack **ret,
		struct fault *fault)
{
	_close_ int fd = openat(folder, f->href, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	const char *dot = strrchr(f->href, '.');
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fault_set(fault, -errno, "%s", strerror(errno));
	if (f->size && (uint64_t)st.st_size != f->size)
		return fault_set(fault, -EBADMSG, "%llu bytes; repomd.xml says %llu",
				 (unsigned long long)st.st_size, (unsigned long long)f->size);
	if (f->zchunk)
		return fault_set(fault, -EOPNOTSUPP,
				 "is packed by zchunk, which this build cannot read");
	r = unpack_open(fd, dot && unpack_is_packed(dot) ? dot : "", REPOMD_FILE_MAX, ret, fault);
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

int repomd_check(const struct repomd_file *f, const struct unpack *in, struct fault *fault)
{
	uint64_t is = unpack_total(in);

	if (f->open_size && is != f->open_size)
		return fault_set(fault, -EBADMSG, "%llu bytes unpacked; repomd.xml says %llu",
				 (unsigned long long)is, (unsigned long long)f->open_size);
	return 0;
}
