#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Updates and the antivirus on a host that rpm keeps: this machine's own dnf, in a root that has no
# dpkg any more, with ClamAV's packages made into rpm's.
set -u
. "${src:?}/tests/lab/begin.sh"
. "$src/tests/rpm-make.sh"
lab_enter "$0" "$@"
work=$LAB_DIR/rpms repo=$LAB_DIR/repo
rm -rf "$work" "$repo"
mkdir -p "$work/home" "$repo"

# lab_dnf ROOT LAYER - dnf and rpm of this machine, with all of theirs that the root lacks.
lab_dnf() {
	apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
		--no-enhances --installed dnf rpm | grep -o '^[a-z0-9][^ :]*' | sort -u |
		while read -r p; do
			[ -n "$(find "$1/var/lib/dpkg/info" -name "$p.list" -o -name "$p:*.list")" ] ||
				dpkg-query -L "$p" 2>/dev/null
		done | grep -v -e '^/usr/share/\(doc\|man\|locale\|lintian\)/' -e '/alternatives/' | sort -u |
		while read -r f; do
			[ ! -e "$f" ] || { [ -d "$f" ] && [ ! -L "$f" ]; } || echo "${f#/}"
		done >"$work/files"
	tar -C / --no-recursion -T "$work/files" -cf - --transform 's,^\(lib\|bin\|sbin\)/,usr/\1/,;s,^lib64/,usr/lib64/,' |
		tar -C "$2" -xf -
	mkdir -p "$2/etc/rpm" "$2/etc/yum.repos.d" "$2/etc/dnf/vars" "$2/var/lib/rpm"
	echo '%_dbpath /var/lib/rpm' >"$2/etc/rpm/macros" # Debian's rpm has another one
	echo 9 >"$2/etc/dnf/vars/releasever"
	printf '[main]\nplugins=0\ngpgcheck=0\n' >"$2/etc/dnf/dnf.conf"
	printf '[%s]\nname=%s\nbaseurl=file:///srv/repo\n' lab lab >"$2/etc/yum.repos.d/lab.repo"
}

# lab_rpm NAME VERSION [LINE...] <SCRIPTS - a package with a file and a configuration file.
lab_rpm() {
	local name=$1 version=$2

	shift 2
	{
		printf '%s\n' "Name: $name" "Version: $version" 'Release: 1' 'Summary: x' 'License: x' \
			'BuildArch: noarch' "$@" '%description' '%install' \
			"mkdir -p %{buildroot}/etc %{buildroot}/usr/lib/$name" \
			"echo $version >%{buildroot}/usr/lib/$name/version" \
			"echo $version >%{buildroot}/etc/$name.conf"
		cat
		printf '%s\n' '%files' "/usr/lib/$name" "%config(noreplace) /etc/$name.conf"
	} >"$work/$name.spec"
	lab_rpmbuild "$work/$name.spec"
}

lab_rpmbuild() { # SPEC [DEFINE]...
	HOME=$work/home rpmbuild -bb --quiet --define "_topdir $work/build" --define "_rpmdir $repo" \
		--define '__os_install_post %{nil}' --define '_binary_payload w0.gzdio' \
		--define '_build_id_links none' --define "_dbpath $work/db" "$@" >"$work/said" 2>&1 ||
		{ sed 's/^/# /' "$work/said"; return 1; }
}

# lab_rerpm ROOT PACKAGE [LINE]... - an installed package of Debian's as one of rpm's; what it has below
# /etc is configuration.
lab_rerpm() {
	local root=$1 name=$2 tree=$work/tree-$2 f

	shift 2
	mkdir -p "$tree"
	{ cat "$root/var/lib/dpkg/info/$name".list "$root/var/lib/dpkg/info/$name":*.list 2>/dev/null
		[ "$name" != clamav-daemon ] || echo /etc/clamav/clamd.conf
	} | while read -r f; do
		case $f in /usr/share/doc* | /usr/share/man*) continue ;; esac
		[ -d "$root$f" ] || [ ! -e "$root$f" ] || echo "$f"
	done | sed 's,^/lib/,/usr/lib/,' | sort -u >"$work/$name.list"
	(cd "$root" && sed 's,^/,,' "$work/$name.list" | cpio -pdm --quiet "$tree") 2>"$work/said"
	{
		printf '%s\n' "Name: $name" 'Version: 1' 'Release: 1' 'Summary: x' 'License: x' 'AutoReqProv: no' \
			"$@" '%description' '%install' "cp -a $tree/. %{buildroot}/" \
			'%post' 'systemctl daemon-reload' '%preun' \
			"[ \$1 != 0 ] || systemctl --no-reload disable --now $name.service $name.socket || :" '%files'
		sed 's,^/etc/,%config(noreplace) &,' "$work/$name.list"
	} >"$work/$name.spec"
	lab_rpmbuild "$work/$name.spec"
}

