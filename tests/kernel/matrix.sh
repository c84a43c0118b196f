#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Ownership, tamper watch and kill -9 on the kernels of Debian 12 and 13, in emulation; and what
# docs/threats.md promises of each is what was seen there.  The kernels are kept in $O-lab/kernels.
set -u
: "${src:?}" "${O:?}"
cache=${LAB_DIR:-$O-lab}/kernels
limit=100 # seconds a kernel may take
PATH=$PATH:/usr/sbin:/sbin
n=0

ok() { # STATUS WHAT
	n=$((n + 1))
	[ "$1" = 0 ] && echo "ok $n - $2" || echo "not ok $n - $2"
}
end() { echo "1..$n"; }

[ "$(uname -m)" = x86_64 ] || { echo '1..0 # SKIP the kernels are for x86_64'; exit 0; }
for tool in qemu-system-x86_64 cpio busybox nft ip xz; do
	command -v $tool >/dev/null || { ok 1 "needs $tool (tests/setup check)"; end; exit 1; }
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
	[ ! -e "$cache/$1/vmlinuz" ] || return 0
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
			find kernel/net/netfilter kernel/net/core kernel/lib kernel/crypto kernel/arch \
				kernel/drivers/net/veth.* -name '*.ko*' 2>/dev/null |
			cpio -pdm --quiet "$to" && cp modules.builtin modules.order "$to"
	) || return 1
	find "$to" -name '*.ko.xz' -exec xz -d {} + || return 1
	busybox depmod -b "$work/new" "$version" && mv "$work/get/x/boot/vmlinuz-$version" \
		"$work/new/vmlinuz" && mv "$work/new" "$cache/$1" && rm -rf "$work/get"
}

# add FILE [AS]: a program and its libraries into the root.
add() {
	mkdir -p "$work/root$(dirname "${2:-$1}")" && cp -L "$1" "$work/root${2:-$1}" || return 1
	for lib in $(ldd "$1" | grep -o '/[^ ]*'); do
		[ -e "$work/root$lib" ] || { mkdir -p "$work/root${lib%/*}" && cp -L "$lib" "$work/root$lib"; }
	done
}

fill() {
	mkdir -p "$work/root/bin" "$work/root/proc" "$work/root/sys" "$work/root/dev" "$work/root/tmp" \
		"$work/root/run" "$work/root/lib" &&
		add "$(command -v busybox)" /bin/busybox && ln -s busybox "$work/root/bin/sh" && cp "$src/tests/kernel/init" "$work/root/init" &&
		add "$(command -v nft)" /sbin/nft && add "$(readlink -f "$(command -v ip)")" /sbin/ip || return 1
	rm -f "$work/root/bin/ip"
	for p in tests/unit/test-ownership tests/unit/test-watch tests/netns/test-guard agent/lazaretd agent/lazaret \
		netfilter/lazaret-hold; do
		add "$O/$p" "/t/$p" || return 1
	done
	cp "$src/tests/kernel/late" "$work/root/t/late"
}

# boot LINE: what its console says.
boot() {
	(cd "$cache/$1" && find lib | cpio -o -H newc --quiet) >"$work/modules" &&
		(cd "$work/root" && find . | cpio -o -H newc --quiet) >"$work/programs" || return 1
	cat "$work/programs" "$work/modules" >"$work/initrd"
	timeout $limit qemu-system-x86_64 -accel tcg -m 512 -nographic -no-reboot \
		-kernel "$cache/$1/vmlinuz" -initrd "$work/initrd" \
		-append 'console=ttyS0 quiet panic=-1' </dev/null 2>&1 | tr -d '\r' >"$work/console.$1"
}

# try LINE
try() {
	why=$(get "$1") || { ok 1 "Linux $1: $why"; return; }
	boot "$1"
	console=$work/console.$1
	cp "$console" "$O/log/kernel-$1.log" 2>/dev/null
	grep -qx '@ended late 0' "$console"
	ok $? "Linux $1: without nf_tables it says so, and it holds when they come"
	for t in test-ownership test-watch test-guard; do
		grep -qx "@ended $t 0" "$console"
		ok $? "Linux $1: $t"
	done
	grep -q '^@done' "$console" || tail -n 5 "$console" | sed 's/^/# /'
	grep -E '^# [^:]*: |^not ok' "$console" | sed "s/^/# $1: /"
	level=$(sed -n 's/^# \(owned\|watched\): .*/\1/p' "$console" | head -n 1)
	grep -Eq "^\| $1 \(Debian [0-9]+\) \| $level \|" "$src/docs/threats.md"
	ok $? "Linux $1: docs/threats.md says what it does: ${level:-nothing was seen}"
}

fill
ok $? 'a root for the kernels under test'
try 6.1
try 6.12
end
