#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A host that needs a restart: its users are asked, it restarts by itself in the policy's window and
# not before, not under anybody who stands against it, and never again for the same.
set -u
. "${src:?}/tests/lab/begin.sh"
lab_enter "$0" "$@"

evidence() { lab_exec host lazaret status; }
restart() { lab_exec host lazaret status --json | grep -o '"restart":{[^}]*}'; }
tells() { restart | grep -q "$1"; }
remedy() { lab_exec host /usr/lib/lazaret/lazaret-remedy host-reboot </dev/null 2>/dev/null | tail -n 1; }

# zone FILE EPOCH - a local time by which it is two o'clock then; to the second.
zone() {
	local off=$(((7200 - $2 % 86400 + 43200 + 86400) % 86400 - 43200)) sign=
	[ $off -ge 0 ] || { sign=- off=$((-off)); }
	printf 'Zone Lab %s%02d:%02d:%02d - LAB\n' "$sign" $((off / 3600)) $((off / 60 % 60)) $((off % 60)) \
		>"$LAB_DIR/lab.zone"
	rm -rf "$LAB_DIR/zones"
	zic -d "$LAB_DIR/zones" "$LAB_DIR/lab.zone" && cp "$LAB_DIR/zones/Lab" "$1.new" && mv "$1.new" "$1"
}

# --- the host ---------------------------------------------------------------------------
rootfs=$(lab_rootfs) || quit 'a root for the host'
layer=$(lab_layer host)
repo=$LAB_DIR/repo
rm -rf "$repo" "$repo.key"
mkdir -p "$layer/etc/apt" "$layer/etc/lazaret" "$layer/etc/systemd/system" "$layer/srv" \
	"$layer/var/lib/lazaret/store/generation-1"
make -s -C "$src" O="$O" DESTDIR="$layer" install >/dev/null || quit 'make install'
: >"$layer/etc/lazaret/lazaret.conf"
lab_deb lab-tool 1.0 "$repo/pool/lab-security"
lab_apt_repo "$repo" lab-security
cp -a "$repo" "$layer/srv/repo"
echo 'deb [signed-by=/srv/repo/lab.gpg] file:/srv/repo lab-security main' >"$layer/etc/apt/sources.list"
# dpkg's lock, as dpkg takes it (fcntl(2)).
printf '%s\n' 'use Fcntl; open(F, "+>>", "/var/lib/dpkg/lock-frontend") or die;' \
	'my $l = pack("s s x4 q q i x4", F_WRLCK, 0, 0, 0, 0); fcntl(F, F_SETLK, $l) or die;' \
	'open(G, ">", "/run/locked"); sleep 999;' >"$layer/srv/lock.pl"
# What a restart does not help: it is there again after each boot.
printf '%s\n' '[Unit]' 'Before=lazaretd.service' '[Service]' 'Type=oneshot' 'RemainAfterExit=yes' \
	'ExecStart=/bin/sh -c "echo libc6 >/run/reboot-required.pkgs; : >/run/reboot-required"' \
	'[Install]' 'WantedBy=multi-user.target' >"$layer/etc/systemd/system/lab-stubborn.service"
echo '{ "mode": "enforce", "look_every": "5s", "requirements": [{ "id": "up", "check": "patches",
	"grace": "7d", "reboot": { "window": ["02:00-04:00"], "notice": "0s" } }],
	"allow": { "policy": [{ "to": "192.0.2.1", "tcp": [443] }] } }' \
	>"$layer/var/lib/lazaret/store/generation-1/policy.json"
echo '{ "version": 1, "expires": 4000000000, "accepted": 1 }' \
	>"$layer/var/lib/lazaret/store/generation-1/accepted.json"
ln -s generation-1 "$layer/var/lib/lazaret/store/current"
rm -f "$layer/etc/localtime"
zone "$layer/etc/localtime" $(($(date +%s) + 36000))
lab_boot host "$rootfs" || quit 'the host boots'
at systemd-sysusers && at systemd-tmpfiles --create lazaret.conf && at apt-get update &&
	at systemctl daemon-reload && at systemctl enable --now lab-stubborn &&
	at systemctl enable --now lazaretd
ok $? "a host with something that asks for a restart: $(tail -n 1 "$LAB_DIR/said")"

# --- asked ------------------------------------------------------------------------------
lab_wait 20 tells '"state":"asked"' >/dev/null && tells 'libc6 [^:]*: it asks for a reboot'
ok $? "its users are asked: $(restart)"
at lazaret status
grep -q '^restart: this host needs one for libc6' "$LAB_DIR/said" &&
	grep -q 'by itself at .* 02:00:00' "$LAB_DIR/said"
ok $? "lazaret status: $(grep -A 2 '^restart' "$LAB_DIR/said" | tr -s ' \n' ' ')"
at cat /run/motd.d/50-lazaret && grep -q 'needs a restart by .* (and restarts by itself at .* 02:00)' "$LAB_DIR/said"
ok $? "a line at each login: $(head -n 1 "$LAB_DIR/said")"
at cat /run/lazaret/agent/restart && grep -q '^STATE=asked$' "$LAB_DIR/said" && grep -q '^WHY=libc6' "$LAB_DIR/said"
ok $? 'a file for programs that show notices'
said=$(remedy)
[ "$said" = '= failed: no window of the policy is open' ]
ok $? "who asks lazaret-remedy out of the window is refused: $said"

