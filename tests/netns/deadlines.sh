#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Deadlines of patches by the real programs: what `lazaret patches` says, a kill, thousands of them.
set -u
. "${src:?}/tests/netns/agent.sh"

# A host with Alpine's database, and a feed: two packages lack a fix, one has none.
critical='"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]'
osv() { # ID PACKAGE FIX MORE
	printf '{"id":"%s","modified":"2026-02-03T00:00:00Z","published":"2026-02-01T00:00:00Z",%s"affected":[{"package":' "$1" "$4"
	printf '{"ecosystem":"Alpine:v3.20","name":"%s"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}%s]}]}]}' \
		"$2" "${3:+,{\"fixed\":\"$3\"\}}"
}
mkdir -p "$dir/osv" "$dir/root/etc" "$dir/root/lib/apk/db"
printf 'ID=alpine\nVERSION_ID=3.20.3\n' >"$dir/root/etc/os-release"
installed() { printf 'P:%s\nV:1-r0\nA:x86_64\no:%s\n\n' "$1" "$1"; }
{ installed good; installed bad; installed worse; installed lost; } >"$dir/root/lib/apk/db/installed"
osv CVE-2026-1 worse 2-r0 "$critical," >"$dir/osv/1.json"
osv CVE-2026-2 bad 2-r0 '' >"$dir/osv/2.json"
osv CVE-2026-3 lost '' '' >"$dir/osv/3.json"

state() { # FOLDER DEADLINES: what lazaret-vet leaves behind
	mkdir -p "$dir/state/store/generation-1"
	ln -sfn generation-1 "$dir/state/store/current"
	printf '{"mode":"audit","requirements":[{"id":"p","check":"patches","grace":"1h","feed":"{id}-{version}","deadlines":%s}]}' \
		"$2" >"$dir/state/store/current/policy.json"
	echo '{"version":1,"expires":4000000000,"accepted":1}' >"$dir/state/store/current/accepted.json"
	"$O/policy/lazaret-policy" feed --distro alpine --release 3.20 -o "$dir/state/store/feed" "$1" >"$dir/said" 2>&1
}
host() { # [LINES...]: the configuration
	configure "$@"
	printf '%s\n' "HostRoot=$dir/root" Risk=5 >>"$dir/lazaret.conf"
}
host
begin() {
	start
	wait_for 10 is 'policy: version'
}
due() { sed -n 's/.*  \(20[-0-9]* [:0-9]*\) (in .*/\1/p' "$dir/said"; }

state "$dir/osv" '{}'
begin
ask patches
code=$?
[ $code = 3 ] && [ "$(sed -n '/^SEVERITY/,$p' "$dir/said" | awk '{ print $1, $2 }' | tr '\n' ';')" = \
	"SEVERITY PACKAGE;critical worse;unknown bad;1 more;" ] &&
	grep -q 'worse .*1-r0 .*2-r0 .*fix-available .*(in .*) critical on a host of risk 5: 1 d since the fix was offered$' "$dir/said" &&
	grep -q 'bad .* medium on a host of risk 5: 1 w since the fix was offered$' "$dir/said"
ok $? "each fix has its deadline, and says why that long; the most urgent is first"
first=$(due)
esc=$(printf '\033')
! grep -q "$esc" "$dir/said" && SHELL=/bin/sh script -qec \
	"env -u NO_COLOR '$O/agent/lazaret' --socket '$dir/run/agent/control.sock' patches" /dev/null >"$dir/seen" </dev/null
grep -q "^$esc\[[0-9;]*mcritical$esc\[0m" "$dir/seen" && grep -q "$esc\[[0-9;]*m20.* (in .*)$esc\[0m critical on" "$dir/seen"
ok $? "in colours on a terminal, and nowhere else"
ask patches --all
grep -q '^unknown .*lost .*no-fix .*none: no fix exists$' "$dir/said" && ! grep -q 'without a deadline' "$dir/said"
ok $? "with --all, what nobody can mend stands below"
ask status
grep -q 'first due: worse, critical on a host of risk 5' "$dir/said"
ok $? "the status names what is due first"
ask --json patches
python3 -c 'import json, sys
a = json.load(open(sys.argv[1]))
assert a["state"] == "grace" and a["all"] == 3 == len(a["patches"])
assert a["requirements"][0]["until"] == a["patches"][0]["until"] == a["patches"][0]["since"] + 86400
assert not a["patches"][2]["demanded"] and a["patches"][2]["until"] == 0' "$dir/said"
ok $? "the same as JSON"

