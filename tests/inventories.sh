#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Hosts without dpkg: a root that Debian's rpm filled, and one with Alpine's database.  Against
# feeds that lazaret-policy makes of OSV documents, `lazaret look patches` says what is vulnerable.
# Feeds and databases that are damaged are named.  rpm's library is an option of the build.
set -u
# shellcheck source=rpm-build.sh
. "${src:?}/tests/rpm-build.sh"
policy=$O/policy/lazaret-policy

# advisory ID ECOSYSTEM PACKAGE FIXED: one OSV document.
advisory() {
	printf '{"id":"%s","modified":"2026-11-01T00:00:00Z","published":"2026-11-01T00:00:00Z",
		"affected":[{"package":{"ecosystem":"%s","name":"%s"},"ranges":[{"type":"ECOSYSTEM",
		"events":[{"introduced":"0"},{"fixed":"%s"}]}]}]}' "$@" >"$t/osv/$1.json"
}

# feed DISTRO RELEASE ECOSYSTEM: of the lines "PACKAGE FIXED" on standard input.
feed() {
	local package fixed i=0

	rm -rf "$t/osv" && mkdir "$t/osv"
	while read -r package fixed; do
		i=$((i + 1))
		advisory "CVE-2026-$i" "$3" "$package" "$fixed"
	done
	"$policy" feed --distro "$1" --release "$2" -o "$t/$1.feed" "$t/osv" >"$t/said" 2>"$t/err"
}

os() { # ROOT ID VERSION
	mkdir -p "$1/etc"
	printf 'ID=%s\nVERSION_ID="%s"\n' "$2" "$3" >"$1/etc/os-release"
}

look() { # ROOT FEED
	"$lazaret" look patches --root "$1" ${2:+--feed "$2"} --plain >"$t/said" 2>"$t/err"
}

# says ROOT FEED WHAT: "PACKAGE INSTALLED FIXED" a line, as on standard input.
says() {
	cat >"$t/want"
	look "$1" "$2" && cut -d' ' -f1,3,4 "$t/said" | diff "$t/want" - >"$t/err"
	ok $? "$3"
}

# refuses ROOT FEED WORDS WHAT: it says why, and is not killed.
refuses() {
	look "$1" "$2"
	[ $? = 1 ] && grep -Eq "$3" "$t/err"
	ok $? "$4: $(head -n 1 "$t/err")"
}

# --- rpm --------------------------------------------------------------------------------
rpmroot=$t/rpm
mkdir -p "$rpmroot/var/lib/rpm" "$t/build"
cat >"$t/all.spec" <<'SPEC'
Name: %{name_of}
Epoch: %{epoch_of}
Version: %{version_of}
Release: %{release_of}
Summary: x
License: x
BuildArch: noarch
%description
%files
%package libs
Summary: x
%description libs
%files libs
SPEC

# package NAME EPOCH VERSION RELEASE: it and its NAME-libs, built of one source.
package() {
	rpmbuild -bb --quiet --define "_topdir $t/build" --define "name_of $1" --define "epoch_of $2" \
		--define "version_of $3" --define "release_of $4" --define '__os_install_post %{nil}' \
		"$t/all.spec" >"$t/said" 2>&1
}