# serve ["NAME VERSION TYPE"...] - the repository on the host, with advisories.
serve() {
	local name version type

	createrepo_c -q --simple-md-filenames --no-database "$repo" >"$work/said" 2>&1 || return
	{
		echo '<updates>'
		while read -r name version type; do
			printf '<update from="x" status="final" type="%s" version="1"><id>LAB-%s-%s</id>' \
				"$type" "$name" "$version"
			printf '<title>t</title><issued date="2026-11-01"/><severity>Critical</severity>'
			printf '<description>d</description><pkglist><collection short="c"><name>c</name>'
			printf '<package name="%s" epoch="0" version="%s" release="1" arch="noarch" src="x">' \
				"$name" "$version"
			printf '<filename>x</filename></package></collection></pkglist></update>\n'
		done < <(printf '%s\n' "$@")
		echo '</updates>'
	} >"$work/updateinfo.xml"
	modifyrepo_c --mdtype=updateinfo "$work/updateinfo.xml" "$repo/repodata" >"$work/said" 2>&1 || return
	lab_exec host rm -rf /srv/repo && tar -C "$LAB_DIR" -cf - repo | lab_exec host tar -C /srv -xf -
}

mend() { # REMEDY
	lab_exec host setpriv --reuid=lazaret --regid=lazaret --clear-groups \
		/usr/lib/lazaret/probe mend "$1" >"$LAB_DIR/mended" 2>&1
}

# mended REMEDY CHECK WHAT: the remedy is done, and a fresh look passes.
mended() {
	local t0 r

	t0=$(lab_now)
	mend "$1"
	r=$?
	t0=$(($(lab_now) - t0))
	[ $r = 0 ] && { probe look "$2"; r=$?; }
	ok $r "$3 ($t0 ms)"
	[ $r = 0 ] || { tell; sed 's/^/# /' "$LAB_DIR/mended"; }
}

# refused REMEDY TEXT WHAT: it fails, and says why.
refused() {
	local r

	mend "$1"
	[ $? = 1 ] && grep -q "^failed: .*$2" "$LAB_DIR/mended"
	r=$?
	ok $r "$3: $(tail -n 1 "$LAB_DIR/mended")"
	[ $r = 0 ] || sed 's/^/# /' "$LAB_DIR/mended"
}

# are NAME-VERSION... - these are installed of the lab's, and no other.
are() {
	[ "$(lab_exec host rpm -qa --qf '%{name}-%{version}\n' 'lab-*' | sort | tr '\n' ' ')" = "$(printf '%s ' "$@")" ]
}

# --- the host ---------------------------------------------------------------------------
rpm_make agent/remedy/lazaret-remedy tests/lab/probe >"$work/said" 2>&1
ok $? 'the remedies are built with rpm'
rootfs=$(lab_rootfs) || quit 'a root for the host'
layer=$(lab_layer host)
lab_agent "$layer"
install "$rpm_O/agent/remedy/lazaret-remedy" "$rpm_O/tests/lab/probe" "$layer/usr/lib/lazaret/"
lab_dnf "$rootfs" "$layer"
library=$(cd "$rootfs/var/lib/dpkg/info" && basename libclamav[0-9]*.list .list)
library=${library%:*}
lab_rerpm "$rootfs" "$library" && lab_rerpm "$rootfs" clamav-base &&
	lab_rerpm "$rootfs" clamav-freshclam 'Requires: clamav-base' &&
	lab_rerpm "$rootfs" clamav-daemon "Requires: clamav-base $library"
