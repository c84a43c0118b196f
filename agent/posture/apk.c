// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Alpine's database of installed packages
 * (https://wiki.alpinelinux.org/wiki/Apk_spec, "Installed Database V2").
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/posture/inventory.h"

#define INSTALLED_MAX (1024ull * 1024 * 1024)
#define STANZA_BYTES  2000 /* with its lines for files */

DEFINE_DROP(inventory, inventory_free)
DEFINE_DROP(deb822, deb822_close)
DEFINE_DROP(unpack, unpack_close)

enum { NAME, VERSION, ARCH, ORIGIN, BROKEN, FIELDS };
static const struct word fields[FIELDS] = {
	[NAME] = WORD("P"),   [VERSION] = WORD("V"), [ARCH] = WORD("A"),
	[ORIGIN] = WORD("o"), [BROKEN] = WORD("f"),
};

/* A package and its origin have the same version. */
static int add_stanza(struct inventory *inv, const struct word *v, struct fault *fault)
{
	const struct package p = {
		.name = v[NAME],
		.arch = v[ARCH].p ? v[ARCH] : (struct word)WORD("noarch"),
		.version = v[VERSION],
		.source = v[ORIGIN],
	};
	int r;

	if (!v[NAME].len || !v[VERSION].len)
		return fault_set(fault, -EBADMSG, "a package without name (P:) or version (V:)");
	r = inventory_add(inv, &p);
	if (r < 0)
		return fault_set(fault, r, "%s", strerror(-r));
	/* "f" and "s": its files, or its scripts, were not put in place wholly. */
	if (v[BROKEN].len)
		inventory_note_broken(inv, p.name);
	return 0;
}

static int read_installed(int fd, struct inventory **ret, struct fault *fault)
{
	_drop_(drop_inventory) struct inventory *inv = NULL;
	_drop_(drop_unpack) struct unpack *in = NULL;
	_drop_(drop_deb822) struct deb822 *d = NULL;
	struct word values[FIELDS];
	struct stat st;
	size_t n;
	int r = fstat(fd, &st) < 0 ? -errno : 0;

	if (r == 0)
		r = inventory_new(MANAGER_APK, (size_t)st.st_size / STANZA_BYTES, &inv);
	if (r == 0)
		r = unpack_open(fd, "", INSTALLED_MAX, &in, fault);
	if (r == 0)
		r = deb822_open(in, fields, FIELDS, &d);
	while (r >= 0 && (r = deb822_next(d, values, fault)) > 0)
		r = add_stanza(inv, values, fault);
	if (r < 0)
		return fault_set(fault, r, "%s", strerror(-r));
	inventory_list(inv, &n);
	if (!n)
		return fault_set(fault, -EBADMSG, "no package is installed");
	if (!deb822_closed(d))
		return fault_set(fault, -EBADMSG, "ends in the middle of a package");
	*ret = take(inv);
	return 0;
}

int apk_read(int root, struct inventory **ret, struct fault *fault)
{
	_close_ int fd = openat(root, APK_INSTALLED, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int r = fd < 0 ? fault_set(fault, -errno, "%s", strerror(errno))
		       : read_installed(fd, ret, fault);

	if (r < 0)
		fault_prefix(fault, "/%s", APK_INSTALLED);
	return r;
}
