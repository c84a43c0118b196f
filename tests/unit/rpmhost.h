/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host with rpm: what is installed is a text, and its repositories are files below a root. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "agent/posture/evr.h"
#include "agent/posture/inventory.h"
#include "agent/posture/repocache.h"
#include "tests/unit/root.h"

#define RPMHOST_CACHE DNF_CACHE "/updates-0123456789abcdef/"
#define RPMHOST_REPO  "[updates]\nname=x\n"

/* repomd.xml, without modules and with them. */
#define RPMHOST_DATA(type, href) \
	"<data type=\"" type "\"><location href=\"repodata/" href "\"/></data>"
#define RPMHOST_REPOMD                                                          \
	"<repomd><revision>1</revision>" RPMHOST_DATA("primary", "primary.xml") \
		RPMHOST_DATA("updateinfo", "updateinfo.xml") "</repomd>"
#define RPMHOST_INDEX                                        \
	"<repomd>" RPMHOST_DATA("primary", "primary.xml")    \
		RPMHOST_DATA("updateinfo", "updateinfo.xml") \
			RPMHOST_DATA("modules", "modules.yaml") "</repomd>"
#define RPMHOST_PACKAGE(name, epoch, version, release, arch)                                      \
	"<package type=\"rpm\"><name>" name "</name><arch>" arch "</arch><version epoch=\"" epoch \
	"\" ver=\"" version "\" rel=\"" release "\"/><format><rpm:sourcerpm>" name "-" version    \
	"-" release ".src.rpm</rpm:sourcerpm></format></package>"
#define RPMHOST_ADVISED(name, epoch, version, release, arch)                \
	"<package name=\"" name "\" epoch=\"" epoch "\" version=\"" version \
	"\" release=\"" release "\" arch=\"" arch "\"/>"
#define RPMHOST_UPDATE(attributes, id, rest, packages)                                 \
	"<update " attributes "><id>" id "</id>" rest "<pkglist><collection>" packages \
	"</collection></pkglist></update>"

/* Of names like "bash-5.1-6.el9.x86_64", a blank between. */
static inline struct inventory *rpmhost_inventory(const char *packages)
{
	struct inventory *inv = NULL;

	if (inventory_new(MANAGER_RPM, 0, &inv) < 0)
		return NULL;
	while (*packages) {
		struct word w = { packages, strcspn(packages, " ") };
		struct nevra n;
		struct package p = { 0 };

		packages += w.len;
		packages += strspn(packages, " ");
		if (!nevra_split(w, &n))
			return inventory_free(inv);
		p.name = n.name;
		p.version = n.evr;
		p.arch = n.arch;
		if (inventory_add(inv, &p) < 0)
			return inventory_free(inv);
	}
	return inv;
}

static inline int rpmhost_put(const struct root *r, const char *name, const char *text)
{
	return root_put(r, name, text, strlen(text));
}
