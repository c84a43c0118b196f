#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Are the files of a package that rpm installed as they were packaged?  Packages are made by rpmbuild
# with every hash that rpm has, installed by rpm below a root, changed by hand and by chance: what is
# said of them must be what `rpm -V` says.  rpm's library is an option of the build.
set -u
# shellcheck source=rpm-build.sh
. "${src:?}/tests/rpm-build.sh"
ROUNDS=${ROUNDS:-25}
rpm_make tests/whole >"$t/said" 2>&1
ok $? 'and a program that looks as lazaretd does'

export HOME=$t/home
mkdir "$t/home"
echo '%_dbpath /var/lib/rpm' >"$t/home/.rpmmacros" # Debian's rpm has another one
cat >"$t/guard.spec" <<'SPEC'
Name: guard
Version: %{version_of}
Release: 1
Summary: x
License: x
BuildArch: noarch
AutoReqProv: no
%description
%install
cd %{buildroot}
mkdir -p usr/sbin usr/lib etc var/log var/lib/guard usr/share/guard "usr/lib/a folder"
for f in usr/sbin/guardd usr/lib/libguard.so.1 "usr/lib/a folder/a file" etc/guard.conf \
	var/log/guard.log var/lib/guard/database usr/share/guard/help; do
	echo "$f %{version_of}" >"$f"
done
ln -s libguard.so.1 usr/lib/libguard.so
: >usr/lib/empty
%files
%attr(755, root, root) /usr/sbin/guardd
"/usr/lib/a folder/a file"
/usr/lib/empty
%config(noreplace) /etc/guard.conf
%ghost /var/log/guard.log
%verify(not filedigest size mtime) /var/lib/guard/database
/usr/share/guard/help
%package -n libguard1
Summary: x
%description -n libguard1
%files -n libguard1
/usr/lib/libguard.so.1
/usr/lib/libguard.so
%package -n libguard-devel
Summary: x
%description -n libguard-devel
%files -n libguard-devel
SPEC

# packages VERSION [ALGORITHM]: into $t/VERSION; the number of the hash is OpenPGP's (RFC 9580, 9.5).
packages() {
	rpmbuild -bb --quiet --define "_topdir $t/build" --define "_rpmdir $t/$1" \
		--define "version_of $1" --define "_binary_filedigest_algorithm ${2:-8}" \
		--define '__os_install_post %{nil}' "$t/guard.spec" >"$t/said" 2>&1
}

rpm_there() { rpm --root "$root" --nodeps --nosignature "$@" >"$t/said" 2>&1; }