r=$?
lab_rpm shell 1 'Provides: /bin/sh' </dev/null || r=1
for name in one two three; do lab_rpm lab-$name 1 </dev/null || r=1; done
hold='[ ! -e /run/hold-NAME ] || { : >/run/held; sleep 60; }'
lab_rpm lab-slow 1 <<-END || r=1
	%post
	${hold//NAME/post}
	echo \$1 >/var/lib/lab-slow-1
	%preun
	${hold//NAME/preun}
END
ok $r 'rpmbuild makes packages, of ClamAV as well'
lab_clam_databases "$layer/var/lib/clamav" "$(date +%s)"
mkdir -p "$layer/var/lib/lazaret/store/generation-1"
sources='"sources": [{ "uri": "file:/srv/none", "suite": "none", "component": "main", "keyring": "lab.gpg" }]'
printf '{ "mode": "audit", "providers": [%s], "requirements": [%s] }\n' "$(lab_provider "$sources")" \
	'{ "id": "av", "check": "antivirus", "provider": "clamav", "grace": "0s", "remedies": ["antivirus-reinstall"] }' \
	>"$layer/var/lib/lazaret/store/generation-1/policy.json"
echo '{ "version": 1, "expires": 4000000000, "accepted": 1 }' \
	>"$layer/var/lib/lazaret/store/generation-1/accepted.json"
ln -s generation-1 "$layer/var/lib/lazaret/store/current"
lab_boot host "$rootfs" || quit 'the host boots'
serve && at systemd-sysusers && at systemd-tmpfiles --create lazaret.conf && at chown -R clamav: /var/lib/clamav &&
	at sh -c 'systemctl start $(cd /usr/lib/systemd/system && ls -d lazaret-remedy-antivirus-r*.socket) \
		lazaret-remedy-patches-install.socket &&
		mv /var/lib/dpkg /var/lib/dpkg.gone && mv /usr/bin/apt-get /usr/bin/apt-gone &&
		dnf -y install shell lab-one lab-two lab-three clamav-daemon clamav-freshclam'
r=$?
ok $r 'a host that rpm keeps'
[ $r = 0 ] || tell
at systemctl restart clamav-daemon
lab_wait 20 probe look antivirus >/dev/null
probe look antivirus
ok $? "$(head -n 1 "$LAB_DIR/said")"

# --- the antivirus ----------------------------------------------------------------------
at sh -c 'dnf -y remove clamav-daemon; echo excludepkgs=clamav-* >>/etc/dnf/dnf.conf; mv /srv/repo /srv/away'
not probe look antivirus
ok $? "removed: $(head -n 1 "$LAB_DIR/said")"
refused antivirus-reinstall "repo 'lab'" 'without a repository'
grep -q "own sources are apt's" "$LAB_DIR/mended"
ok $? "that the policy's own sources are of no use is told"
at mv /srv/away /srv/repo
mended antivirus-reinstall antivirus 'it is installed again, past an exclude of the host'
at sed -i '/^excludepkgs/d' /etc/dnf/dnf.conf

at sh -c 'systemctl stop clamav-daemon; printf x >/usr/sbin/clamd; rm /etc/clamav/clamd.conf; chattr +i /usr/sbin/clamd'
mended antivirus-reinstall antivirus 'a damaged program is put right, and a configuration that is gone'
at rpm -V clamav-daemon
ok $? 'rpm finds all of it as it was packaged'

# --- updates ----------------------------------------------------------------------------
for name in one two three; do lab_rpm lab-$name 2 </dev/null; done
serve 'lab-one 2 security' 'lab-two 2 bugfix'
at dnf -q makecache --refresh
not probe look patches
ok $? "an update is pending: $(head -n 1 "$LAB_DIR/said")"
at sh -c 'echo edited >/etc/lab-one.conf; chattr +i /etc/lab-one.conf /usr/lib/lab-one /usr/lib/lab-one/version'
mended patches-install patches 'it is installed, past locks on its files'
are lab-one-2 lab-three-1 lab-two-1
ok $? 'and no other'
at grep -qx edited /etc/lab-one.conf
ok $? "the administrator's configuration stays"

lab_rpm lab-one 3 </dev/null
lab_rpm lab-two 3 'Requires: nobody-has-this' </dev/null
lab_rpm lab-three 3 </dev/null
serve 'lab-one 3 security' 'lab-two 3 security' 'lab-three 3 security'
refused patches-install 'lab-two: .*nobody-has-this' 'one that cannot be installed'
are lab-one-3 lab-three-3 lab-two-1
ok $? 'and all others are'
rm "$repo"/noarch/lab-two-3*

lab_rpm lab-two 4 </dev/null
serve 'lab-two 4 security'
at sh -c 'printf "[gone]\nname=gone\nbaseurl=http://127.0.0.1:9/\n" >/etc/yum.repos.d/gone.repo'
mend patches-install
ok $? 'a repository out of reach keeps nothing away'
are lab-one-3 lab-three-3 lab-two-4
ok $? 'what the other one has is installed'
refused patches-install "repo 'gone'" 'and it is told when there is nothing to install'
at rm /etc/yum.repos.d/gone.repo

# --- another dnf ------------------------------------------------------------------------
at sh -c ': >/run/hold-post'
lab_exec host dnf -y install lab-slow >"$LAB_DIR/other" 2>&1 &
other=$!
lab_wait 20 lab_exec host test -e /run/held >/dev/null
lab_rpm lab-two 5 </dev/null
serve 'lab-two 5 security'
mend patches-install &
mending=$!
lab_wait 20 grep -q 'waiting for process.*rpmdb' "$LAB_DIR/mended" >/dev/null
ok $? "while another dnf is at work: $(grep 'waiting for process' "$LAB_DIR/mended" | head -n 1)"
at sh -c 'rm /run/hold-post /run/held; pkill -x sleep'
wait $other
ok $? 'which is done'
wait $mending
ok $? 'and so are the updates'
probe look patches
ok $? "$(head -n 1 "$LAB_DIR/said")"

# --- cut off ----------------------------------------------------------------------------
version=1
for where in post preun; do
	version=$((version + 1))
	lab_rpm lab-slow $version <<-END
		%post
		${hold//NAME/post}
		echo \$1 >/var/lib/lab-slow-$version
		%preun
		${hold//NAME/preun}
	END
	lab_rpm lab-one $((version + 2)) </dev/null
	serve "lab-slow $version security" "lab-one $((version + 2)) security"
	at sh -c ": >/run/hold-$where"
	mend patches-install &
	mending=$!
	lab_wait 20 lab_exec host test -e /run/held >/dev/null
	at sh -c 'systemctl kill -s KILL "lazaret-remedy-patches-install@*"; rm /run/held /run/hold-*'
	wait $mending
	echo "# $(lab_exec host rpm -qa 'lab-slow' 'lab-one' | tr '\n' ' ')"
	mended patches-install patches "killed in its %$where"
	are lab-one-$((version + 2)) lab-slow-$version lab-three-3 lab-two-5 && at dnf -C check &&
		at test -s /var/lib/lab-slow-$version
	r=$?
	ok $r 'nothing is left half done'
	[ $r = 0 ] || { tell; lab_exec host rpm -qa 'lab-*'; sed 's/^/# /' "$LAB_DIR/mended"; }
done

# --- rpm's own database -----------------------------------------------------------------
lab_rpm lab-one 9 </dev/null
serve 'lab-one 9 security'
lab_exec host /usr/bin/python3 - >"$LAB_DIR/said" 2>&1 <<'PYTHON'
import sqlite3
path = '/var/lib/rpm/rpmdb.sqlite'
db = sqlite3.connect(path)
page, = db.execute("select rootpage from sqlite_master where name = 'Name_key_idx'").fetchone()
db.execute('pragma wal_checkpoint(truncate)')
db.close()
with open(path, 'r+b') as f:
    f.seek((page - 1) * 4096)
    f.write(bytes(4096))
PYTHON
r=$?
at rpm --verifydb
[ $? != 0 ] && [ $r = 0 ]
ok $? 'an index is damaged'
mended patches-install patches 'it is rebuilt, and the update installed'
are lab-one-9 lab-slow-$version lab-three-3 lab-two-5 && at rpm --verifydb && at test -d /var/lib/rpm.damaged
ok $? 'nothing is lost, and a copy is kept'
echo "1..$n"
