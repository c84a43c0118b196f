#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lazaretd against trouble on a real host: the mirror gone while it is needed, dpkg killed in the
# middle, somebody who switches ClamAV off again and again, also while something else fails that
# nobody can mend.  Each time the host has to end repaired.
#
#	CHAOS_SEED    of the dice (1)
#	CHAOS_KILLS   of dpkg at random times (2)
set -u
. "${src:?}/tests/lab/begin.sh"
. "$src/tests/lab/scanned.sh"
lab_enter "$0" "$@"
kills=${CHAOS_KILLS:-2}
RANDOM=${CHAOS_SEED:=1}
echo "# CHAOS_SEED=$CHAOS_SEED"

journal() { at journalctl -u lazaretd --no-pager -n 40 -o cat; tell; }
mend() { probe mend "$1"; }

# --- the host ---------------------------------------------------------------------------
remedies='["antivirus-start", "antivirus-enable", "antivirus-restore", "antivirus-reinstall"]'
scanned_boot '{ "id": "av", "check": "antivirus", "provider": "clamav", "grace": "0s", "tug": "quarantine",
	"remedies": '"$remedies }"
ok $? 'ClamAV answers'
tell_unless() { [ "$1" = 0 ] || { tell; journal; }; }

fresh 60
r=$?
ok $r 'the host is compliant'
tell_unless $r

# --- a mirror that is down --------------------------------------------------------------
fresh 60
at sh -c 'mv /srv/repo /srv/away; apt-get -y --allow-change-held-packages purge clamav-daemon'
becomes quarantined 30 >/dev/null
r=$?
tell_unless $r
ok $r 'without a package and a mirror the host is quarantined'
failed() { at lazaret history; grep -q 'repair antivirus-reinstall: ' "$LAB_DIR/said"; }
lab_wait 60 failed >/dev/null
ok $? "it says why: $(grep 'antivirus-reinstall: ' "$LAB_DIR/said" | tail -n 1 | cut -c1-160)"
at sh -c 'mv /srv/away /srv/repo'
t=$(lab_wait 90 is compliant)
r=$?
ok $r "with the mirror it is repaired, by itself, after ${t:-?} ms"
tell_unless $r

# --- dpkg is killed ---------------------------------------------------------------------
at systemctl stop lazaretd
bad=0 cut=0
none_runs() { ! lab_exec host systemctl list-units --no-legend 'lazaret-remedy-*@*.service' | grep -q .; }
for ((i = 0; cut < kills && i < 5 * kills; i++)); do # some it does not live long enough for
	at apt-get -y --allow-change-held-packages purge clamav-daemon
	mend antivirus-reinstall &
	lab_wait 30 lab_exec host pgrep -x dpkg >/dev/null
	sleep "$((RANDOM % 2)).$((RANDOM % 10))"
	at pkill -9 -x 'dpkg|dpkg-deb|apt-get|clamav-daemon.p' && cut=$((cut + 1))
	wait $!
	# Killed late, ClamAV may run while dpkg is half done: the next repair mends that, too.
	# Its socket takes one at a time, and the unit before may still end what apt-get left.
	lab_wait 60 none_runs >/dev/null
	mend antivirus-reinstall && look antivirus &&
		at dpkg --audit && [ ! -s "$LAB_DIR/said" ] ||
		{ bad=$((bad + 1)); tell; at journalctl --no-pager -n 15 -o cat; tell; }
done
ok $((bad + kills - cut)) "dpkg killed $cut times of $kills: the next repair mends all of it"

# The worst of it, for certain: what was cut off while it was unpacked, and what waits for it.
at sh -c "dpkg --force-depends --unpack /srv/repo/pool/lab/clamav-daemon*.deb
	sed -i '/^Package: clamav-base\$/,/^\$/s/^Status: .*/Status: install reinstreq half-installed/' \\
		/var/lib/dpkg/status"
