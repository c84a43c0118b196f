# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by tests of hosts with rpm: a folder $t, and $lazaret, built with rpm's library, which is an
# option of the build.
. "${src:?}/tests/tap.sh"
. "$src/tests/rpm-make.sh"
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT

evidence() { cat "$t/said" "$t/err" 2>/dev/null; }

rpm_make agent/lazaret >"$t/said" 2>&1
ok $? 'lazaret is built with rpm'
lazaret=$rpm_O/agent/lazaret
