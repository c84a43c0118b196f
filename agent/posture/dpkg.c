// SPDX-License-Identifier: GPL-2.0-or-later
/* dpkg's status file (dpkg(1), INFORMATION ABOUT PACKAGES; deb-control(5) for Source). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/posture/dpkg.h"
#include "agent/posture/inventory.h"

#define STATUS_MAX   (1024ull * 1024 * 1024)
#define STANZA_BYTES 700 /* a small one, so that the table is rarely made larger */

DEFINE_DROP(inventory, inventory_free)
DEFINE_DROP(deb822, deb822_close)
DEFINE_DROP(unpack, unpack_close)

/* "WANT FLAG STATE" */
static bool cut_status(struct word status, struct word parts[3])
{
	for (size_t i = 0; i < 3; i++) {
		const char *end = memchr(status.p, ' ', status.len);
		size_t len = end && i < 2 ? (size_t)(end - status.p) : status.len;

		parts[i] = (struct word){ status.p, len };
		if (!len || (i < 2 && !end))
			return false;
		status.p += len + (i < 2);
		status.len -= len + (i < 2);
	}
	return true;
}

enum presence { ABSENT, WHOLE, HALF }; /* ABSENT is 0 */

static const struct {
	struct word name;
	enum presence presence;
} states[] = {
	{ WORD("installed"), WHOLE },	     { WORD("not-installed"), ABSENT },
	{ WORD("config-files"), ABSENT },    { WORD("unpacked"), HALF },
	{ WORD("half-installed"), HALF },    { WORD("half-configured"), HALF },
	{ WORD("triggers-awaited"), WHOLE }, { WORD("triggers-pending"), WHOLE },
};

static int find_presence(struct word state, struct word flag)
{
	for (size_t i = 0; i < COUNT(states); i++)
		if (word_same(states[i].name, state))
			return word_is(flag, "reinstreq", 9) ? HALF : (int)states[i].presence;
	return -EBADMSG;
}

enum { PACKAGE, STATUS, VERSION, ARCHITECTURE, SOURCE, FIELDS };
static const struct word fields[FIELDS] = {
	[PACKAGE] = WORD("Package"), [STATUS] = WORD("Status"),
	[VERSION] = WORD("Version"), [ARCHITECTURE] = WORD("Architecture"),
	[SOURCE] = WORD("Source"),
};

static int read_presence(const struct word *v, bool *held, struct fault *fault)
{
	static const struct word usual = WORD("install ok installed");
	struct word status[3];
	int presence;

	if (!v[PACKAGE].len || !v[STATUS].p)
		return fault_set(fault, -EBADMSG, "a stanza without Package or whole Status");
	if (word_same(v[STATUS], usual))
		return WHOLE;
	if (!cut_status(v[STATUS], status))
		return fault_set(fault, -EBADMSG, "a stanza without Package or whole Status");
	presence = find_presence(status[2], status[1]);
	*held = word_is(status[0], "hold", 4);
	return presence >= 0 ? presence
			     : fault_set(fault, presence, "%.*s has the unknown state \"%.*s\"",
					 (int)v[PACKAGE].len, v[PACKAGE].p, (int)status[2].len,
					 status[2].p);
}

/* "NAME" or "NAME (VERSION)", the second when it is not the package's own. */
void dpkg_cut_source(struct word field, struct word *name, struct word *version)
{
	const char *open = field.len ? memchr(field.p, '(', field.len) : NULL;
	const char *end = open ? memchr(open, ')', (size_t)(field.p + field.len - open)) : NULL;

	*name = field;
	if (end) {
		*version = (struct word){ open + 1, (size_t)(end - open - 1) };
		name->len = (size_t)(open - field.p);
	}
	while (name->len && name->p[name->len - 1] == ' ')
		name->len--;
}

static int read_stanza(const struct word *v,
		       int (*each)(void *ctx, const struct package *p, bool half), void *ctx,
		       struct fault *fault)
{
	static const struct word none = WORD("");
	struct package p = { 0 };
	int presence, r;

