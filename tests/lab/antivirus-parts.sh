#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What belongs to an antivirus besides its daemon, on a real host: its updater, its scanner of opened
# files, what began before a file was put right, and a product that is asked by a command.
set -u
. "${src:?}/tests/lab/begin.sh"
. "$src/tests/lab/antivirus-host.sh"
lab_enter "$0" "$@"
antivirus_host

# --- the updater ------------------------------------------------------------------------
fresh=clamav-freshclam.service conf=/etc/clamav/freshclam.conf
part=updater
in_force updater
off enable "$fresh is masked" "systemctl mask --now $fresh"
off start "freshclam does not run in $fresh" "systemctl stop $fresh"
off start "freshclam does not run in $fresh" "for i in 1 2 3 4 5 6; do systemctl restart $fresh; done; systemctl stop $fresh"
off start 'is stopped' "systemctl kill --signal=SIGSTOP $fresh"
off enable "$fresh is not enabled" "systemctl disable --now $fresh"
off enable "sets ExecStart" "mkdir -p /etc/systemd/system/$fresh.d
	printf '[Service]\nExecStart=\nExecStart=/bin/sleep infinity\n' >/etc/systemd/system/$fresh.d/no.conf
	systemctl daemon-reload; systemctl restart $fresh"
off enable "freshclam does not run" "printf '[Service]\nWorkingDirectory=/nowhere\n' >/etc/systemd/system/$fresh.d/where.conf
	systemctl daemon-reload; systemctl restart $fresh"
off restore 'PrivateMirror .* is not allowed' "echo 'PrivateMirror 192.0.2.9' >>$conf; systemctl restart $fresh"
at systemctl is-active -q $fresh
ok $? 'and it runs'
# refused REMEDY WHY: it does not get that far, and says so.
refused() {
	probe mend "antivirus-$1"
	[ $? = 1 ] && grep -q "^failed: .*$2" "$LAB_DIR/said"
}
at sh -c 'mkdir -p /etc/cron.d; touch /etc/cron.d/clamav-freshclam; systemctl stop clamav-daemon.service clamav-daemon.socket'
probe mend antivirus-start && at systemctl is-active -q $fresh
ok $? "one that runs is left running: its condition fails by now"
at sh -c "printf '[Service]\nEnvironment=A=b\n' >$etc.d/calm.conf; systemctl daemon-reload; systemctl stop $fresh"
refused enable "freshclam does not come up" && at test -e $etc.d/calm.conf
ok $? 'what was not the cause is put back'
at sh -c "rm /etc/cron.d/clamav-freshclam $etc.d/calm.conf; mv /usr/bin/freshclam /root
	systemctl mask --now clamav-daemon.service clamav-daemon.socket"
refused enable '/usr/bin/freshclam is not there' && at systemctl is-active -q clamav-daemon
ok $? 'without its updater the daemon runs all the same'
at sh -c 'mv /root/freshclam /usr/bin; cd /var/lib/lazaret/store; cp -a generation-updater generation-timer
	sed -i "s/clamav-freshclam.service/clamav-freshclam-once.timer/; s|, \"program\": \"/usr/bin/freshclam\"||" \
		generation-timer/policy.json
	ln -sfn generation-timer current; systemctl stop clamav-daemon.service clamav-daemon.socket'
probe mend antivirus-start && at systemctl is-active -q clamav-freshclam-once.timer
ok $? 'an updater that a timer starts'
in_force 1
at sh -c "systemctl disable --now clamav-freshclam-once.timer
	mkdir -p /etc/systemd/system-generators; cd /etc/systemd/system-generators
	printf '#!/bin/sh\nmkdir \$2/\$0.d; printf \"[Unit]\\\\nConditionPathExists=/nowhere\" >\$2/\$0.d/no.conf\n' |
		sed 's/\$0/clamav-daemon.service/g' >no; chmod +x no
	systemctl mask --now $fresh; systemctl daemon-reload; systemctl stop clamav-daemon.service clamav-daemon.socket"
refused enable 'made anew by a generator of systemd: see systemd/system-generators'
ok $? "what a generator makes: $(tail -n 1 "$LAB_DIR/said")"
at sh -c 'rm /etc/systemd/system-generators/no; systemctl daemon-reload'
probe mend antivirus-enable
at systemctl is-enabled $fresh
grep -qx masked "$LAB_DIR/said"
ok $? 'an updater that nobody demands and nobody misses is left as it is'
at systemctl mask --now $fresh # there is nobody whom it could ask
part=antivirus conf=/etc/clamav/clamd.conf