# installed VERSION: a root with nothing else.
installed() {
	root=$t/root
	rm -rf "$root"
	mkdir -p "$root/var/lib/rpm" "$root/var/log"
	rpm_there -i "$t/$1"/noarch/*.rpm
}

# says PACKAGE: as somebody who has never looked before.
says() { echo "$1" | "$rpm_O/tests/whole" "$root"; }

# is PACKAGE WORDS WHAT
is() {
	local said

	said=$(says "$1" 2>&1)
	[ "$said" = "$2" ]
	ok $? "$3${said:+: $said}"
}

# --- every hash -------------------------------------------------------------------------
for algorithm in 1 2 8 9 10 11; do
	packages "$algorithm" "$algorithm" && installed "$algorithm" &&
		[ "$(says guard)" = 0 ] && echo x >>"$root/usr/sbin/guardd" &&
		[ "$(says guard)" = 'EUCLEAN /usr/sbin/guardd is not as it was packaged' ]
	ok $? "hash $algorithm: $(rpm --root "$root" -q --qf '[%{FILEDIGESTS} ]' guard 2>/dev/null | awk '{print length($1)}') digits"
done

# --- what counts ------------------------------------------------------------------------
packages 12
installed 8
is guard 0 'as rpm installed it'
for f in etc/guard.conf var/log/guard.log var/lib/guard/database usr/share/guard/help; do
	echo other >"$root/$f"
done
is guard 0 'configuration, logs, what its packager lets change, what only documents'
rm "$root/etc/guard.conf" "$root/var/log/guard.log"
is guard 0 'nor need they be there'
printf x >"$root/usr/lib/a folder/a file"
is guard 'EUCLEAN /usr/lib/a folder/a file is not as it was packaged' 'a name with a blank'
rm -r "$root/usr/lib/a folder"
is guard 'EUCLEAN /usr/lib/a folder/a file is gone' 'a folder that is gone'
rm -r "$root/var/lib/rpm"/*
rpm_there -i --excludepath '/usr/lib/a folder' "$t"/8/noarch/guard-8-1.noarch.rpm
is guard 0 'a folder that rpm was told to leave out'
installed 8
is libguard1 0 'a link, and what it leads to'
is nothing ENOENT 'a package that is not installed'
is 'libguard*' 'libguard1' 'packages of a library: not its headers'
installed 8
# lazaretd is not root.
chmod 755 "$t" && install -m 755 "$rpm_O/tests/whole" "$t/whole"
nobody_says() { echo guard | setpriv --reuid 65534 --regid 65534 --clear-groups "$t/whole" "$root"; }
said=$(nobody_says)
[ "$said" = 0 ]
ok $? "whoever is not root sees the same: $said"
chmod 700 "$root/usr/sbin"
said=$(nobody_says)
[ "$said" = EXDEV ]
ok $? "and says when a folder is closed: $said"
chmod 755 "$root/usr/sbin"

# --- one that looks again and again -------------------------------------------------------
begin() { coproc WHOLE { exec "$rpm_O/tests/whole" "$root"; }; }
again() { echo guard >&"${WHOLE[1]}" && read -r -t 10 said <&"${WHOLE[0]}"; }
finish() {
	eval "exec ${WHOLE[1]}>&-"
	wait "$WHOLE_PID" 2>/dev/null
}
begin
again && again && [ "$said" = 0 ] && rpm_there -U "$t"/12/noarch/guard-12-1.noarch.rpm &&
	again && [ "$said" = 0 ] && echo x >>"$root/usr/lib/empty" && again &&
	[ "$said" = 'EUCLEAN /usr/lib/empty is not as it was packaged' ]
ok $? "an update and a change are seen at the next look: $said"
# As long as somebody reads, what was written stays in the log that sqlite keeps beside the database.
python3 - "$root/var/lib/rpm/rpmdb.sqlite" "$t/reads" <<'PYTHON' &
import os, sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("begin")
db.execute("select count(*) from Packages").fetchone()
open(sys.argv[2], "w")
time.sleep(60)
PYTHON
reader=$!
wait_for 10 test -e "$t/reads" && rpm_there -e guard && again && [ "$said" = ENOENT ]
ok $? "a removal, too, while another one reads the database: $said"
kill $reader && wait $reader 2>/dev/null
finish

# --- by chance --------------------------------------------------------------------------
files=(usr/sbin/guardd usr/lib/empty 'usr/lib/a folder/a file' etc/guard.conf
	var/lib/guard/database usr/share/guard/help)
change() { # FILE
	case $((RANDOM % 4)) in
	0) rm -f "$root/$1" ;;
	1) echo x >>"$root/$1" ;;
	2) touch "$root/$1" ;;
	3) cp "$root/$1" "$t/same" && rm "$root/$1" && cp "$t/same" "$root/$1" ;;
	esac
}
# The files that rpm -V misses or whose content it minds ("5"), and which count: the database need
# not be there, for what it is made of is nobody's.
minded() {
	rpm --root "$root" -V --nodeps guard 2>/dev/null |
		sed -nE 's/^(..5......|missing) +//p' | grep -vE '^[cg] |^/usr/share/|^/var/lib/guard/' | sort
}
differ=0 bad=0
for _ in $(seq "$ROUNDS"); do
	installed 8
	for f in "${files[@]}"; do [ $((RANDOM % 2)) = 0 ] || change "$f"; done
	minded >"$t/minded"
	said=$(says guard)
	file=${said#EUCLEAN } file=${file% is *}
	if [ -s "$t/minded" ]; then
		bad=$((bad + 1))
		[ "${said%% *}" = EUCLEAN ] && grep -qxF "$file" "$t/minded"
	else
		[ "$said" = 0 ]
	fi || { differ=$((differ + 1)) && { echo "$said" && cat "$t/minded"; } >>"$t/err"; }
done
ok $((differ || !bad || bad == ROUNDS)) \
	"$ROUNDS roots that were changed by chance, $bad of them in what counts: as rpm -V says"

# --- a database that is damaged ---------------------------------------------------------
# One that looks again and again must not lose anything by it, either.
installed 8
database=$root/var/lib/rpm/rpmdb.sqlite
cp "$database" "$t/whole.sqlite"
begin
again
open_files() { find "/proc/$WHOLE_PID/fd" -type l | wc -l; }
before=$(open_files)
truncate -s 5000 "$database"
again
case $said in EIO* | EBADMSG*) ;; *) false ;; esac
ok $? "a database that was cut: $said"
wrong=0 refused=0
for at in $(seq 0 4096 $(($(stat -c %s "$t/whole.sqlite") - 1))); do
	rm -f "$root"/var/lib/rpm/*
	cp "$t/whole.sqlite" "$database"
	head -c 4096 /dev/urandom | dd of="$database" bs=1 seek="$at" conv=notrunc status=none
	again
	case $said in
	0) ;;
	EIO* | EBADMSG*) refused=$((refused + 1)) ;;
	*) wrong=$((wrong + 1)) && echo "page at $at: $said" >>"$t/err" ;;
	esac
done
ok $((wrong || !refused)) "a page of noise makes no verdict: $refused are refused"
[ "$(open_files)" = "$before" ]
ok $? "and leaves nothing open: $before files before, $(open_files) now"
finish
echo "1..$n"
exit $failed
