# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How a test in the lab begins: it sources this, and whichever of office.sh, scanned.sh,
# antivirus-host.sh and firewall-host.sh it needs, then calls lab_enter "$0" "$@".
. "${src:?}/tests/tap.sh"
. "$src/tests/lab/lab.sh"
. "$src/tests/lab/parts.sh"

# Most have one host, by the name of `host`.
at() { lab_exec host "$@" >"$LAB_DIR/said" 2>&1; } # COMMAND...
tell() { sed 's/^/# /' "$LAB_DIR/said"; }          # what the last one said
probe() { at setpriv --reuid=lazaret --regid=lazaret --clear-groups /usr/lib/lazaret/probe "$@"; }
look() { at /usr/lib/lazaret/probe look "$1"; } # CHECK
