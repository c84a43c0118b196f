#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Hosts with rpm and no feed: what their repositories say is missing.  Packages are made by rpmbuild,
# repositories by createrepo_c, roots by rpm and the metadata on them by a real dnf, whose own
# check-update and updateinfo must say what `lazaret look patches` says: for each case below, and
# over SETS generated hosts.  rpm's library is an option of the build.
set -u
# shellcheck source=rpm-build.sh
. "${src:?}/tests/rpm-build.sh"
SETS=${SETS:-3}

# --- packages ---------------------------------------------------------------------------
export HOME=$t/home
mkdir -p "$t/home" "$t/pool"
echo '%_dbpath /var/lib/rpm' >"$t/home/.rpmmacros" # Debian's rpm has another one
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
SPEC

# package NAME [EPOCH:]VERSION-RELEASE: built once, into the pool; its path on standard output.
package() {
	local evr=${2#*:} epoch=0 file

	case $2 in *:*) epoch=${2%%:*} ;; esac
	file=$t/pool/$epoch/noarch/$1-$evr.noarch.rpm
	[ -e "$file" ] || rpmbuild -bb --quiet --define "_topdir $t/build" \
		--define "_rpmdir $t/pool/$epoch" --define "name_of $1" --define "epoch_of $epoch" \
		--define "version_of ${evr%-*}" --define "release_of ${evr##*-}" \
		--define '__os_install_post %{nil}' "$t/all.spec" >"$t/said" 2>"$t/err" || return
	echo "$file"
}

# --- hosts and repositories ---------------------------------------------------------------
new_host() {
	root=$t/root repos=$t/repos
	rm -rf "$root" "$repos"
	mkdir -p "$root/var/lib/rpm" "$root/etc/yum.repos.d" "$root/etc/dnf/plugins" "$repos"
	printf 'ID=rocky\nVERSION_ID="9.4"\n' >"$root/etc/os-release"
	printf '[main]\ngpgcheck=0\nplugins=0\n' >"$root/etc/dnf/dnf.conf"
}

