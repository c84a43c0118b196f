// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The look at pending patches over a host whose status file (first byte 's'), InRelease
 * ('r') or package list ('l') is what the fuzzer makes of it; the other two are good and say
 * that an update is pending.
 */
#include <stdint.h>
#include <stdlib.h>

#include "agent/base/count.h"
#include "agent/posture/apt.h"
#include "agent/posture/inventory.h"
#include "agent/posture/posture.h"
#include "tests/fuzz/root.h"

#define STEM APT_LISTS "/fuzz_dists_fuzz-security_"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct {
	char name;
	const char *path, *text;
} files[] = {
	{ 's', DPKG_STATUS,
	  "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n" },
	{ 'r', STEM "InRelease",
	  "Suite: x-security\nCodename: x-security\nDate: Thu, 01 Jan 1970 00:00:00 UTC\n" },
	{ 'l', STEM "main_binary-amd64_Packages",
	  "Package: a\nArchitecture: amd64\nVersion: 2\n\n" },
};

static void put(size_t i, const void *data, size_t len)
{
	if (root_put(&root, files[i].path, data, len) < 0)
		abort();
}

static void put_good(size_t i)
{
	put(i, files[i].text, strlen(files[i].text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct requirement req = { .check = CHECK_PATCHES,
					 .with.patches = { .index_max_age = 60,
							   .fails_on = PATCHES_FAIL_ON } };
	static const char os[] = "VERSION_CODENAME=x\n";
	struct finding f;

	if (root_is_new()) {
		if (root_put(&root, OS_RELEASE, os, strlen(os)) < 0)
			abort();
		for (size_t i = 0; i < COUNT(files); i++)
			put_good(i);
	}
	for (size_t i = 0; i < COUNT(files); i++) {
		if (!len || data[0] != files[i].name)
			continue;
		put(i, data + 1, len - 1);
		look_patches(&req, &(struct host){ .root = root.fd }, &f);
		put_good(i);
		/* Whatever stands in the Release file, it cannot make a pending update vanish. */
		if (files[i].name == 'r' && f.grade == GRADE_PASS)
			abort();
		if (!memchr(f.what, '\0', sizeof(f.what)) || f.n_items > FINDING_ITEMS)
			abort();
	}
	return 0;
}
