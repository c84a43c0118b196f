// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "policy/json.h"
#include "policy/mark.h"
#include "policy/publisher/outlet.h"

#define TIMESTAMP "metadata/timestamp.json"

static bool has_keys(int dir)
{
	return faccessat(dir, "keys", F_OK, 0) == 0;
}

static bool is_inside(const char *path, const char *folder)
{
	_free_ char *in = realpath(path, NULL), *of = realpath(folder, NULL);
	size_t n = of ? strlen(of) : 0;

	return in && of && !strncmp(in, of, n) && (in[n] == '/' || n == 1);
}

int outlet_open(const struct workshop *w, const char *workshop, const char *out, int *ret,
		struct fault *fault)
{
	_close_ int to = -1;

	if (mkdir(out, 0755) < 0 && errno != EEXIST)
		return fault_set(fault, -errno, "%s: %s", out, strerror(errno));
	to = open(out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (to < 0)
		return fault_set(fault, -errno, "%s: %s", out, strerror(errno));
	if (has_keys(to))
		return fault_set(
			fault, -EINVAL,
			"%s holds keys/, which a web server would serve; name another folder", out);
	if (has_keys(w->dir) && is_inside(workshop, out))
		return fault_set(fault, -EINVAL,
				 "%s lies in %s, so a web server would serve its keys/; move it "
				 "elsewhere first",
				 workshop, out);
	*ret = take_fd(&to);
	return 0;
}

int outlet_check(const struct workshop *w, int out, const char *path, struct fault *fault)
{
	_free_ char *text = NULL, *there = NULL;
	size_t len, there_len;
	int r = io_read(w->dir, path, JSON_TEXT_BYTES, &text, &len);

	if (r < 0)
		return fault_set(fault, r, "%s: %s", path, strerror(-r));
	r = io_read(out, path, JSON_TEXT_BYTES, &there, &there_len);
	if (r == -ENOENT || (r == 0 && len == there_len && !memcmp(text, there, len)))
		return 0;
	return fault_set(fault, -ESTALE,
			 "%s is out there with other contents: another copy of this folder has "
			 "signed meanwhile (go on from that one), or it is another repository "
			 "(publish into an empty folder)",
			 path);
}

/* 0 when there is none, or none that can be read. */
static int64_t timestamp_version(int dir, char **text, size_t *len)
{
	_drop_(drop_json) json_t *file = NULL;
	int64_t version = 0;

	if (io_read(dir, TIMESTAMP, JSON_TEXT_BYTES, text, len) < 0 ||
	    json_read(*text, *len, &file, NULL) < 0)
		return 0;
	(void)json_need_number(json_object_get(file, "signed"), "version", 1, MARK_VERSION_MAX,
			       &version, NULL);
	return version;
}

int outlet_check_timestamp(const struct workshop *w, int out, struct fault *fault)
{
	_free_ char *text = NULL, *there = NULL;
	size_t len = 0, there_len = 0;
	int64_t mine = timestamp_version(w->dir, &text, &len);
	int64_t other = timestamp_version(out, &there, &there_len);

	if (mine > other || (mine == other && len == there_len && !memcmp(text, there, len)))
		return 0;
	return fault_set(fault, -ESTALE,
			 TIMESTAMP " is version %" PRId64 " out there and %" PRId64
				   " here, which hosts would refuse: another copy of this folder "
				   "has signed meanwhile (go on from that one), or it is not "
				   "yours (remove it)",
			 other, mine);
}