# --- in the window, and somebody stands against it ----------------------------------------
at systemctl stop lazaretd
zone "$(lab_root host)/etc/localtime" $(($(date +%s) - 600))
at sh -c 'mkdir -p /run/systemd/sessions
	printf "UID=1000\nCLASS=user\nSTATE=active\n" >/run/systemd/sessions/lab'
said=$(remedy)
[ "$said" = '= failed: user 1000 is logged in' ]
ok $? "not under people who are logged in: $said"
at rm /run/systemd/sessions/lab
at systemd-run --unit lab-inhibit systemd-inhibit --what=shutdown --mode=block --who=burner \
	--why='a disc is written' sleep infinity
holds() { lab_exec host systemd-inhibit --list | grep -q burner; }
lab_wait 10 holds >/dev/null
said=$(remedy)
[[ $said == '= failed: burner '*'holds off shutdown: a disc is written' ]]
ok $? "not while somebody holds off shutdown: $said"
at systemctl stop lab-inhibit
at systemd-run --unit lab-dpkg perl /srv/lock.pl
lab_wait 10 lab_exec host test -e /run/locked >/dev/null
said=$(remedy)
[[ $said == '= failed: packages are being written: '* ]]
ok $? "not while packages are written: $said"
at systemctl stop lab-dpkg

# --- in the window ----------------------------------------------------------------------
opens=$(($(date +%s) + 7))
zone "$(lab_root host)/etc/localtime" $opens
at systemctl start lazaretd
lab_wait 5 tells "\"at\":$opens" >/dev/null && tells '"state":"asked"'
ok $? 'before the window opens it is asked for, and nothing more'
lab_wait 30 lab_gone host >/dev/null
ok $? 'in the window the host restarts'
late=$(($(date +%s) - opens))
[ $late -ge 0 ] && [ $late -lt 25 ]
ok $? "and not before: it was down $late s after the window had opened"
lab_tidy host

# --- never again ------------------------------------------------------------------------
lab_boot host "$rootfs" || quit 'the host comes up again'
lab_wait 30 tells '"state":"in-vain"' >/dev/null
ok $? "what still waits is told: $(restart)"
at lazaret status
grep -q 'it still waits; not again for that' "$LAB_DIR/said"
ok $? "$(grep '^restart' "$LAB_DIR/said")"
at lazaret check
! lab_wait 4 lab_gone host >/dev/null && at lazaret history &&
	[ "$(grep -c 'the host is restarted for' "$LAB_DIR/said")" = 1 ]
ok $? "and it does not restart again: $(grep 'is restarted for' "$LAB_DIR/said")"