# --- on access --------------------------------------------------------------------------
# What clamonacc watches only lazaret-witness can see; lazaretd asks it and tells.
told() { at lazaret antivirus; grep -q "$1" "$LAB_DIR/said"; } # PATTERN
becomes() { # PATTERN
	at lazaret check
	lab_wait 20 told "$1" >/dev/null
	r=$?
	ok $r "$(grep "$1" "$LAB_DIR/said" | head -n 1 | tr -s ' ')"
	[ $r = 0 ] || tell
}
# A drop-in that is gone leaves no trace but in what runs, and in lazaretd's memory.
at sh -c "sed 's/^ScanPE .*/ScanPE no/' $conf >/run/other.conf; mkdir -p $etc.d
	printf '[Service]\nExecStart=\nExecStart=/usr/sbin/clamd --foreground=true -c /run/other.conf\n' >$etc.d/no.conf
	systemctl daemon-reload; systemctl restart clamav-daemon lazaretd"
becomes 'fail .*clamav-daemon.service .*no.conf sets ExecStart'
at sh -c "rm $etc.d/no.conf; systemctl daemon-reload"
becomes 'fail .*restart .*clamd runs since before clamav-daemon.service was put right'
probe mend antivirus-enable
ok $? 'which antivirus-enable mends, as it finds nothing else'
becomes '^ *pass  *av: ClamAV .* answers'
at sh -c 'tr "\0" " " </proc/$(pgrep -x clamd)/cmdline'
! grep -q other.conf "$LAB_DIR/said"
ok $? "and it runs as packaged: $(cat "$LAB_DIR/said")"
at sh -c 'systemctl stop lazaretd; rm -rf /var/lib/lazaret/agent/*'

in_force watched
at sh -c "mkdir /root/quarantine; printf 'OnAccessIncludePath /srv\nOnAccessExcludeUname clamav\n' >>$conf
	systemctl restart clamav-daemon && systemctl enable clamav-clamonacc &&
	systemctl start lazaret-witness.socket && systemctl start lazaretd"
ok $? 'lazaretd starts'
lab_wait 10 told 'fail .*clamonacc runs ' >/dev/null
ok $? 'a scanner of opened files that is demanded and does not run'
in_force guarded
at systemctl restart lazaretd
guarded() { at systemctl is-active -q clamav-clamonacc && passes; }
for done in 'that never ran is started' 'and again, when it is stopped'; do
	t0=$(lab_now)
	lab_wait 30 guarded >/dev/null && told 'pass .*watches  *it watches'
	r=$?
	ok $r "$done, after $(($(lab_now) - t0)) ms: $(grep 'watches  ' "$LAB_DIR/said" | tr -s ' ')"
	[ $r = 0 ] || { tell; at journalctl -u lazaretd -u 'lazaret-*' -u clamav-clamonacc --no-pager -n 30; tell; }
	at systemctl stop clamav-clamonacc
done
in_force watched
at sh -c 'systemctl start clamav-clamonacc; systemctl restart lazaretd'
lab_wait 20 told 'pass .*clamonacc runs ' >/dev/null
# lazaretd's own unit hides others' processes from it.
at systemctl kill --signal=SIGSTOP clamav-clamonacc
becomes 'fail .*clamonacc runs .*is stopped'
at systemctl kill --signal=SIGCONT clamav-clamonacc
becomes 'pass .*clamonacc runs '
in_force guarded
at sh -c 'pgrep -x clamd >/root/was'
probe mend antivirus-enable && at sh -c 'pgrep -x clamd | cmp - /root/was'
ok $? 'what root cannot judge either is no reason to begin anew what works'
in_force watched
# A mount, not the files on it: in a copy of it nobody opens any.
alone=/run/systemd/system/clamav-clamonacc.service.d
again() { at sh -c "systemctl daemon-reload; systemctl restart clamav-daemon clamav-clamonacc; sleep 1; systemctl restart lazaretd"; }
at sh -c "mkdir /srv/m; mount -t tmpfs -o mode=755 m /srv/m
	sed -i 's|^OnAccessIncludePath .*|OnAccessMountPath /srv/m|' $conf" && again
