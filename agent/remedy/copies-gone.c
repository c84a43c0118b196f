// SPDX-License-Identifier: GPL-2.0-or-later
/* What of the copies is not there any more. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/remedy/copies.h"
#include "agent/remedy/folder.h"
#include "agent/remedy/ufw-rules.h"

/*
 * Without these a front end does not start, or starts with a firewall that is nobody's, or lets
 * nobody in who came by their rules.
 */
static bool is_needed(const char *path)
{
	static const char *const names[] = {
		"etc/default/ufw",
		"etc/ufw/ufw.conf",
		"etc/ufw/before.rules",
		"etc/ufw/before6.rules",
		"etc/ufw/after.rules",
		"etc/ufw/after6.rules",
		"etc/ufw/user.rules",
		"etc/ufw/user6.rules",
		"etc/nftables.conf",
		"etc/sysconfig/nftables.conf",
		"etc/iptables/rules.v4",
		"etc/iptables/rules.v6",
		/* with all in them: */
		"etc/nftables.d/",
		"etc/nftables/",
		"etc/firewalld/",
	};

	for (size_t i = 0; i < COUNT(names); i++) {
		size_t len = strlen(names[i]);

		if (!strncmp(path, names[i], len) && (!path[len] || names[i][len - 1] == '/'))
			return true;
	}
	return false;
}

/*
 * A regular file with something in it; of one that is copied empty, a regular file.  Of a link a
 * link, wherever it leads, or such a file.
 */
static bool is_there(int root, const struct copy *c)
{
	const char *name;
	_close_ int dir = folder_of(root, c->path, false, &name);
	struct stat st;

	return dir >= 0 && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ((c->link && S_ISLNK(st.st_mode)) ||
		(S_ISREG(st.st_mode) && (st.st_size > 0 || !c->len)));
}

static int read_file(int root, const struct copy *c, char **ret, size_t *len)
{
	const char *name;
	_close_ int dir = folder_of(root, c->path, false, &name);
	_close_ int fd = -1;

	if (dir < 0)
		return dir;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : io_read_fd(fd, COPIES_BYTES, ret, len);
}

static bool leads_there(int root, const struct copy *c)
{
	const char *name;
	_close_ int dir = folder_of(root, c->path, false, &name);
	char to[COPIES_LINK + 1];
	ssize_t n = dir < 0 ? -1 : readlinkat(dir, name, to, sizeof(to));

	return n == (ssize_t)c->len && !memcmp(to, c->data, c->len);
}

bool copy_is_same(const struct copy *c, int root)
{
	_free_ char *text = NULL;
	size_t len;

	if (c->link)
		return leads_there(root, c);
	return is_there(root, c) && read_file(root, c, &text, &len) == 0 && len == c->len &&
	       !memcmp(text, c->data, len);
}

static bool had_rules(const struct copy *c)
{
	return !c->link && ufw_rules_of_user(c->path) && ufw_rules_in(c->data, c->len);
}

static bool lost_rules(const struct copy *c, int root)
{
	_free_ char *text = NULL;
	size_t len;

	return had_rules(c) && read_file(root, c, &text, &len) == 0 && !ufw_rules_in(text, len);
}

bool copies_reset(const struct copies *c, int root)
{
	size_t had = 0, lost = 0;

	for (size_t i = 0; i < c->n; i++) {
		had += had_rules(&c->rows[i]);
		lost += lost_rules(&c->rows[i], root);
	}
	return had && had == lost;
}

bool copy_is_gone(const struct copy *c, int root, bool reset)
{
	return !is_there(root, c) || lost_rules(c, root) ||
	       (reset && ufw_rules_are_reset(c->path) && !copy_is_same(c, root));
}

bool copies_gone(const struct copies *c, enum front of, int root)
{
	const bool reset = copies_reset(c, root);

	for (size_t i = 0; i < c->n; i++) {
		const struct copy *one = &c->rows[i];

		if (copies_place_of(one->path)->of == of && is_needed(one->path) &&
		    copy_is_gone(one, root, reset))
			return true;
	}
	return false;
}