# --- by force ---------------------------------------------------------------------------
key=$LAB_DIR/helpdesk
rm -f "$key".*
"$O/policy/lazaret-policy" keygen --no-passphrase "$key.pem" >/dev/null
# anew GRACE REBOOT: another policy, on a host that was never restarted; its user stays.
anew() {
	local root

	at systemctl stop lazaretd
	root=$(lab_root host)
	rm -rf "$root"/var/lib/lazaret/agent/*
	echo '{ "mode": "enforce", "look_every": "5s", "requirements": [{ "id": "up", "check": "patches",' \
		"\"grace\": \"$1\", \"reboot\": { $2 } }]," \
		"$("$O/policy/lazaret-policy" release --public "$key.pub" --for 1h | sed '1s/{//; $s/}//')," \
		'"allow": { "policy": [{ "to": "192.0.2.1", "tcp": [443] }] } }' \
		>"$root/var/lib/lazaret/store/generation-1/policy.json"
	at sh -c 'mkdir -p /run/systemd/sessions
		printf "UID=1000\nCLASS=user\nSTATE=active\n" >/run/systemd/sessions/lab'
	at systemctl start lazaretd
}
forced() { anew "$1" "\"force\": true, \"notice\": \"$2\""; } # GRACE NOTICE, without a window
history() { lab_exec host lazaret history | grep "$1"; }
journal() { lab_exec host journalctl -o cat --no-pager | grep -c "$1"; }

main_pid() { lab_exec host systemctl show -P MainPID lazaretd; }
left() { echo $(($(restart | grep -o '"at":[0-9]*' | cut -d: -f2) - $(date +%s))); }

forced 1s 5min
lab_wait 10 tells '"state":"announced"' >/dev/null
at lazaret status
grep -q '^restart: is announced to all who are logged in for libc6' "$LAB_DIR/said"
ok $? "by force it is announced to whoever is logged in: $(grep -A 1 '^restart' "$LAB_DIR/said" | tr -s ' \n' ' ')"
before=$(journal 'This host restarts in')
at sh -c 'printf "UID=1001\nCLASS=user\nSTATE=active\n" >/run/systemd/sessions/lab2'
at cat /run/lazaret/agent/restart && grep -q '^STATE=announced$' "$LAB_DIR/said" &&
	grep -q '^BY=[1-9]' "$LAB_DIR/said" && grep -q '^WHY=libc6' "$LAB_DIR/said" &&
	at cat /run/motd.d/50-lazaret && grep -q 'needs a restart by 20.*: libc6' "$LAB_DIR/said"
ok $? "the files for its users say by when and why: $(head -n 1 "$LAB_DIR/said")"
told_again() { [ "$(journal 'This host restarts in')" = $((before + 1)) ]; }
lab_wait 10 told_again >/dev/null
ok $? 'and so is who logs in later'
at rm /run/systemd/sessions/lab2
at lazaret release --plain
token=$("$O/policy/lazaret-policy" release --challenge "$(cat "$LAB_DIR/said")" --for 30min \
	--reason 'a talk is on' --key "$key.pem" 2>/dev/null)
before=$(journal 'that was announced is called off')
at lazaret release "$token"
lab_wait 5 tells '"state":"asked"' >/dev/null &&
	[ "$(journal 'that was announced is called off')" = $((before + 1)) ] && [ "$(left)" -gt 1700 ]
ok $? "a release calls it off until it ends, in $(left) s"

# Its window goes by while it is announced: another time zone, here.
zone "$(lab_root host)/etc/localtime" $(($(date +%s) - 600))
anew 7d '"window": ["02:00-04:00"], "users": "ignore", "notice": "5min"'
lab_wait 10 tells '"state":"announced"' >/dev/null
before=$(journal 'that was announced is called off')
zone "$(lab_root host)/etc/localtime" $(($(date +%s) + 36000))
at lazaret check
lab_wait 5 tells '"state":"asked"' >/dev/null &&
	[ "$(journal 'that was announced is called off')" = $((before + 1)) ] && [ "$(left)" -gt 35000 ]
ok $? "one whose window is no longer open is called off until the next, in $(left) s"

# --- it fails, or cannot be kept ----------------------------------------------------------
at systemctl mask --runtime reboot.target
forced 1s 0s
lab_wait 15 history 'was not restarted' >/dev/null
ok $? "a restart that fails is remembered: $(history 'was not restarted')"
at systemctl restart lazaretd
lab_wait 10 tells '"state":"asked"' >/dev/null
[ "$(left)" -gt 600 ] && [ "$(history 'is restarted for' | wc -l)" = 1 ]
ok $? "also by the next lazaretd, which waits $(left) s"
at systemctl stop lazaretd
ledger=$(lab_root host)/var/lib/lazaret/agent/ledger
# It had failed twice, two hours ago: an entry as lazaretd writes it (agent/ledger.h).
entry=" 1000 $(($(date +%s) - 7200)) reboot tried $(awk '$5 == "begun" { id = $6 } END { print id }' "$ledger") 2"
printf '%s%s\n' "$(printf %s "$entry" | sha256sum | cut -c 1-32)" "$entry" >>"$ledger"
at systemctl start lazaretd
lab_wait 10 tells '"state":"failed"' >/dev/null
at lazaret status
grep -q '^restart: this host could not be restarted' "$LAB_DIR/said"
ok $? "the third that fails is the last: $(grep -A 1 '^restart' "$LAB_DIR/said" | tr -s ' \n' ' ')"
at systemctl unmask --runtime reboot.target
at systemctl daemon-reload

# It is announced, and then no file that lazaretd writes can grow (setrlimit(2)).
drop=$(lab_root host)/run/systemd/system/lazaretd.service.d
mkdir -p "$drop"
printf '%s\n' '[Service]' 'ExecStart=' \
	"ExecStart=/bin/sh -c 'trap \"\" XFSZ; exec /usr/sbin/lazaretd'" >"$drop/lab.conf"
at systemctl daemon-reload
forced 1s 4s
lab_wait 10 tells '"state":"announced"' >/dev/null
size=$(stat -c %s "$(lab_root host)/var/lib/lazaret/agent/ledger")
at setpriv --reuid=lazaret --regid=lazaret --clear-groups prlimit --fsize="$size" \
	--pid "$(main_pid)"
lab_wait 10 tells '"outcome":"the ledger cannot be written' >/dev/null && tells '"state":"asked"' &&
	! history 'is restarted for'
ok $? "a restart that cannot be kept is none: $(restart)"
rm -r "$drop"
at systemctl daemon-reload

forced 6s 2s
lab_wait 10 tells '"until":[1-9]' >/dev/null
due=$(restart | grep -o '"until":[0-9]*' | cut -d: -f2)
lab_wait 20 lab_gone host >/dev/null
ok $? 'at the deadline the host restarts, whoever is logged in'
late=$(($(date +%s) - ${due:-0}))
[ $late -ge -1 ] && [ $late -lt 20 ]
ok $? "and not before: it was down $late s after its deadline"
lab_tidy host
echo "1..$n"
