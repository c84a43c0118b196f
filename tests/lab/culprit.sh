#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who undid it: on a host with real sudo, apt and nft, ClamAV and the firewall are switched off in
# ways that leave a trace and in one that leaves none; lazaretd tells what is known, no more, and
# where it shows.
set -u
. "${src:?}/tests/lab/begin.sh"
lab_enter "$0" "$@"

journal() { at journalctl -u lazaretd -u 'lazaret-clerk@*' --no-pager -n 40 -o cat; tell; }
is() { at lazaret --json status; grep -q "\"state\":\"$1\"" "$LAB_DIR/said"; } # STATE

# However often it was switched off already.
start() { at sh -c 'systemctl reset-failed "clamav-daemon.*"; systemctl start clamav-daemon.service'; }

# --- the host ---------------------------------------------------------------------------
rootfs=$(lab_rootfs "$LAB_REMEDIES") || quit 'a root for the host'
layer=$(lab_layer host)
repo=$LAB_DIR/repo
store=$layer/var/lib/lazaret/store
rm -rf "$repo" "$repo.key"
mkdir -p "$layer/etc/apt" "$layer/srv" "$store/generation-1" "$layer/etc/sudoers.d"
lab_agent "$layer"
lab_clam_databases "$layer/var/lib/clamav" "$(date +%s)"
for p in clamav-base clamav-daemon; do lab_repack "$rootfs" $p "$repo/pool/lab"; done
lab_apt_repo "$repo" lab
cp -a "$repo" "$layer/srv/repo"
echo "deb [signed-by=/srv/repo/lab.gpg] file:/srv/repo lab main" >"$layer/etc/apt/sources.list"
cat >"$store/generation-1/policy.json" <<END
{ "mode": "audit", "look_every": "5s", "providers": [$(lab_provider)], "requirements": [
	{ "id": "av", "check": "antivirus", "grace": "1h" },
	{ "id": "fw", "check": "firewall", "grace": "1h" }] }
END
echo '{ "version": 1, "expires": 4000000000, "accepted": 1 }' >"$store/generation-1/accepted.json"
ln -s generation-1 "$store/current"
lab_boot host "$rootfs" || quit 'the host boots'
echo 'alice ALL=(ALL) NOPASSWD: ALL' | lab_exec host sh -c 'umask 077; cat >/etc/sudoers.d/alice'
at systemd-sysusers && at systemd-tmpfiles --create lazaret.conf && at useradd -m alice &&
	at chown -R clamav: /var/lib/clamav && at chown -R lazaret-vet:lazaret /var/lib/lazaret/store &&
	at sh -c 'apt-get update && systemctl restart clamav-daemon && ufw --force enable &&
		systemctl start lazaret-clerk.socket lazaretd'
ok $? 'ClamAV, ufw and lazaretd run'

# undone ID TEXT WHAT COMMAND: it is compliant before; after COMMAND the journal has TEXT of ID.
since=0
undone() {
	local r

	lab_wait 30 is compliant >/dev/null || { ok 1 "$3: compliant before"; at lazaret status; tell; return; }
	since=$(lab_exec host date +%s.%N)
	at sh -c "$4"
	tells() { lab_exec host journalctl MESSAGE_ID="$undone_id" LAZARET_REQUIREMENT="$1" \
		--since "@$since" --no-pager -o cat >"$LAB_DIR/told" 2>&1; grep -q "$2" "$LAB_DIR/told"; }
	lab_wait 20 tells "$1" "$2" >/dev/null
	r=$?
	ok $r "$3: $(tail -n 1 "$LAB_DIR/told")"
	[ $r = 0 ] || { cat "$LAB_DIR/told"; journal; }
}
undone_id=$(sed -n 's/.*LOG_ID_UNDONE\].*"\([0-9a-f]*\)".*/\1/p' "$src/agent/base/log-ids.c")
stop='systemctl stop clamav-daemon.service clamav-daemon.socket'

undone av 'sudo: alice ran /usr/bin/systemctl stop clamav' 'with sudo' "su alice -c 'sudo $stop'"
at lazaret why
grep -q 'just before it failed at .*: sudo: alice ran' "$LAB_DIR/said"
ok $? 'lazaret why says so'
at lazaret antivirus
grep -q 'just before it failed at .*: sudo: alice ran' "$LAB_DIR/said"
ok $? 'lazaret antivirus, too'
at lazaret history
grep -q 'av: just before it failed: sudo: alice ran' "$LAB_DIR/said"
ok $? 'and lazaret history'

