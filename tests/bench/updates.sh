#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Debian 12 and 13 as their last point release left them, with what security and updates have had
# since: apt-get and lazaret name the same packages, before an update, with one held, and after it.
# Prints rows for tests/bench/run; fails where they differ.  The roots are built once, below LAB_DIR.
set -u
: "${src:?}" "${O:?}"
. "$src/tests/lab/lab.sh"
lab_enter "$0" "$@"
# What servers have, and what is mended often.
packages=openssl,curl,git,libxml2,openssh-client,perl,python3,sudo,vim,bind9-host,gnupg,libtiff6,wget,nginx-light
bad=0

# built SUITE: the path of its root.  The first release alone is installed; then the others are added.
built() {
	local dir opts=() line mirror

	dir=$LAB_DIR/cache/updates-$1-$(echo "1 $packages" | sha256sum | cut -c1-12)
	mkdir -p "$LAB_DIR/cache"
	mirror=$(lab_mirror "$1")
	mirror=${mirror:-http://deb.debian.org/debian}
	while read -r line; do
		opts+=("--aptopt=$line")
	done < <(apt-config dump | grep '^Acquire::https\?::Proxy')
	if [ ! -d "$dir" ]; then
		rm -rf "$dir.new"
		timeout 600 mmdebstrap --variant=minbase --include="$packages,ca-certificates" "${opts[@]}" \
			--aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io \
			"$1" "$dir.new" "deb ${mirror%/} $1 main" >"$dir.log" 2>&1 &&
			printf 'deb %s main\n' "${mirror%/} $1" "${mirror%/} $1-updates" \
				"${mirror%/}-security $1-security" >"$dir.new/etc/apt/sources.list" &&
			chroot "$dir.new" apt-get -q update >>"$dir.log" 2>&1 &&
			chroot "$dir.new" apt-get -qy -d dist-upgrade >>"$dir.log" 2>&1 &&
			mv "$dir.new" "$dir" || { tail -n 5 "$dir.log" >&2; return 1; }
	fi
	echo "$dir"
}

in_root() { DEBIAN_FRONTEND=noninteractive LANG=C.UTF-8 chroot "$root" "$@"; }

# Upgrades alone: what a new version needs besides is no update of anything that is here.
apt_says() { # ORIGIN
	in_root apt-get -qs dist-upgrade | sed -n "s/^Inst \([^ :]*\)[^ ]* \[.*$1.*/\1/p" | sort -u
}
lazaret_says() { # STATE [--all]
	local state=$1

	shift
	"$O/agent/lazaret" look patches --root "$root" "$@" --plain |
		awk -v state="$state" '$6 == state { print $1 }' | sort -u
}

agree() { # WHEN WHAT ORIGIN [--all]
	local when=$1 what=$2

	apt_says "$3" >"$dir/apt" && lazaret_says fix-available ${4:+"$4"} >"$dir/lazaret" || bad=1
	if ! cmp -s "$dir/apt" "$dir/lazaret"; then
		bad=1
		diff "$dir/apt" "$dir/lazaret" | sed "s/^/$name, $when, $what: /" >&2
	fi
	printf '%s, %s: %s that apt-get and lazaret name\t%s\t\n' "$name" "$when" "$what" \
		"$(comm -12 "$dir/apt" "$dir/lazaret" | wc -l)"
}
same() { # WHEN
	agree "$1" 'security updates' Debian-Security
	agree "$1" 'updates' '' --all
}

compare() { # SUITE NAME
	local first

	name=$2
	root=$(built "$1") || return 1
	lower=$root root=$dir/$1
	mkdir -p "$root" && mount -t tmpfs updates "$root" && mkdir "$root/up" "$root/work" "$root/all" &&
		mount -t overlay updates -o "lowerdir=$lower,upperdir=$root/up,workdir=$root/work" "$root/all" &&
		root=$root/all && mount -t proc proc "$root/proc" || return 1
	same 'as installed'
	[ -s "$dir/apt" ] || { echo "$name: nothing is pending" >&2; return 1; }
	first=$(head -n 1 "$dir/apt")
	in_root apt-mark -q hold "$first" >/dev/null
	same 'one held'
	[ "$(lazaret_says held --all)" = "$first" ] || { echo "$name: $first is not held" >&2; bad=1; }
	in_root apt-mark -q unhold "$first" >/dev/null
	in_root apt-get -qqy --no-download -o DPkg::Options::=--force-unsafe-io dist-upgrade \
		>"$dir/log" 2>&1 || { tail -n 5 "$dir/log" >&2; return 1; }
	same 'updated'
	[ ! -s "$dir/lazaret" ] || bad=1
}

dir=$(mktemp -d /tmp/lazaret-updates.XXXXXX)
mount -t tmpfs updates "$dir" || exit 1
compare bookworm 'Debian 12' || bad=1
compare trixie 'Debian 13' || bad=1
umount -R "$dir" && rmdir "$dir"
exit $bad
