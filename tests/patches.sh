#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Which updates of 200 hosts made by chance are to be installed: apt-get and lazaret say the same.
# Which packages of 200 others are vulnerable: debsecan, lazaret and the truth say the same.
# Package names, versions and sources are those of this machine's own lists where it has some.
# Dependencies are left out: what apt does about those is no question of patch levels.
set -u
. "${src:?}/tests/tap.sh"
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
hosts=${PATCH_HOSTS:-200}

# "NAME VERSION ARCH SOURCE SOURCE-VERSION" of real packages, or of some that could be.
real() {
	local l

	for l in /var/lib/apt/lists/*_Packages*; do
		[ ! -e "$l" ] || /usr/lib/apt/apt-helper cat-file "$l" 2>/dev/null
	done | awk '
		/^Package: / { p = $2; s = p; sv = "" }
		/^Version: / { v = $2 }
		/^Architecture: / { a = $2 }
		/^Source: / { s = $2; sv = $3; gsub(/[()]/, "", sv) }
		/^$/ { if (p && ++k % 37 == 0) print p, v, a, s, sv ? sv : v; p = "" }
		k > 40000 { exit }'
	for l in $(seq 200); do
		echo "made$l $((l % 3)).$l-1+deb12u$((l % 5)) amd64 src$((l / 3)) $((l % 3)).$l-1"
	done
}
real | sort -u -k1,1 >"$t/real"

# A host by number: about 120 packages, and what each of its suites has of them.
cat >"$t/host.awk" <<'AWK'
function pick(k) { return int(rand() * k) }
function stanza(file, v, extra) {
	printf "Package: %s\n%sSource: %s (%s)\nArchitecture: %s\nVersion: %s\n" \
		"Maintainer: x <x@invalid>\nFilename: pool/x.deb\nSize: 1\n" \
		"SHA256: 0000000000000000000000000000000000000000000000000000000000000000\n" \
		"Description: x\n\n", $1, extra, $4, v, $3, v >>file
}
function older(v,   k) {
	k = pick(4)
	return k == 0 ? v "~" pick(9) : k == 1 ? "0." v : k == 2 ? substr(v, 1, index(v ":", ":") - 1) "~~" : v "~b" pick(3)
}
BEGIN { srand(seed) }
rand() > 120 / total { next }
{
	if ($3 != "all") $3 = "amd64"
	sub(/^[0-9]+:/, "", $2)
	is = $2; want = pick(30) ? "install" : "hold"
	state = pick(40) ? "installed" : "config-files"
	# Where versions that are newer, older or the same are to be had.
	for (i = 1; i <= 4; i++) {
		k = pick(9)
		v = k < 3 ? "" : k < 5 ? $2 : k < 7 ? $2 "+" pick(5) : older($2)
		if (v == "") continue
		# Of one version in two suites apt heeds a record that names the package and one of
		# the suites; we see it in the other, too.  So hosts have either such records or such versions.
		if (seed % 2 && k >= 5 && k < 7) v = v "s" i
		# Suites of others are not read, so what is installed is not of one.
		if (i == 4 && v == $2) v = v "+x"
		# Only an update that no other suite has: what security offers is for everybody here,
		# and apt 2.6 holds back what comes after an installed version that is phased.
		if (suites[i] ~ /updates/ && v != $2) v = v "u"
		phase = suites[i] ~ /updates/ && v != $2 && !pick(2) ? "Phased-Update-Percentage: " 10 * pick(11) "\n" : ""
		stanza(out "/" suites[i], v, phase)
	}
	printf "Package: %s\nStatus: %s ok %s\nMaintainer: x <x@invalid>\nArchitecture: %s\n" \
		"Source: %s (%s)\nVersion: %s\nDescription: x\n\n", $1, want, state, $3, $4, is, is >>(out "/status")
	if (seed % 2 && !pick(12)) names[++n_names] = $1
}
END {
	for (i = 1; i <= n_names; i++) {
		k = pick(5)
		pin = "version *+1"
		if (k == 0) pin = "release *"
		if (k == 1) pin = "release a=lab-security"
		if (k == 2) pin = "origin deb.invalid"
		if (k == 3) pin = "release n=lab,o=Lab"
		printf "Package: %s\nPin: %s\nPin-Priority: %d\n\n", i % 3 ? names[i] : substr(names[i], 1, 4) "*", \
			pin, pick(2) ? -1 : 50 + 450 * pick(3) >>(out "/pins")
	}
	# What of apt.conf changes the choice.
	if (!pick(5)) printf "APT { Default-Release \"%s\"; };\n", suites[1 + pick(3)] >>(out "/conf")
	if (!pick(5)) printf "APT::Get::%s-Include-Phased-Updates \"true\";\n", pick(2) ? "Always" : "Never" >>(out "/conf")
	if (!pick(6)) printf "Package: *\nPin: release l=Lab-Updates\nPin-Priority: %d\n\n", pick(2) ? 90 : 600 >>(out "/pins")
}
AWK

lists=$t/root/var/lib/apt/lists
put_suite() { # NAME LABEL EXTRA
	local stem=$lists/deb.invalid_debian_dists_$1 list
	list=${stem}_main_binary-amd64_Packages
	if [ -e "$t/out/$1" ]; then mv "$t/out/$1" "$list"; else : >"$list"; fi
	printf 'Origin: Lab\nLabel: %s\nSuite: %s\nCodename: %s\nDate: %s\n%bArchitectures: amd64\nComponents: main\nSHA256:\n 00 %s main/binary-amd64/Packages\n' \
		"$2" "$1" "$1" "$now" "$3" "$(stat -c %s "$list")" >"${stem}_Release"
	echo "deb [trusted=yes] http://deb.invalid/debian $1 main" >>"$t/root/etc/apt/sources.list"
}

# What each of them would install, in $t/apt and $t/lazaret.
compare() { # SEED
	rm -rf "$t/out" "$t/root"
	mkdir -p "$t/out" "$lists/partial" "$t/root/etc/apt/preferences.d" "$t/root/var/lib/dpkg" \
		"$t/root/var/cache/apt/archives/partial"
	awk -v seed="$1" -v total="$total" -v out="$t/out" 'BEGIN {
		suites[1] = "lab"; suites[2] = "lab-security"; suites[3] = "lab-updates"
		suites[4] = "lab-experimental" } '"$(cat "$t/host.awk")" "$t/real"
	echo 'ID=lab
VERSION_CODENAME=lab' >"$t/root/etc/os-release"
	printf '%032x\n' "$(($1 * 7919))" >"$t/root/etc/machine-id"
	mv "$t/out/status" "$t/root/var/lib/dpkg/status"
	[ ! -e "$t/out/pins" ] || mv "$t/out/pins" "$t/root/etc/apt/preferences.d/lab"
	[ ! -e "$t/out/conf" ] || mv "$t/out/conf" "$t/root/etc/apt/apt.conf"
	put_suite lab Lab ''
	put_suite lab-security Lab-Security ''
	put_suite lab-updates Lab-Updates ''
	put_suite lab-experimental Lab 'NotAutomatic: yes\n'
	# In a chroot it would know no phases.
	APT_CONFIG=$t/root/etc/apt/apt.conf apt-get -o Dir::Bin::ischroot=/bin/false -q -o "Dir=$t/root" -o "Dir::State::status=$t/root/var/lib/dpkg/status" \
		-o Dir::Etc::Parts=/dev/null -o APT::Architecture=amd64 -o APT::Architectures=amd64 \
		-o Debug::NoLocking=1 -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
		-s dist-upgrade >"$t/plan" 2>&1 || { cat "$t/plan"; return 1; }
	# What only a pin gets from experimental is no update of this release.
	awk '/^Inst/ && /\([^ ]* Lab:lab-experimental \[/ { sub(/:.*/, "", $2); print $2 }' "$t/plan" >"$t/foreign"
	awk '/^Inst/ { sub(/:.*/, "", $2); print $2 }' "$t/plan" | grep -vxFf "$t/foreign" | sort -u >"$t/apt"
	"$O/agent/lazaret" look patches --root "$t/root" --all --plain >"$t/said" || return 1
	awk '$6 == "fix-available" { print $1 }' "$t/said" | grep -vxFf "$t/foreign" | sort -u >"$t/lazaret"
	cmp -s "$t/apt" "$t/lazaret"
}