	presence = read_presence(v, &p.held, fault);
	if (presence <= 0)
		return presence;
	if (presence == WHOLE && (!v[VERSION].len || !v[ARCHITECTURE].len))
		return fault_set(fault, -EBADMSG, "%.*s has no Version or no Architecture",
				 (int)v[PACKAGE].len, v[PACKAGE].p);
	p.name = v[PACKAGE];
	p.arch = v[ARCHITECTURE].p ? v[ARCHITECTURE] : none;
	p.version = v[VERSION].p ? v[VERSION] : none;
	dpkg_cut_source(v[SOURCE], &p.source, &p.source_version);
	if (!p.source.len)
		p.source = p.name;
	if (!p.source_version.len)
		p.source_version = p.version;
	r = each(ctx, &p, presence == HALF);
	return r < 0 ? fault_set(fault, r, "%s", strerror(-r)) : 0;
}

int dpkg_walk(int fd, int (*each)(void *ctx, const struct package *p, bool half), void *ctx,
	      struct fault *fault)
{
	_drop_(drop_unpack) struct unpack *in = NULL;
	_drop_(drop_deb822) struct deb822 *d = NULL;
	struct word values[FIELDS];
	int r = unpack_open(fd, "", STATUS_MAX, &in, fault);

	if (r == 0)
		r = deb822_open(in, fields, FIELDS, &d);
	while (r >= 0 && (r = deb822_next(d, values, fault)) > 0)
		r = read_stanza(values, each, ctx, fault);
	if (r < 0)
		return fault_set(fault, r, "%s", strerror(-r));
	if (!unpack_total(in))
		return fault_set(fault, -EBADMSG, "no package is installed");
	/* dpkg closes each stanza with a blank line. */
	return deb822_closed(d) ? 0 : fault_set(fault, -EBADMSG, "ends in the middle of a stanza");
}

static int add(void *ctx, const struct package *p, bool half)
{
	struct inventory *inv = ctx;

	if (half)
		inventory_note_broken(inv, p->name);
	/* Of a first installation that broke off nothing is known but the name. */
	return p->version.len ? inventory_add(inv, p) : 0;
}

/* What a killed or running dpkg has not written back to the status file yet (numbered files). */
static int count_journal(int root, struct inventory *inv, struct fault *fault)
{
	_dir_ DIR *folder = io_open_dir(root, DPKG_UPDATES, 0);
	const struct dirent *e;

	if (!folder)
		return errno == ENOENT
			       ? 0
			       : fault_set(fault, -errno, "%s: %s", DPKG_UPDATES, strerror(errno));
	while ((e = readdir(folder)))
		if (e->d_name[0] >= '0' && e->d_name[0] <= '9')
			inventory_note_broken(inv, (struct word)WORD("its journal"));
	return 0;
}

int dpkg_read_status(int fd, struct inventory **ret, struct fault *fault)
{
	_drop_(drop_inventory) struct inventory *inv = NULL;
	struct word first;
	struct stat st;
	size_t n;
	int r = fstat(fd, &st) < 0 ? -errno : 0;

	if (r == 0)
		r = inventory_new(MANAGER_DPKG, (size_t)st.st_size / STANZA_BYTES, &inv);
	if (r < 0)
		return fault_set(fault, r, "%s", strerror(-r));
	r = dpkg_walk(fd, add, inv, fault);
	if (r < 0)
		return r;
	inventory_list(inv, &n);
	if (!n && !inventory_broken(inv, &first))
		return fault_set(fault, -EBADMSG, "no package is installed");
	*ret = take(inv);
	return 0;
}

int dpkg_read(int root, struct inventory **ret, struct fault *fault)
{
	_close_ int fd = openat(root, DPKG_STATUS, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	_drop_(drop_inventory) struct inventory *inv = NULL;
	int r = fd < 0 ? fault_set(fault, -errno, "%s", strerror(errno))
		       : dpkg_read_status(fd, &inv, fault);

	if (r < 0) {
		fault_prefix(fault, "/%s", DPKG_STATUS);
		return r;
	}
	r = count_journal(root, inv, fault);
	if (r == 0)
		*ret = take(inv);
	return r;
}
