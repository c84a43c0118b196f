/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of our tables.  Manuals and systemd/deb/postrm know them, too, so they are no option.
 */
#pragma once

#define TABLE	       "lazaret"	 /* the quarantine: of families inet and netdev */
#define BASELINE_TABLE TABLE "_baseline" /* of family inet: baseline.h */
#define PROBE_TABLE    TABLE "-probe"	 /* of family inet: made and gone in one transaction */
