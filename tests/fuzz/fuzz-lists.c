// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What else a look at patches reads: apt's preferences (first byte 'p'), an apk database ('a'), and
 * compressed lists (g, x, l, z, b by their form).  Whatever stands there, a look ends, and
 * preferences never make a pending update vanish from what is told.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "agent/base/count.h"
#include "agent/posture/findings.h"
#include "agent/posture/unpack.h"
#include "tests/fuzz/root.h"

#define STEM	   APT_LISTS "/fuzz_dists_x-security_"
#define UNPACK_MAX (1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct {
	const char *path, *text;
} files[] = {
	{ DPKG_STATUS,
	  "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n" },
	{ OS_RELEASE, "VERSION_CODENAME=x\n" },
	{ STEM "InRelease",
	  "Suite: x-security\nCodename: x-security\nDate: Thu, 01 Jan 1970 00:00:00 UTC\n" },
	{ STEM "main_binary-amd64_Packages", "Package: a\nArchitecture: amd64\nVersion: 2\n\n" },
};

static void start(void)
{
	for (size_t i = 0; i < COUNT(files); i++)
		if (root_put(&root, files[i].path, files[i].text, strlen(files[i].text)) < 0)
			abort();
}

static void fuzz_preferences(const uint8_t *data, size_t len)
{
	const struct apt_ask ask = { .root = root.fd, .lists = APT_LISTS, .max_age = 60 };
	struct inventory *inv = NULL;
	struct findings *f = NULL;
	struct apt *apt = NULL;
	size_t n;

	if (root_put(&root, APT_PREFERENCES, data, len) < 0 ||
	    inventory_read(root.fd, &inv, NULL) < 0 || apt_read(&ask, inv, &apt, NULL) < 0 ||
	    findings_make(inv, apt, NULL, &f) < 0)
		abort();
	findings_list(f, &n);
	if (n != 1)
		abort();
	findings_free(f);
	apt_free(apt);
	inventory_free(inv);
}

static void fuzz_apk(const uint8_t *data, size_t len)
{
	struct inventory *inv = NULL;

	if (root_put(&root, APK_INSTALLED, data, len) < 0)
		abort();
	if (apk_read(root.fd, &inv, NULL) == 0)
		inventory_free(inv);
}

static void fuzz_unpack(const char *ending, const uint8_t *data, size_t len)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct unpack *u = NULL;
	char buf[4096];

	if (io_write(fd, data, len) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	if (unpack_open(fd, ending, UNPACK_MAX, &u, NULL) == 0) {
		while (unpack_read(u, buf, sizeof(buf), NULL) > 0)
			if (unpack_total(u) > UNPACK_MAX)
				abort();
		unpack_close(u);
	}
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (root_is_new())
		start();
	if (!len)
		return 0;
	switch (data[0]) {
	case 'p': fuzz_preferences(data + 1, len - 1); break;
	case 'a': fuzz_apk(data + 1, len - 1); break;
	case 'g': fuzz_unpack(".gz", data + 1, len - 1); break;
	case 'x': fuzz_unpack(".xz", data + 1, len - 1); break;
	case 'l': fuzz_unpack(".lz4", data + 1, len - 1); break;
	case 'z': fuzz_unpack(".zst", data + 1, len - 1); break;
	case 'b': fuzz_unpack(".bz2", data + 1, len - 1); break;
	default: break;
	}
	return 0;
}
