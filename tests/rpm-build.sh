# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by tests of hosts with rpm: a folder $t, and $lazaret, built with rpm's library, which is an
# option of the build.
. "${src:?}/tests/tap.sh"
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT

evidence() { cat "$t/said" "$t/err" 2>/dev/null; }

rpm_O=$O-rpm
mkdir -p "$rpm_O"
# Written once: a configuration that is newer has all of it built again.
if ! grep -qx CONFIG_POSTURE_RPM=y "$rpm_O/.config" 2>/dev/null; then
	make -s -f "$src/Makefile" O="$rpm_O" defconfig >"$t/said" 2>&1
	sed -i 's/^# CONFIG_POSTURE_RPM is not set/CONFIG_POSTURE_RPM=y/' "$rpm_O/.config"
fi
make -s -j2 -f "$src/Makefile" O="$rpm_O" "$rpm_O/agent/lazaret" >"$t/said" 2>&1
ok $? 'lazaret is built with rpm'
lazaret=$rpm_O/agent/lazaret
