#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Ownership, tamper watch, kill -9 and all the ways out (tests/leak) on the kernels of Debian 12 and
# 13, in emulation, both at a time; and what docs/threats.md promises of each is what was seen there.
# The kernels are kept in $O-lab/kernels.
set -u
. "${src:?}/tests/tap.sh"
cache=${LAB_DIR:-$O-lab}/kernels
limit=${KERNEL_SECONDS:-850} # that a kernel may take, on a busy machine
lines=${KERNELS:-6.1 6.12}
# Of its modules: what links, filters and tunnels are made of.
modules='kernel/net kernel/lib kernel/crypto kernel/arch kernel/drivers/net'
PATH=$PATH:/usr/sbin:/sbin

[ "$(uname -m)" = x86_64 ] || skip 'the kernels are for x86_64'
for tool in qemu-system-x86_64 cpio busybox nft ip openssl wg xz; do
	command -v $tool >/dev/null || quit "needs $tool (tests/setup check)"
done
mkdir -p "$cache"
work=$(mktemp -d "$cache/run.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# apt with lists and sources of its own: Debian 12's archive has both lines, whatever this
# machine's release is.
apt() { # apt-get|apt-cache ARGS...
	tool=$1
	shift
	"$tool" -q -o Dir::Etc::SourceList="$cache/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State::Lists="$cache/apt/lists" -o Dir::Cache="$cache/apt/cache" \
		-o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}

archive() {
	mkdir -p "$cache/apt/lists/partial" "$cache/apt/cache/archives/partial"
	printf "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/%s main\n" \
		'debian bookworm' 'debian-security bookworm-security' >"$cache/apt/sources.list"
	apt apt-get update >"$work/log" 2>&1
}

# newest LINE: the archive's newest cloud kernel of a line, 6.1 for instance.
newest() {
	apt apt-cache pkgnames "linux-image-$1." | grep -E "^linux-image-$1\.[^-]*(-[0-9]+)?-cloud-amd64$" |
		sort -V | tail -n 1
}

# get LINE: unpacks its kernel and what of its modules is needed to $cache/LINE, once.
get() {
	[ "$(cat "$cache/$1/modules" 2>/dev/null)" != "$modules" ] || return 0
	rm -rf "${cache:?}/$1"
	archive || { echo "cannot read Debian 12's archive: $(tail -n 1 "$work/log")"; return 1; }
	package=$(newest "$1")
	[ -n "$package" ] || { echo "no package source has a cloud kernel $1"; return 1; }
	mkdir "$work/get"
	if ! (cd "$work/get" && apt apt-get download "$package") >"$work/log" 2>&1; then
		echo "cannot download $package: $(grep '^E:' "$work/log" | head -n 1)"
		return 1
	fi
	dpkg-deb -x "$work"/get/*.deb "$work/get/x" || return 1
	version=$(ls "$work/get/x/lib/modules")
	to=$work/new/lib/modules/$version
	mkdir -p "$to" && (
		cd "$work/get/x/lib/modules/$version" &&
			find $modules -name '*.ko*' ! -path '*/net/ethernet/*' ! -path '*/net/wireless/*' 2>/dev/null |
			cpio -pdm --quiet "$to" && cp modules.builtin modules.order "$to"
	) || return 1
	find "$to" -name '*.ko.xz' -exec xz -d {} + || return 1
	busybox depmod -b "$work/new" "$version" && mv "$work/get/x/boot/vmlinuz-$version" \
		"$work/new/vmlinuz" && echo "$modules" >"$work/new/modules" && mv "$work/new" "$cache/$1" &&
		rm -rf "$work/get"
}

# add FILE [AS]: a program and its libraries into the root.
add() {
	mkdir -p "$work/root$(dirname "${2:-$1}")" && cp -L "$1" "$work/root${2:-$1}" || return 1
	for lib in $(ldd "$1" | grep -o '/[^ ]*'); do
		[ -e "$work/root$lib" ] || { mkdir -p "$work/root${lib%/*}" && cp -L "$lib" "$work/root$lib"; }
	done
}

tools='nft ip ss tc unshare nsenter setpriv iptables-nft iptables-legacy ip6tables-nft ip6tables-legacy tail stat wg'

fill() {
	for d in bin proc sys dev tmp run lib t/src/tests t/src/docs; do mkdir -p "$work/root/$d"; done
	add "$(command -v busybox)" /bin/busybox && add "$(command -v dash)" /bin/sh &&
		cp "$src/tests/kernel/init" "$work/root/init" || return 1
	for t in $tools; do
		add "$(readlink -f "$(command -v "$t")")" "/sbin/$t" || return 1
	done
	cp "$work/root/sbin/iptables-nft" "$work/root/sbin/iptables"
	for lib in $(dpkg -L iptables libxtables12 | grep -E '/libxt_standard\.so$'); do add "$lib"; done
	for p in tests/unit/test-ownership tests/unit/test-watch tests/unit/test-counts \
		tests/unit/test-edit tests/netns/test-guard agent/lazaretd agent/lazaret \
		netfilter/lazaret-hold tests/netns/fetch-ask agent/fetch/lazaret-fetch $(cd "$O" && find tests/leak -type f -perm -u+x); do
		add "$O/$p" "/t/$p" || return 1
	done
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=ca \
		-keyout /dev/null -out "$work/root/t/ca.pem" 2>"$work/log" || return 1
	cp "$src/tests/kernel/late" "$src/tests/kernel/shut" "$work/root/t/" && cp -r "$src/tests/leak" "$src/tests/tap.sh" "$work/root/t/src/tests/" &&
		cp "$src/docs/threats.md" "$work/root/t/src/docs/" && (cd "$work/root" && find . | cpio -o -H newc --quiet) >"$work/programs"
}

# boot LINE: what its console says.
boot() {
	(cd "$cache/$1" && find lib | cpio -o -H newc --quiet) >"$work/modules.$1" || return 1
	cat "$work/programs" "$work/modules.$1" >"$work/initrd.$1"
	# What the emulator has translated serves again for a program that lies where it lay before:
	# with addresses of chance, and with the detours that a real processor needs, all of this
	# takes three times as long.
	timeout $limit qemu-system-x86_64 -accel tcg -m 768 -nic none -nographic -no-reboot \
		-kernel "$cache/$1/vmlinuz" -initrd "$work/initrd.$1" \
		-append 'console=ttyS0 quiet panic=-1 norandmaps mitigations=off' \
		</dev/null >"$work/raw.$1" 2>&1
	tr -d '\r' <"$work/raw.$1" >"$work/console.$1"
}

judge() { # LINE
	console=$work/console.$1
	cp "$console" "$O/log/kernel-$1.log" 2>/dev/null
	grep -qx '@ended late 0' "$console"
	ok $? "Linux $1: without nf_tables it says so, and it holds when they come"
	for t in test-ownership test-watch test-counts test-edit test-guard shut leak.sh allowed.sh; do
		grep -qx "@ended $t 0" "$console"
		ok $? "Linux $1: $t"
	done
	grep -q '^@done' "$console" || tail -n 5 "$console" | sed 's/^/# /'
	grep -E '^# [^:]*: |^not ok|^# .* held, |^# not tried' "$console" | sed "s/^/# $1: /"
	level=$(sed -n 's/^# \(owned\|watched\): .*/\1/p' "$console" | head -n 1)
	held=$(sed -n 's/^# \([0-9]*\) held, 0 leaks .*/\1/p' "$console")
	apart=no
	grep -qx '@ended shut 0' "$console" && grep -qx '@ended allowed.sh 0' "$console" &&
		grep -q '^ok [0-9]* - nor an allowed peer for another program' "$console" && apart=yes
	promised=$(sed -n "s/^| $1 (Debian [0-9]*) | $level | \([0-9]*\) or more tried, none leaks | $apart |.*/\1/p" \
		"$src/docs/threats.md")
	[ "${held:-0}" -ge "${promised:-100000}" ]
	ok $? "Linux $1: docs/threats.md says what it does: ${level:-nothing was seen}, $held ways held, told apart: $apart"
}

fill
ok $? 'a root for the kernels under test'
for line in $lines; do
	if why=$(get "$line"); then boot "$line" & else ok 1 "Linux $line: $why"; fi
done
wait
for line in $lines; do [ ! -e "$work/console.$line" ] || judge "$line"; done
echo "1..$n"
