# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced: the build with rpm's library, which is an option, beside the other one.
rpm_O=${O:?}-rpm

# Tests that run beside each other build it one after the other.
rpm_make() { # TARGET...: below $rpm_O
	mkdir -p "$rpm_O"
	(
		flock 9
		# Written once: a configuration that is newer has all of it built again.
		if ! grep -qx CONFIG_POSTURE_RPM=y "$rpm_O/.config" 2>/dev/null; then
			make -s -f "${src:?}/Makefile" O="$rpm_O" defconfig || exit
			sed -i 's/^# CONFIG_POSTURE_RPM is not set/CONFIG_POSTURE_RPM=y/' "$rpm_O/.config"
		fi
		make -s -j2 -f "$src/Makefile" O="$rpm_O" "${@/#/$rpm_O/}" 9>&-
	) 9>"$rpm_O/.lock"
}