installed() { # NAME EVR ...
	local files=()

	while [ $# -gt 1 ]; do
		files+=("$(package "$1" "$2")")
		shift 2
	done
	rpm --root "$root" -i --justdb --nodeps --nosignature --ignorearch --force "${files[@]}" \
		>"$t/said" 2>&1
}

# repository ID [SETTING ...]: of "NAME EVR" and "advisory ID SEVERITY DATE TYPE NAME EVR ..." on
# standard input.
repository() {
	local id=$1 words name

	shift
	mkdir -p "$repos/$id"
	{ printf '[%s]\nname=%s\nbaseurl=file://%s/%s\n' "$id" "$id" "$repos" "$id" && printf '%s\n' "$@"
	} >"$root/etc/yum.repos.d/$id.repo"
	echo '<updates>' >"$t/updateinfo.xml"
	while read -ra words; do
		name=${words[0]-}
		[ -n "$name" ] || continue
		if [ "$name" = advisory ]; then
			advisory "${words[@]:1}" >>"$t/updateinfo.xml"
		else
			ln -f "$(package "$name" "${words[1]}")" "$repos/$id/"
		fi
	done
	echo '</updates>' >>"$t/updateinfo.xml"
	createrepo_c -q --simple-md-filenames --no-database "$repos/$id" >"$t/said" 2>&1 || return
	! grep -q '<update ' "$t/updateinfo.xml" ||
		modifyrepo_c --mdtype=updateinfo "$t/updateinfo.xml" "$repos/$id/repodata" >"$t/said" 2>&1
}

advisory() { # ID SEVERITY DATE TYPE NAME EVR ...
	local epoch evr

	printf '<update from="x" status="final" type="%s" version="1"><id>%s</id><title>t</title>' "$4" "$1"
	printf '<issued date="%s"/><severity>%s</severity><description>d</description>' "$3" "$2"
	printf '<pkglist><collection short="c"><name>c</name>'
	shift 4
	while [ $# -gt 1 ]; do
		evr=${2#*:} epoch=0
		case $2 in *:*) epoch=${2%%:*} ;; esac
		printf '<package name="%s" epoch="%s" version="%s" release="%s" arch="noarch" src="x">' \
			"$1" "$epoch" "${evr%-*}" "${evr##*-}"
		printf '<filename>x</filename></package>'
		shift 2
	done
	echo '</collection></pkglist></update>'
}

real_dnf() { dnf -q --noplugins --installroot="$root" --releasever=9 "$@" 2>"$t/err"; }

# "NAME EVR REPOSITORY" of what dnf would install now, all of it or for security; of those that have
# the same the first.
dnf_says() {
	real_dnf check-update "$@" | awk 'NF == 3 { sub(/\.noarch$/, "", $1); print $1, $2, $3 }' | sort |
		awk '!seen[$1, $2]++'
}

look() { "$lazaret" --json look patches --root "$root" "$@" 2>"$t/err"; }

we_say() {
	look "$@" | jq -r '.[] | select(.state == "fix-available") | "\(.package) \(.fixed) \(.from)"' | sort
}

# same [WHAT]: all updates, and those for security, are dnf's.
same() {
	local r=0

	dnf_says --refresh >"$t/dnf" && we_say --all >"$t/we" && diff "$t/dnf" "$t/we" >"$t/said" || r=1
	dnf_says --security | sed 's/^/security /' >"$t/dnf"
	we_say | sed 's/^/security /' >"$t/we"
	diff "$t/dnf" "$t/we" >>"$t/said" || r=1
	return $r
}

held() { look | jq -r '.[] | select(.state == "held") | "\(.package) \(.fixed) \(.why)"'; }

# --- one host ---------------------------------------------------------------------------
new_host
installed bash 5.1.8-6.el9 openssl 1:3.0.7-24.el9 kernel 5.14.0-1.el9 kernel 5.14.0-9.el9 \
	fine 9-1.el9 early '1.0~rc1-1.el9' gone 1-1
ok $? 'rpm fills a root'
repository base priority=99 <<'ALL'
bash 5.1.8-6.el9
bash 5.1.8-7.el9
openssl 1:3.0.7-24.el9
kernel 5.14.0-9.el9
fine 9-1.el9
early 1.0-1.el9
ALL
repository updates <<'ALL'
bash 5.1.8-9.el9
openssl 1:3.0.7-25.el9_3
openssl 1:3.0.7-27.el9_3
kernel 5.14.0-9.el9
kernel 5.14.0-12.el9
new 1-1
advisory RHSA-2026:1 Important 2026-11-01 security openssl 1:3.0.7-25.el9_3
advisory RHSA-2026:2 Critical 2026-11-02 security openssl 1:3.0.7-27.el9_3 kernel 5.14.0-12.el9
advisory RHSA-2026:3 Low 2026-10-01 security kernel 5.14.0-9.el9 fine 9-1.el9
advisory RHBA-2026:4 None 2026-11-03 bugfix bash 5.1.8-9.el9
ALL
same
ok $? 'what is missing is what dnf says'
look | jq -r '.[] | "\(.package) \(.severity) \(.advisories) \(.from)"' | sort | diff - <(
	echo 'kernel critical RHSA-2026:2 updates'
	echo 'openssl critical RHSA-2026:2 RHSA-2026:1 updates'
) >"$t/said" || look | jq -r '.[] | "\(.package) \(.severity) \(.advisories) \(.from)"' | sort | diff - <(
	echo 'kernel critical RHSA-2026:2 updates'
	echo 'openssl critical RHSA-2026:1 RHSA-2026:2 updates'
) >"$t/said"
ok $? 'advisories, their severity and the repository are named'

echo 'excludepkgs=openssl*' >>"$root/etc/dnf/dnf.conf"
same && [ "$(held)" = 'openssl 1:3.0.7-27.el9_3 pinned by /etc/dnf/dnf.conf:4' ]
ok $? "what is excluded is held: $(held)"
sed -i '$d' "$root/etc/dnf/dnf.conf"
repository first priority=10 <<'ALL'
openssl 1:3.0.7-25.el9_3
ALL
same && [ "$(held | head -n 1)" = 'openssl 1:3.0.7-27.el9_3 repository first comes first' ]
ok $? "priorities count: $(held)"
rm -f "$root/etc/yum.repos.d/first.repo"

# --- module streams -----------------------------------------------------------------------
stream() { # MODULE STREAM NEVRA ...
	printf -- '---\ndocument: modulemd\nversion: 2\ndata:\n  name: %s\n  stream: "%s"\n' "$1" "$2"
	printf '  version: 1\n  context: c0ffee42\n  arch: x86_64\n  summary: x\n  description: >-\n    x\n'
	printf '  license:\n    module:\n    - MIT\n  artifacts:\n    rpms:\n'
	shift 2
	printf '    - %s\n' "$@"
	echo ...
}

modules() { # REPOSITORY: with the documents on standard input
	cat >"$t/modules.yaml"
	modifyrepo_c --mdtype=modules "$t/modules.yaml" "$repos/$1/repodata" >"$t/said" 2>&1
}

# offers WORDS WHAT: the same as dnf, which is that.
offers() {
	same && [ "$(we_say --all | tr '\n' ';')" = "$1" ]
	ok $? "$2: $(we_say --all | tr '\n' ';')"
}

new_host
installed node 10-1
repository apps <<'ALL'
node 10-2
node 18-1
node 18-2
node 20-1
advisory RHSA-2026:18 Low 2026-11-01 security node 18-2
advisory RHSA-2026:20 Low 2026-11-01 security node 20-1
ALL
{ stream node 18 node-0:18-1.noarch node-0:18-2.noarch && stream node 20 node-0:20-1.noarch; } | modules apps
offers 'node 10-2 apps;' 'without an active stream'
mkdir -p "$root/etc/dnf/modules.d"
printf '[node]\nname=node\nprofiles=\nstate=enabled\nstream=18\n' >"$root/etc/dnf/modules.d/node.module"
offers 'node 18-2 apps;' 'with a stream that is enabled'
printf '[node]\nname=node\nprofiles=\nstate=disabled\nstream=\n' >"$root/etc/dnf/modules.d/node.module"
offers 'node 10-2 apps;' 'with a module that is disabled'
rm -f "$root/etc/dnf/modules.d/node.module"
{ stream node 18 node-0:18-1.noarch node-0:18-2.noarch && stream node 20 node-0:20-1.noarch &&
	printf -- '---\ndocument: modulemd-defaults\nversion: 1\ndata:\n  module: node\n  stream: "20"\n...\n'
} | modules apps
offers 'node 20-1 apps;' 'with a default stream'
echo 'module_hotfixes=1' >>"$root/etc/yum.repos.d/apps.repo"
offers 'node 20-1 apps;' 'where streams hide nothing'

# --- as evidence --------------------------------------------------------------------------
unknown() { # WORDS WHAT: nothing is said without the reason
	look >"$t/said"
	[ $? = 1 ] && grep -q "$1" "$t/err"
	ok $? "$2: $(head -n 1 "$t/err")"
}
new_host
installed bash 1-1
repository base <<'ALL'
bash 1-1
ALL
repository updates <<'ALL'
bash 1-2
advisory RHSA-2026:5 Low 2026-11-01 security bash 1-2
ALL
same
cached=$(echo "$root"/var/cache/dnf/updates-*/repodata)
cp -a "$cached" "$t/whole"
primary=$(basename "$cached"/primary.xml.*) # gz or zst, as this release's createrepo_c makes it
truncate -s -9 "$cached/$primary"
unknown "updates: .*$primary" 'a list that was cut'
rm -f "$cached/$primary"
unknown "updates: .*$primary" 'a list that is gone'
rm -rf "$cached" && cp -a "$t/whole" "$cached"
sed -i 's/<repomd/<!DOCTYPE x [<!ENTITY a "b">]><repomd/' "$cached/repomd.xml"
unknown 'DOCTYPE' 'an index with entities'
rm -rf "$cached"
unknown 'updates: ' 'a repository that was never fetched'
echo 'skip_if_unavailable=1' >>"$root/etc/yum.repos.d/updates.repo"
unknown 'no repository says' 'without one that says what is for security'
rm -f "$root"/etc/yum.repos.d/*
unknown 'no feed of advisories for rpm' 'without a repository'

# --- generated hosts: 5 names in 6 versions -----------------------
versions=(1.0-1 1.0-2 1.0~rc1-1 1.1-1 1:0.9-1 '1.1^git-1')
for name in a b c d e; do
	for v in "${versions[@]}"; do package $name "$v" >/dev/null; done
done
differ=0 pending=0
RANDOM=${SEED:-7}
for set in $(seq "$SETS"); do
	new_host
	has=()
	for name in a b c d e; do
		[ $((RANDOM % 4)) = 0 ] || has+=("$name" "${versions[RANDOM % 6]}")
	done
	installed "${has[@]}"
	for id in r1 r2 r3; do
		for i in 1 2 3 4 5 6; do
			printf -v name '%b' "\\x6$((RANDOM % 5 + 1))"
			v=${versions[RANDOM % 6]}
			echo "$name $v"
			[ $((RANDOM % 2)) = 0 ] || echo "advisory A-$id-$i Low 2026-11-01 security $name $v"
		done >"$t/packages"
		printf -v name '%b' "\\x6$((RANDOM % 5 + 1))"
		settings=("priority=$((90 + RANDOM % 2 * 9))")
		[ $((RANDOM % 4)) = 0 ] && settings+=("excludepkgs=$name")
		repository $id "${settings[@]}" <"$t/packages"
	done
	same || { differ=$((differ + 1)) && sed "s/^/# set $set: /" "$t/said"; }
	pending=$((pending + $(we_say --all | wc -l)))
done
[ $differ = 0 ] && [ $pending -ge "$SETS" ]
ok $? "$SETS generated hosts: $pending updates, $differ differ from dnf's"
echo "1..$n"
exit $failed
