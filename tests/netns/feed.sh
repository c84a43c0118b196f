#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A feed from documents to what `lazaret status` says of it, by the real programs.
set -u
. "${src:?}/tests/netns/agent.sh"

distro=$(sed -n 's/^ID=//p' /etc/os-release | tr -d '"')
release=$(sed -n 's/^VERSION_ID=//p' /etc/os-release | tr -d '"')
feed() { "$O/policy/lazaret-policy" feed --distro "$distro" "$@" >"$dir/said" 2>&1; }

mkdir -p "$dir/osv/deep"
for i in 1 2 3; do
	printf '{"id":"CVE-2026-%d","modified":"2026-02-03T00:00:00Z","affected":[{"package":{"ecosystem":"%s","name":"p"},%s}]}' \
		"$i" "Debian:$release" \
		'"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1"}]}]' \
		>"$dir/osv/deep/$i.json"
done
echo '{"p":{"CVE-2026-3":{"releases":{"r":{"status":"open"}}},"CVE-2026-4":{"releases":{}}}}' >"$dir/tracker"
feed --release "$release" --codename r -o "$dir/feed" "$dir/osv" "$dir/tracker" &&
	grep -q '3 advisories of 1 packages' "$dir/said" && grep -q 'left out: 1 of another' "$dir/said"
ok $? "a feed of a folder and the tracker's file, and what was left out"
feed --release "$release" --codename r -o "$dir/again" "$dir/osv" "$dir/tracker" && cmp "$dir/feed" "$dir/again"
ok $? "the same input gives the same bytes"
"$O/policy/lazaret-policy" feed --show "$dir/feed" p >"$dir/said" &&
	[ "$(grep -c '^p source CVE-2026-[123] fixed unknown - fixed 1$' "$dir/said")" = 3 ]
ok $? "it is shown as text"
echo '{' >"$dir/osv/bad.json"
! feed --release "$release" -o "$dir/bad" "$dir/osv" && [ ! -e "$dir/bad" ] && grep -q 'bad.json: ' "$dir/said"
ok $? "a file that cannot be read is named, and nothing is written"
feed --release "$release" --keep-going -o "$dir/kept" "$dir/osv" && grep -q 'unreadable file.*bad.json' "$dir/said"
ok $? "it is left out and counted when one says so"

# What lazaret-vet leaves behind; tests/unit/test-vet.c has its part.
mkdir -p "$dir/state/store/generation-1"
ln -s generation-1 "$dir/state/store/current"
cat >"$dir/state/store/current/policy.json" <<-'EOF'
	{"mode":"audit","requirements":[{"id":"p","check":"patches","grace":"1h","feed":"{id}-{version}"}]}
EOF
echo '{"version":1,"expires":4000000000,"accepted":1}' >"$dir/state/store/current/accepted.json"
cp "$dir/feed" "$dir/state/store/feed"
configure '[Policy]' 'URL=https://localhost:1/x/'

status() { # begins a daemon, asks it, ends it
	start
	wait_for 20 is 'policy: version'
	stop
}
status
grep -q "^advisories: 3 for $distro $release, here since " "$dir/said" && grep -q 'in force: 3 of 1 packages' "$dir/log"
ok $? "lazaretd uses the feed in its store, and says so"
cp "$dir/osv/bad.json" "$dir/state/store/feed"
status
grep -q '^advisories: none' "$dir/said" && grep -q '^policy: version 1' "$dir/said"
ok $? "without a feed that can be read it goes on"
echo "1..$n"
