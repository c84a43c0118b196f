#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The demo's story holds, and neither it nor its clean leaves anything behind.
set -u
. "${src:?}/tests/tap.sh"
export LAB_DIR=${LAB_DIR:-$O-lab}-story

mark=$(. "$src/tests/lab/lab.sh" && lab_mark)
# What a lab could leave on the machine.
traces() {
	grep -F "$LAB_DIR" /proc/self/mounts
	find /sys/fs/cgroup -maxdepth 2 \
		-name "lazaret-*-$mark" 2>/dev/null
	find /run/netns -name 'lazaret-*' 2>/dev/null
	find /tmp -maxdepth 1 -name "lazaret-gpg-$mark.*" 2>/dev/null
	ps -eo args= | grep -F -e "$LAB_DIR" | grep -v grep
}

trap 'rm -rf "$LAB_DIR"' EXIT
# The root that other tests built serves here, too.
mkdir -p "$LAB_DIR"
cp -al "${LAB_DIR%-story}/cache" "$LAB_DIR/" 2>/dev/null
before=$(traces)

"$src/tests/lab/demo" >"$O/log/demo.out" 2>&1
status=$?
[ $status = 0 ] || sed 's/^/# /' "$O/log/demo.out"
ok $status 'the story holds'
[ "$(traces)" = "$before" ]
ok $? 'it leaves no process, mount, network namespace or cgroup'
"$src/tests/lab/demo" clean
[ ! -e "$LAB_DIR" ]
ok $? 'its clean leaves no folder'
echo "1..$n"