package openssl 1 3.0.7 24.el9 && package bash 0 5.1.8 6.el9 && package zlib 0 1.2.11 40.el9 &&
	package early 0 1.0~rc1 1.el9 && package late 0 1.0^git1 1.el9 && package fine 0 9 1.el9 &&
	rpm --root "$rpmroot" --dbpath /var/lib/rpm -i --justdb --nodeps --nosignature --ignorearch \
		"$t"/build/RPMS/noarch/*.rpm >"$t/said" 2>&1
ok $? "rpm fills a root: $(rpm --root "$rpmroot" --dbpath /var/lib/rpm -qa 2>/dev/null | wc -l) packages"

os "$rpmroot" rocky 9.4
feed rocky 9 'Rocky Linux:9' <<'FIXES'
openssl 1:3.0.7-25.el9_3
openssl 1:3.0.7-24.el9
bash 0:5.1.8-6.el9
zlib 0:1.2.11-40.el9_3.1
early 0:1.0-1.el9
late 0:1.0-1.el9
absent 0:1-1
fine 8:1-1.module+el9
FIXES
says "$rpmroot" "$t/rocky.feed" 'Rocky names sources: epochs, tildes and carets count' <<'SAYS'
early 1.0~rc1-1.el9 0:1.0-1.el9
early-libs 1.0~rc1-1.el9 0:1.0-1.el9
openssl 1:3.0.7-24.el9 1:3.0.7-25.el9_3
openssl-libs 1:3.0.7-24.el9 1:3.0.7-25.el9_3
zlib 1.2.11-40.el9 0:1.2.11-40.el9_3.1
zlib-libs 1.2.11-40.el9 0:1.2.11-40.el9_3.1
SAYS

os "$rpmroot" almalinux 9.4
feed almalinux 9 'AlmaLinux:9' <<'FIXES'
openssl-libs 1:3.0.7-25.el9_3
late 0:1.0.1-1.el9
FIXES
says "$rpmroot" "$t/almalinux.feed" 'AlmaLinux names binaries' <<'SAYS'
late 1.0^git1-1.el9 0:1.0.1-1.el9
openssl-libs 1:3.0.7-24.el9 1:3.0.7-25.el9_3
SAYS
# But for sqlite's shared memory, by which readers and writers know of each other.
tree() { find "$rpmroot" ! -name '*-shm' -printf '%p %s %T@\n' | sort; }
tree >"$t/before"
look "$rpmroot" "$t/almalinux.feed"
tree | diff "$t/before" - >"$t/err"
ok $? 'the root is as it was before the look'
refuses "$rpmroot" "$t/rocky.feed" 'for rocky 9, and this host is almalinux 9' "another distribution's feed"
refuses "$rpmroot" '' 'no feed of advisories for rpm' 'no feed'
cp "$rpmroot/var/lib/rpm/rpmdb.sqlite" "$t/whole"
truncate -s 5000 "$rpmroot/var/lib/rpm/rpmdb.sqlite"
refuses "$rpmroot" "$t/almalinux.feed" "rpm's database" 'a database that was cut'
head -c 60000 /dev/urandom >"$rpmroot/var/lib/rpm/rpmdb.sqlite"
refuses "$rpmroot" "$t/almalinux.feed" "rpm's database" 'a database of noise'
lost=0 refused=0 size=$(stat -c %s "$t/whole")
for at in $(seq 4096 4096 $((size - 1))); do
	rm -f "$rpmroot"/var/lib/rpm/rpmdb.sqlite*
	cp "$t/whole" "$rpmroot/var/lib/rpm/rpmdb.sqlite"
	head -c 4096 /dev/urandom |
		dd of="$rpmroot/var/lib/rpm/rpmdb.sqlite" bs=1 seek="$at" conv=notrunc status=none
	if look "$rpmroot" "$t/almalinux.feed"; then
		[ "$(wc -l <"$t/said")" = 2 ] || lost=$((lost + 1))
	else
		refused=$((refused + 1))
	fi
done
ok $((lost || !refused)) "a page of noise hides no package: $refused are refused"

# --- apk --------------------------------------------------------------------------------
apkroot=$t/apk
mkdir -p "$apkroot/lib/apk/db"
while read -r name version origin; do
	printf 'C:Q1x=\nP:%s\nV:%s\nA:x86_64\nS:1\nI:1\nT:x\nU:x\nL:x\no:%s\nF:usr/bin\nR:%s\nZ:Q1y=\n\n' \
		"$name" "$version" "$origin" "$name"
done >"$apkroot/lib/apk/db/installed" <<'PACKAGES'
musl 1.2.4-r2 musl
musl-utils 1.2.4-r2 musl
busybox 1.36.1-r15 busybox
libssl3 3.1.4-r9 openssl
early 1.0_rc2-r0 early
later 1.0_p1-r0 later
PACKAGES
os "$apkroot" alpine 3.19.1
feed alpine 3.19 'Alpine:v3.19' <<'FIXES'
musl 1.2.4-r3
busybox 1.36.1-r15
openssl 3.1.4-r10
early 1.0-r0
later 1.0-r5
FIXES
says "$apkroot" "$t/alpine.feed" "Alpine names origins: revisions and suffixes count" <<'SAYS'
early 1.0_rc2-r0 1.0-r0
libssl3 3.1.4-r9 3.1.4-r10
musl 1.2.4-r2 1.2.4-r3
musl-utils 1.2.4-r2 1.2.4-r3
SAYS
truncate -s -30 "$apkroot/lib/apk/db/installed"
refuses "$apkroot" "$t/alpine.feed" '/lib/apk/db/installed: .*middle of a' 'a database that was cut'

# --- feeds that nobody vouches for ------------------------------------------------------
cp "$t/whole" "$rpmroot/var/lib/rpm/rpmdb.sqlite"
size=$(stat -c %s "$t/almalinux.feed")
head -c $((size - 9)) "$t/almalinux.feed" >"$t/cut.feed"
refuses "$rpmroot" "$t/cut.feed" "$t/cut.feed: .*cut short" 'a feed that was cut'
killed=0 refused=0
for at in $(seq 8 3 $((size - 1))); do
	cp "$t/almalinux.feed" "$t/bent.feed"
	printf '\377' | dd of="$t/bent.feed" bs=1 seek="$at" conv=notrunc status=none
	look "$rpmroot" "$t/bent.feed"
	case $? in
	0) ;;
	1) grep -q "$t/bent.feed: " "$t/err" && refused=$((refused + 1)) ;;
	*) killed=$((killed + 1)) ;;
	esac
done
ok $((killed || refused < 50)) "feeds with a bent byte: $refused are named and refused, $killed kill it"
echo "1..$n"
exit $failed