# --- what is vulnerable, by advisories: debsecan, the truth and lazaret say the same ----
# Each source has versions that rise; hosts have one of them, and the fix is one of them: so what is
# vulnerable is known from the numbers alone, without comparing a version.
mkdir -p "$t/hosts" "$t/debsecan"
awk -v out="$t" -v hosts="$hosts" '
function pick(k) { return int(rand() * k) }
function step(v, i) { return v (i == 0 ? "~rc1" : i == 1 ? "" : i == 2 ? "+deb12u1" : i == 3 ? "+deb12u9" : "+deb12u10") }
BEGIN { srand(11) }
{
	if (!($4 in version)) {
		version[$4] = $5; source[++n] = $4
		fix[$4] = pick(3) ? pick(6) : 9 # 5: behind all; 9: not in any advisory
	}
	binary[NR] = $1; of[NR] = $4; own[NR] = $2
}
END {
	print "VERSION 1" >(out "/db")
	for (i = 1; i <= n; i++) {
		s = source[i]; f = fix[s] == 5 ? "" : step(version[s], fix[s])
		if (fix[s] == 9) continue
		printf "CVE-2026-%d,,x\n", 10000 + k >(out "/db")
		rows = rows sprintf("%s,%d,S%s %s,%s,\n", s, k, " ", f == "" ? " " : "F", f)
		printf "%s{\"id\":\"CVE-2026-%d\",\"modified\":\"2026-11-01T00:00:00Z\",\"affected\":[{\"package\":" \
			"{\"ecosystem\":\"Debian:12\",\"name\":\"%s\"},\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":" \
			"[{\"introduced\":\"0\"}%s]}]}]}", k ? ",\n" : "[", 10000 + k, s, \
			f == "" ? "" : ",{\"fixed\":\"" f "\"}" >(out "/osv.json")
		k++
	}
	print "]" >(out "/osv.json")
	printf "\n%s\n", rows >(out "/db")
	for (h = 1; h <= hosts; h++) {
		status = out "/hosts/" h
		delete is
		for (i = 1; i <= NR; i++) {
			if (rand() > 120 / NR) continue
			s = of[i]
			if (!(s in is)) is[s] = pick(5)
			printf "Package: %s\nStatus: install ok installed\nMaintainer: x <x@invalid>\n" \
				"Architecture: amd64\nSource: %s (%s)\nVersion: %s\nDescription: x\n\n", \
				binary[i], s, step(version[s], is[s]), own[i] >status
			if (fix[s] != 9 && is[s] < fix[s]) print binary[i] >(status ".truth")
		}
		close(status); close(status ".truth")
	}
}' "$t/real"
python3 -c 'import sys, zlib; sys.stdout.buffer.write(zlib.compress(sys.stdin.buffer.read()))' \
	<"$t/db" >"$t/debsecan/lab"
# Both cores have something to do.
debsecan_all() {
	local i others=0

	for i in $(seq "$hosts"); do
		debsecan --source "file://$t/debsecan" --suite lab --status "$t/hosts/$i" \
			--format packages 2>&1 | sort -u | diff "$t/hosts/$i.truth" - >"$t/told" && continue
		others=$((others + 1))
		[ $others -gt 3 ] || sed "s/^/# debsecan, host $i: /" "$t/told"
	done
	echo $others >"$t/others"
}
for i in $(seq "$hosts"); do
	touch "$t/hosts/$i.truth"
	sort -u -o "$t/hosts/$i.truth" "$t/hosts/$i.truth"
done
! command -v debsecan >/dev/null || debsecan_all &

# --- what apt would install: apt-get and lazaret say the same ---------------------------
now=$(LC_ALL=C date -uR | sed 's/+0000/UTC/')
total=$(wc -l <"$t/real")
wrong=0 updates=0 held=0 phased=0
for i in $(seq "${PATCH_FIRST-1}" "$hosts"); do
	if ! compare "$i"; then
		wrong=$((wrong + 1))
		[ $wrong -gt 3 ] || diff "$t/apt" "$t/lazaret" | sed "s/^/# host $i: /"
		[ -z "${PATCH_KEEP-}" ] || cp -r "$t" "$PATCH_KEEP/$i"
	fi
	updates=$((updates + $(wc -l <"$t/apt")))
	held=$((held + $(grep -c ' held ' "$t/said")))
	phased=$((phased + $(grep -c ' not-offered ' "$t/said")))
done
ok $wrong "apt-get dist-upgrade agrees on $hosts hosts ($updates updates)"
ok $((updates < hosts)) 'and there was something to agree on'
ok $((held < hosts / 4 || phased < hosts / 4)) "among it $held held or pinned and $phased phased"

# --- and what is vulnerable ---------------------------------------------------------------
"$O/policy/lazaret-policy" feed --distro debian --release 12 -o "$t/feed" "$t/osv.json" >"$t/said" 2>&1
ok $? "a feed is made: $(head -n 1 "$t/said")"

# Those without a fix, too: --plain leaves them out, and debsecan does not.
vulnerable() { # HOST
	"$O/agent/lazaret" --json look patches --dpkg-status "$t/hosts/$1" --feed "$t/feed" |
		grep -o '"package":"[^"]*"' | cut -d'"' -f4 | sort -u
}
wrong=0 others=0 packages=0
for i in $(seq "$hosts"); do
	packages=$((packages + $(wc -l <"$t/hosts/$i.truth")))
	vulnerable "$i" | diff "$t/hosts/$i.truth" - >"$t/said" && continue
	wrong=$((wrong + 1))
	[ $wrong -gt 3 ] || sed "s/^/# host $i: /" "$t/said"
done
ok $wrong "lazaret finds what is vulnerable on $hosts hosts ($packages packages)"
ok $((packages < hosts)) 'and there was something to find'
wait
[ ! -e "$t/others" ] || ok "$(cat "$t/others")" 'and so does debsecan'
echo "1..$n"
exit $failed