at dpkg --audit
grep -q clamav-base "$LAB_DIR/said" && mend antivirus-reinstall && look antivirus && at dpkg --audit && [ ! -s "$LAB_DIR/said" ]
r=$?
ok $r 'a package that was cut off, and one that waits for it, are mended'
tell_unless $r

# --- somebody keeps switching it off ----------------------------------------------------
fresh 60
rests() { at lazaret --json status; grep -q '"grade":"pass"' "$LAB_DIR/said" && ! grep -q '"running":true' "$LAB_DIR/said"; }
for ((i = 1; i <= 6; i++)); do
	# It stays until it is asked who it was.
	at systemd-run -q --wait --unit "night-$i" sh -c 'systemctl stop clamav-daemon.service clamav-daemon.socket; sleep 2; :'
	at lazaret check
	[ $i = 6 ] || lab_wait 20 rests >/dev/null || break
done
told() { at lazaret history; grep -q 'av failed again' "$LAB_DIR/said"; } # who it was is asked for first
lab_wait 20 told >/dev/null
t=$(grep 'av failed again' "$LAB_DIR/said" | tail -n 1)
echo "$t" | grep -q ': last by process [0-9]* of night-[0-9].service: .*systemctl stop clamav-daemon'
r=$?
ok $r "a tug-of-war is told, and who it is with: $t"
[ $r = 0 ] || journal
lab_wait 30 look antivirus >/dev/null
at lazaret check
is quarantined && grep -q 'failed again .* last by process [0-9]* of night-' "$LAB_DIR/said"
r=$?
ok $r 'ClamAV is back, and the policy holds the host all the same'
tell_unless $r
at systemctl kill -s KILL lazaretd
sleep 1
lab_wait 20 is quarantined >/dev/null && grep -q 'failed again' "$LAB_DIR/said"
ok $? 'also after lazaretd was killed'

# --- one fault lasts, and others begin --------------------------------------------------
at systemctl stop lazaretd
lab_clamdb daily 27000 $(($(date +%s) - 30 * 86400)) "$LAB_DIR/old.cud"
lab_exec host tee /var/lib/clamav/daily.cud <"$LAB_DIR/old.cud" >/dev/null
at systemctl reset-failed clamav-daemon.service clamav-daemon.socket
at systemctl restart clamav-daemon.socket clamav-daemon.service
old() { look antivirus; grep -q 'loaded signatures .* the policy allows' "$LAB_DIR/said"; }
lab_wait 20 old >/dev/null
at sh -c 'mv /srv/repo /srv/away; rm -rf /var/lib/lazaret/agent; cd /var/lib/lazaret/store/current
	sed -i "s/ .antivirus-enable., .antivirus-restore.,//" policy.json; systemctl reset-failed lazaretd; systemctl start lazaretd'
waits() { at lazaret status; grep -q 'next repair in' "$LAB_DIR/said"; }
rests() { waits && grep -q 'antivirus-start .* rests$' "$LAB_DIR/said"; }
t=$(lab_wait 200 rests)
r=$?
ok $r "signatures that are too old, and no mirror: antivirus-start rests after ${t:-?} ms"
tell_unless $r
runs() { lab_exec host pgrep -x clamd >/dev/null; }
first=''
for ((i = 1; i <= 6; i++)); do
	at systemctl stop clamav-daemon.service clamav-daemon.socket
	t=$(lab_wait 5 runs) || break
	first=${first:-$t}
	lab_wait 20 waits >/dev/null || break
done
ok "$([ "${first:-9999}" -lt 1000 ]; echo $?)" "stopped meanwhile, ClamAV runs again after ${first:-?} ms"
lab_wait 20 told >/dev/null
t=$(grep 'av failed again' "$LAB_DIR/said" | tail -n 1)
ok "$([ -n "$t" ]; echo $?)" "stopped again and again, that is a tug-of-war: $t"
[ -n "$t" ] || journal
echo "1..$n"