# Reading is no deed, and who only names something like it has not done it.
start
lab_wait 30 is compliant >/dev/null
since=$(lab_exec host date +%s.%N)
at sh -c "su alice -c 'sudo systemctl status clamav-daemon; sudo cat /etc/clamav/clamd.conf'; sleep 1; $stop"
# Until lazaret-clerk has answered, that is what was before the failure before.
nobody() { at lazaret why; grep -q 'fail.*av' "$LAB_DIR/said" && ! grep -q 'alice' "$LAB_DIR/said"; }
lab_wait 20 nobody >/dev/null
r=$?
ok $r 'by a shell of root, beside somebody who only looked: nobody is accused'
[ $r = 0 ] || { tell; journal; }
start

undone av 'process [0-9]* of night.service: .*stop clamav-daemon' 'in a loop of a unit' \
	"systemd-run -q --unit night sh -c 'for i in 1 2 3 4 5; do $stop; sleep 1; done'"
at systemctl stop night
start

undone av 'apt: remove[sd] clamav-daemon for alice (1000): apt-get -y remove clamav-daemon' 'with apt' \
	"su alice -c 'sudo apt-get -y remove clamav-daemon'"

at apt-get -y install clamav-daemon
start
undone fw 'kernel: rules changed by .*nft (process.*sudo: alice ran /usr/sbin/nft flush ruleset' 'the firewall' \
	"su alice -c 'sudo nft flush ruleset'"
at lazaret firewall
grep -q 'just before it failed at .*: kernel: rules changed by nft' "$LAB_DIR/said"
ok $? 'lazaret firewall says so'

# After a restart the last deed is still known.
at systemctl restart lazaretd
told() { at lazaret firewall; grep -q 'just before it failed at .*: kernel: rules changed by nft' "$LAB_DIR/said"; }
lab_wait 20 told >/dev/null
ok $? 'also after a restart of lazaretd'
# --- an updater that fails ----------------------------------------------------------------
at systemctl stop lazaretd
at sh -c 'printf "%s\n" "ExcludeDatabase main" "ExcludeDatabase daily" "ExcludeDatabase bytecode" \
	"DatabaseCustomURL file:///srv/lab.ndb" >>/etc/clamav/freshclam.conf
	echo "Lab.Own:0:*:6c61622d6f776e" >/srv/lab.ndb; freshclam --quiet
	touch -d "20 days ago" /var/lib/clamav/daily.*
	sed -i "s/\"id\": \"av\"/&, \"updater_max_age\": \"1d\"/" /var/lib/lazaret/store/generation-1/policy.json
	systemctl start clamav-daemon lazaretd'
tells_updates() { at lazaret antivirus; grep -q "$1" "$LAB_DIR/said"; }
lab_wait 30 tells_updates 'pass .*updates .*freshclam last succeeded' >/dev/null
r=$?
ok $r "$(grep 'updates  ' "$LAB_DIR/said")"
[ $r = 0 ] || { tell; at cat /var/log/clamav/freshclam.log; tell; }
# For weeks, as its own log has it: the last success gets older, and each try since has failed.
was=$(date -d '20 days ago' '+%a %b %d') is=$(date '+%a %b %d')
at sh -c "systemctl stop lazaretd; rm /srv/lab.ndb; sed -i 's/$is/$was/g' /var/log/clamav/freshclam.log
	freshclam --quiet; systemctl start lazaretd"
lab_wait 30 tells_updates 'fail .*freshclam last succeeded 2 w 6 d .*allows 1 d; its last try: Database' >/dev/null
r=$?
ok $r "$(grep 'updates  ' "$LAB_DIR/said")"
[ $r = 0 ] || { tell; at cat /var/log/clamav/freshclam.log; tell; }
# It fails for that all the time, and somebody does something else to it.
since=$(lab_exec host date +%s.%N)
at sh -c "su alice -c 'sudo $stop'"
lab_wait 20 tells av 'sudo: alice ran /usr/bin/systemctl stop clamav' >/dev/null
r=$?
ok $r "while something else fails: $(tail -n 1 "$LAB_DIR/told")"
[ $r = 0 ] || { cat "$LAB_DIR/told"; journal; }
echo "1..$n"
