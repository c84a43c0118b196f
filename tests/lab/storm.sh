#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every way to switch ClamAV and the firewall off that is known to us, all of them at once and in
# random order, on a real host with lazaretd.  Each round has to end with the host compliant, or in
# quarantine for a reason that a look of our own finds, too.
#
#	STORM_ROUNDS (1)	STORM_SEED of the dice (1)	STORM_SECONDS a round may take (110)
#	STORM_IPTABLES (nft) or legacy: by which ufw lays its rules
set -u
. "${src:?}/tests/lab/begin.sh"
. "$src/tests/lab/scanned.sh"
lab_enter "$0" "$@"
rounds=${STORM_ROUNDS:-1} limit=${STORM_SECONDS:-110}
RANDOM=${STORM_SEED:=1}
echo "# STORM_SEED=$STORM_SEED"

journal() { at journalctl -u lazaretd -u clamav-daemon --no-pager -n 80 -o cat; tell; }

# --- the host ---------------------------------------------------------------------------
# The updater fetches from a folder, and from there only, as the policy has to allow.
mirror() {
	at sh -c 'mkdir /srv/mirror && cp /var/lib/clamav/daily.cud /srv/mirror/ &&
		printf "%s\n" "DatabaseCustomURL file:///srv/mirror/daily.cud" "ExcludeDatabase main" \
			"ExcludeDatabase daily" "ExcludeDatabase bytecode" >>/etc/clamav/freshclam.conf &&
		sed -i "/ExcludeDatabase/d" /var/lib/lazaret/store/current/policy.json &&
		systemctl unmask clamav-freshclam && systemctl restart clamav-freshclam'
}
remedies='["antivirus-start", "antivirus-enable", "antivirus-restore", "antivirus-reinstall"]'
scanned_boot '{ "id": "av", "check": "antivirus", "provider": "clamav", "grace": "0s", "remedies": '"$remedies }"',
	{ "id": "fw", "check": "firewall", "grace": "0s", "remedies": ["firewall-enable"] }' &&
	mirror && at update-alternatives --set iptables "/usr/sbin/iptables-${STORM_IPTABLES:=nft}" &&
	at update-alternatives --set ip6tables "/usr/sbin/ip6tables-$STORM_IPTABLES" &&
	at ufw --force enable && look firewall
r=$?
ok $r 'ClamAV answers, ufw is on, and its updater has a mirror'
[ $r = 0 ] || tell

# --- the ways ---------------------------------------------------------------------------
unit=clamav-daemon.service etc=/etc/systemd/system/clamav-daemon.service conf=/etc/clamav/clamd.conf
ways=(
	'systemctl stop clamav-daemon.service clamav-daemon.socket'
	"systemctl kill -s KILL $unit"
	"systemctl kill --signal=SIGSTOP $unit"
	"systemctl freeze $unit"
	"systemctl disable $unit"
	"systemctl mask --now $unit clamav-daemon.socket"
	"systemctl mask --runtime $unit"
	"rm -f $etc; : >$etc; systemctl daemon-reload"
	"mkdir -p $etc.d; printf '[Unit]\nConditionPathExists=/nowhere\n' >$etc.d/no.conf; systemctl daemon-reload"
	"printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >$etc; systemctl daemon-reload; systemctl restart $unit"
	"systemctl set-property --runtime $unit CPUQuota=1%"
	"echo 'ExcludePath ^/' >>$conf"
	"sed -i 's/^MaxFileSize .*/MaxFileSize 1K/' $conf; chattr +i $conf"
	"sed -i 's|^LocalSocket .*|LocalSocket /tmp/elsewhere|' $conf"
	"chattr -i $conf; rm -f $conf"
	'chmod -x /usr/sbin/clamd'
	'rm -f /usr/sbin/clamd; chattr +i /usr/share/doc/clamav-daemon/copyright'
	'rm -f /var/lib/clamav/daily.c?d'
	'apt-mark hold clamav-daemon'
	'apt-get -y --allow-change-held-packages remove clamav-daemon'
	'rm -rf /var/lib/apt/lists/*; mv /etc/apt/sources.list /root'
	"printf 'Package: clamav*\nPin: release *\nPin-Priority: -1\n' >/etc/apt/preferences.d/no"
	'ufw disable'
	'iptables -P INPUT ACCEPT; iptables -F; ip6tables -P INPUT ACCEPT; ip6tables -F'
	'nft flush ruleset'
	'ufw default allow incoming'
	'ufw --force reset'
	'systemctl mask ufw.service; systemctl mask --runtime ufw.service'
	'systemctl stop ufw.service; systemctl disable ufw.service'
)

# Why the host is in quarantine, when a look that begins now finds each of it, too.
is_true() {
	local all='' check why

	for check in antivirus firewall; do
		at lazaret "$check"
		grep -q '^pass' "$LAB_DIR/said" && continue
		why=$(sed -n 1p "$LAB_DIR/said")
		look $check && return 1
		all+="$why; "
	done
	[ -n "$all" ] && echo "${all%; }"
}

# dice SEED: bytes, the same each time.
dice() { awk -v s="$1" 'BEGIN { srand(s); while (i++ < 4096) printf "%c", 33 + int(rand() * 90) }'; }
compliant=0 held=0 times=()
for ((i = 1; i <= rounds; i++)); do
	fresh "$limit" || { ok 1 "round $i begins compliant"; journal; continue; }
	seed=$RANDOM # in the substitution below it would be another one each time
	order=$(seq 0 $((${#ways[@]} - 1)) | shuf --random-source=<(dice $seed))
	# One after the other, while repairs begin between them; most times all at the same moment.
	{ for w in $order; do echo "{ ${ways[w]}; } $([ $((i % 4)) = 0 ] || echo '&')"; done; echo wait; } |
		lab_exec host sh -s >"$LAB_DIR/said" 2>&1
	t=$(becomes compliant "$limit")
	r=$?
	[ $r != 0 ] || { look antivirus && look firewall; r=$?; }
	if [ $r = 0 ]; then
		compliant=$((compliant + 1)) times+=("$t")
		ok 0 "round $i: compliant after $t ms"
	elif is quarantined && why=$(is_true); then
		held=$((held + 1))
		ok 0 "round $i, ways ${order//$'\n'/ }: quarantined: $why"
		journal
	else
		ok 1 "round $i, ways ${order//$'\n'/ }: neither compliant nor quarantined for what is true"
		at lazaret status; tell; journal
	fi
	at sh -c "chattr -i $conf; rm -f /etc/apt/preferences.d/no; [ ! -e /root/sources.list ] ||
		mv /root/sources.list /etc/apt/"
done
middle=$(printf '%s\n' "${times[@]}" | sort -n | sed -n "$(((${#times[@]} + 1) / 2))p")
echo "# $compliant of $rounds rounds compliant again, after ${middle:-?} ms (median), $held in quarantine"
[ $((compliant + held)) = "$rounds" ]
ok $? "${#ways[@]} ways at once: of $rounds rounds $compliant ended compliant, $held in quarantine for a true reason, no other way"
echo "1..$n"
