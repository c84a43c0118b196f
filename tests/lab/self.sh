#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The lab itself: what its tests rely on is so.
set -u
. "${src:?}/tests/lab/begin.sh"
lab_enter "$0" "$@"

in_tree() { lab_run self-a cat /proc/self/cgroup | grep -q '^0::/system.slice/'; }
has_table() { lab_exec self-b nft list tables | grep -q 'inet old'; }
cgroups() { find /sys/fs/cgroup -maxdepth 2 -name 'lazaret-self-*' | grep -q .; }

root=$(lab_rootfs) || quit 'a root for containers'
echo layered >"$(lab_layer self-a)/layered"
lab_boot self-a "$root" --link self 10.99.0.1/24 &
lab_boot self-b "$root" --link self 10.99.0.2/24 &
wait
check 'two containers reach each other' lab_exec self-a ping -c 1 -W 2 10.99.0.2
check 'a command starts at the root of the container' lab_exec self-a test -e /layered
check 'a transient unit is in the tree of the container' in_tree
check 'exit statuses come back' not lab_run self-a false
lab_exec self-b touch /etc/kept
lab_exec self-b nft add table inet old
check 'a ruleset can be laid' has_table
lab_crash self-b
check 'a container that is off can be changed' lab_disk self-b touch /etc/changed
lab_boot self-b "$root"
check 'files outlive a power cut' lab_exec self-b test -e /etc/kept -a -e /etc/changed
check 'a ruleset does not' not has_table
check 'links are plugged in again' lab_exec self-a ping -c 1 -W 2 10.99.0.2
check 'power-off in time' lab_stop self-a
lab_rm self-a
lab_rm self-b
check 'no cgroup is left' not cgroups
echo "1..$n"