lab_wait 20 told 'pass .*watches  *it watches 1 places' >/dev/null
ok $? "of a mount it watches all: $(grep 'watches  ' "$LAB_DIR/said" | tr -s ' ')"
at sh -c "mkdir -p $alone; printf '[Service]\nPrivateDevices=yes\n' >$alone/alone.conf" && again
lab_wait 20 told 'fail .*watches no place' >/dev/null
ok $? "with mounts of its own it watches none: $(grep 'watches  ' "$LAB_DIR/said" | tr -s ' ')"
at sh -c "rm -r $alone; sed -i 's|^OnAccessMountPath .*|OnAccessIncludePath /nowhere|' $conf; systemctl daemon-reload
	systemctl restart clamav-daemon clamav-clamonacc; sleep 0.5; systemctl restart lazaretd"
lab_wait 20 told 'fail .*\(watches no place\|clamonacc does not run\)' >/dev/null
r=$?
ok $r "$(grep 'fail ' "$LAB_DIR/said" | head -n 1)"
[ $r = 0 ] || tell
at lazaret antivirus
grep -o '^ *\(pass\|fail\|unknown\) ' "$LAB_DIR/said" | tr -d ' ' >"$LAB_DIR/text"
at lazaret --json antivirus
python3 -c 'import json, sys
for r in json.load(sys.stdin)["requirements"]:
    print(r["grade"], *(e["grade"] for e in r["evidence"]), sep="\n")' <"$LAB_DIR/said" >"$LAB_DIR/json"
r=$?
[ $r = 0 ] && [ "$(head -n 1 "$LAB_DIR/json")" = fail ] && cmp "$LAB_DIR/text" "$LAB_DIR/json"
r=$?
ok $r "lazaret antivirus gives as JSON the same $(wc -l <"$LAB_DIR/json") grades"
[ $r = 0 ] || tell

# --- asked by command -------------------------------------------------------------------
by() { in_force "asked-$1"; at systemctl restart lazaretd; } # MODE
asked() { # PATTERN WHAT
	lab_wait 20 told "$1" >/dev/null
	r=$?
	ok $r "$2: $(grep "$1" "$LAB_DIR/said" | head -n 1 | tr -s ' ')"
	[ $r = 0 ] || { tell; at journalctl -u lazaretd -u 'lazaret-health*' -u 'lazaret-remedy*' --no-pager -n 30; tell; }
}
at sh -c 'systemctl stop clamav-clamonacc; systemctl start lazaret-health.socket'
by audit
asked 'pass .*answer .*clamdscan says that it works' 'a program of the vendor is asked'
at sh -c 'chmod o+w /usr/bin/clamdscan; systemctl restart lazaretd'
asked 'fail .*answer .*clamdscan may be changed by others than root' 'which is not run when anybody may change it'
at sh -c 'chmod o-w /usr/bin/clamdscan; chmod 600 /run/clamav/clamd.ctl; systemctl restart lazaretd'
asked 'fail .*answer .*clamdscan ended with status' 'it sees a daemon that runs and serves nobody'
at chmod 666 /run/clamav/clamd.ctl
by enforce
asked 'pass .*answer .*clamdscan says that it works' 'and that it does again'
at systemctl stop clamav-daemon.socket clamav-daemon.service
mended() { at journalctl -u lazaretd --no-pager; grep -q 'remedy antivirus-start is done' "$LAB_DIR/said"; }
lab_wait 20 mended >/dev/null
ok $? 'stopped, the remedy waits until the program says that it works'
grep -q 'antivirus-start: starting ' "$LAB_DIR/said"
ok $? 'what the remedy said is in the journal'
repaired() { lab_exec host lazaret antivirus >"$LAB_DIR/said" 2>&1; grep -q '^  last repair: antivirus-start: done' "$LAB_DIR/said"; }
lab_wait 20 repaired >/dev/null
r=$?
ok $r 'and that it ran is told'
[ $r = 0 ] || tell
at lazaret --json antivirus
lab_exec host python3 -c 'import json, sys
sys.exit(json.load(sys.stdin)["requirements"][0]["last_repairs"][0]["name"] != "antivirus-start")' <"$LAB_DIR/said"
ok $? 'in JSON, too'
asked 'pass .*answer .*clamdscan says that it works' 'and so does the look'
echo "1..$n"