stop KILL
sleep 1.1
begin
ask patches
[ -n "$first" ] && [ "$(due)" = "$first" ]
ok $? "a kill and a restart buy no time"
ask history
[ "$(grep -c 'p has deadlines' "$dir/said")" = 1 ] && ! grep -q 'is met again' "$dir/said"
ok $? "the history tells it once"
{ installed good; installed bad; installed lost; } >"$dir/root/lib/apk/db/installed"
ask check
ask patches
! grep -q worse "$dir/said" && grep -q bad "$dir/said"
ok $? "what is mended has no deadline any more"
stop

state "$dir/osv" '{"allowed":{"critical":["0s","0s","0s","0s","0s"]},"unknown":"critical"}'
begin
ask patches
[ $? = 4 ] && grep -q 'bad .* ago) critical on a host of risk 5: 0 s' "$dir/said"
ok $? "what is overdue would lead to quarantine"
stop

# Only time in which the host could reach the fix: without a server to ask it always can, with one
# that does not answer it never can, and the deadline moves away as fast as the time passes.
until_of() {
	ask check
	ask --json patches
	python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["patches"][0]["until"])' "$dir/said"
}
state "$dir/osv" '{"count":"reachable"}'
for url in '' 'URL=https://localhost:1/x/'; do
	rm -rf "$dir/state/agent"
	host '[Policy]' $url
	begin
	was=$(until_of)
	sleep 4
	moved=$(($(until_of) - was))
	if [ -z "$url" ]; then
		[ $moved -gt -3 ] && [ $moved -lt 3 ]
		ok $? "time in which the fix is in reach counts (in 4 s the deadline moved by $moved)"
	else
		[ $moved -ge 4 ] && grep -q 'with the policy server in reach' "$dir/said"
		ok $? "time in which it is not does not (in 4 s the deadline moved by $moved)"
	fi
	stop
done
host

mkdir "$dir/many"
: >"$dir/root/lib/apk/db/installed"
i=0
while [ $i -lt 5000 ]; do
	installed "package-with-a-long-name-$i" >>"$dir/root/lib/apk/db/installed"
	i=$((i + 1))
done
python3 - "$dir/many" "$(osv CVE-2026-@ package-with-a-long-name-@ 2-r0 '')" <<-'EOF'
	import sys
	for i in range(5000):
	    open("%s/%d.json" % (sys.argv[1], i), "w").write(sys.argv[2].replace("@", str(i)))
EOF
state "$dir/many" '{}'
begin
ask --json patches
python3 -c 'import json, sys
a = json.load(open(sys.argv[1]))
names = {p["package"] for p in a["patches"]}
assert len(names) == 5000 == a["all"], len(names)' "$dir/said"
ok $? "5,000 of them are all told, in packets that fit"
ask patches
grep -c '^unknown .* on a host of risk 5: 1 w' "$dir/said" | grep -qx 5000
ok $? "and shown"
size=$(stat -c %s "$dir/state/agent/ledger")
[ "$size" -lt 8192 ] && [ "$(stat -c %s "$dir/state/agent/offered")" -gt 100000 ]
ok $? "they do not flood the ledger ($size bytes)"
rss=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' /proc/$pid/status)
ticks() { awk '{ print $14 + $15 }' /proc/$pid/stat; }
before=$(ticks)
ask patches
ask patches
used=$((($(ticks) - before) * 10 / 2))
[ "$used" -lt 2000 ]
ok $? "an answer about 5,000 costs lazaretd $used ms, and it has $rss KiB"
stop

# dpkg ends with what is no change of its status file: its journal is gone.
dpkg=$dir/root/var/lib/dpkg
mkdir -p "$dpkg/updates"
printf 'ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n' >"$dir/root/etc/os-release"
rm "$dir/root/lib/apk/db/installed"
record() { printf 'Package: p\nStatus: install ok %s\nArchitecture: all\nVersion: 1\n\n' "$1"; }
record installed >"$dpkg/status"
record half-configured >"$dpkg/updates/0000"
mkfifo "$dir/go"
python3 -c 'import fcntl, os, sys
lock = open(sys.argv[1] + "/lock", "w")
fcntl.lockf(lock, fcntl.LOCK_EX)
open(sys.argv[2]).read()
os.unlink(sys.argv[1] + "/updates/0000")' "$dpkg" "$dir/go" &
until [ -e "$dpkg/lock" ]; do sleep 0.1; done
begin
said() { ask status; grep -q "$1" "$dir/said"; }
busy='dpkg is at work'
said "$busy"
ok $? 'packages are half done while dpkg is at work: unknown'
echo >"$dir/go"
for _ in $(seq 30); do said "$busy" || break; sleep 0.1; done
grep -q '^policy: version' "$dir/said" && ! grep -q "$busy" "$dir/said"
ok $? 'it ends, and that is seen'
stop
echo "1..$n"
