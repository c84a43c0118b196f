#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What wakes lazaretd on a host with a real ClamAV: looks come once a day here, so that whatever is
# seen was seen by an event, without a bus.  `events.sh bench` prints lines for make bench.
set -u
. "${src:?}/tests/lab/begin.sh"
lab_enter "$0" "$@"
bench=${1:-} STOPS=3
[ "$bench" != bench ] || STOPS=7

[ "$bench" != bench ] || ok() { [ "$1" = 0 ] || echo "$2: failed" >&2; }
evidence() { cat "$LAB_DIR/said"; lab_exec host journalctl -u lazaretd --no-pager -n 25; }
says() { at sh -c "lazaret status; lazaret antivirus"; grep -q "$1" "$LAB_DIR/said"; } # PATTERN

# seen PATTERN COMMAND: an event has it looked at within two seconds.
seen() {
	local ms

	at sh -c "$2"
	ms=$(lab_wait 2 says "$1")
	ok $? "seen ${ms:-not in 2000} ms after the command ended: $2"
}

rootfs=$(lab_rootfs) || quit 'a root for the host'
layer=$(lab_layer host)
store=$layer/var/lib/lazaret/store/generation-1
make -s -f "$src/Makefile" O="$O" install DESTDIR="$layer" >/dev/null || quit 'the agent installs'
mkdir -p "$layer/etc/lazaret" "$store"
: >"$layer/etc/lazaret/lazaret.conf"
lab_clam_databases "$layer/var/lib/clamav" "$(date +%s)"
cat >"$store/policy.json" <<-END
	{ "mode": "enforce", "look_every": "1d", "providers": [$(lab_provider)], "requirements": [
	  { "id": "av", "check": "antivirus", "provider": "clamav", "grace": "1h",
	    "remedies": ["antivirus-start", "antivirus-enable"] },
	  { "id": "fw", "check": "firewall", "grace": "1h", "remedies": ["firewall-enable"] } ],
	  "allow": { "policy": [ { "to": "192.0.2.9", "tcp": [443] } ] } }
	END
echo '{ "version": 1, "expires": 4000000000, "accepted": 1 }' >"$store/accepted.json"
echo '{ "policy": [ { "to": "192.0.2.9", "tcp": [443] } ] }' >"$store/allow.json"
: >"$store/enforce"
ln -s generation-1 "${store%/*}/current"
chmod -R a+rX "$layer/var/lib/lazaret"
lab_boot host "$rootfs" || quit 'the host boots'
at chown -R clamav: /var/lib/clamav && at systemctl restart clamav-daemon && at ufw --force enable &&
	at systemctl start lazaretd
ok $? 'lazaretd starts'
lab_wait 20 says '^compliant' >/dev/null || quit "compliant: $(head -n 3 "$LAB_DIR/said")"

# The antivirus-start that is there before it is needed.
waits() { lab_exec host systemctl list-units --no-legend 'lazaret-remedy-antivirus-start@*' | grep -q ' running '; }
none_waits() { ! waits; }

# A look may pass before the remedy that made it so has ended.
none_works() { ! lab_exec host systemctl -q list-units --no-legend --state=active 'lazaret-remedy-*@*' | grep -q .; }

# A lazaretd that remembers nothing: whoever keeps switching ClamAV off would be met by a pause.
anew() {
	at systemctl stop lazaretd
	lab_wait 20 none_works >/dev/null
	at sh -c 'rm -rf /var/lib/lazaret/agent/*; systemctl start lazaretd'
	lab_wait 40 says '^compliant' >/dev/null && lab_wait 40 waits >/dev/null
}

# From the end of the process to the next one in its cgroup, in microseconds.  It naps between its
# looks, as whoever measures must not take one of two processors from who is measured.
# shellcheck disable=SC2016
watch='
	at=/sys/fs/cgroup/system.slice/clamav-daemon.service/cgroup.procs
	exec 7<> <(:)
	nap() { read -r -t 0.0005 -u 7; }
	t() { echo "${EPOCHREALTIME/[.,]/}"; }
	other() { local p=; read -r p <$at && [ -n "$p" ] && [ "$p" != "$old" ]; } 2>/dev/null
	up= end=$((SECONDS + 20))
	until read -r old <$at && [ -n "$old" ]; do [ $SECONDS -lt $end ] || exit 1; done
	eval "$1" >/dev/null 2>&1 &
	while kill -0 "$old" 2>/dev/null && [ $SECONDS -lt $end ]; do nap; done
	down=$(t) end=$((SECONDS + 10))
	until { other && up=$(t); } || [ $SECONDS -ge $end ]; do nap; done
	[ -z "$up" ] || echo $((up - down))
	wait'
# stop COMMAND WHAT: how often, and the median of the milliseconds; the goal is make bench's to hold
# against, a machine that is busy otherwise gets a second.
stop() {
	local times i

	times=$(for i in $(seq "$STOPS"); do
		anew
		lab_exec host bash -c "$watch" watch "$1" 2>/dev/null
	done)
	median=$(echo "$times" | sort -n | awk '{ a[NR] = $1 } END { printf "%.1f", a[int((NR + 1) / 2)] / 1000 }')
	[ "$(echo "$times" | grep -c .)" = "$STOPS" ] && [ "${median%.*}" -lt 1000 ]
	ok $? "$1: running again each of $STOPS times, after $median ms (median)"
	[ "$bench" != bench ] || printf 'antivirus runs again: %s\t%s\tms\t50\t8\n' "$2" "$median"
}
stop 'systemctl stop clamav-daemon.service clamav-daemon.socket' 'stopped, with its socket'
stop 'systemctl kill -s KILL clamav-daemon.service; systemctl stop clamav-daemon.socket' 'killed, with its socket'

kept() { lab_exec host sh -c 'journalctl -q --no-pager _PID="$(pgrep -x lazaretd)"' | grep -q 'good firewall is kept'; }
# idle POWER: how often lazaretd wakes up by the policy's defaults, with a ClamAV that answers.
idle() {
	sed -i 's/"look_every": "1d", //' "$(lab_root host)/var/lib/lazaret/store/generation-1/policy.json"
	anew
	# Once after the start, a look later.
	lab_wait 90 kept >/dev/null
	sleep 5
	pid=$(pgrep -x lazaretd)
	printf 'idle, antivirus and firewall, %s: wake-ups a minute\t%s\t\t1\t6\n' "$1" \
		"$("$O/tests/bench/wakeups" "$pid" 60)"
	printf 'idle, antivirus and firewall, %s: RSS\t%s\tMiB\t3\t6\n' "$1" \
		"$(awk '/^VmRSS/ { printf "%.2f", $2 / 1024 }' "/proc/$pid/status")"
	printf 'idle, antivirus and firewall, %s: private\t%s\tMiB\t1\t6\n' "$1" \
		"$(awk '/^Private/ { n += $2 } END { printf "%.2f", n / 1024 }' "/proc/$pid/smaps_rollup")"
}
on_battery() {
	at sh -c 'd=/sys/class/power_supply; mkdir -p $d; mount -t tmpfs power $d && mkdir $d/BAT0 &&
		echo Battery >$d/BAT0/type && echo Discharging >$d/BAT0/status'
}
if [ "$bench" = bench ]; then
	idle 'on mains'
	on_battery && idle 'on battery'
	exit 0
fi

mended() { lab_wait 40 says '^compliant' >/dev/null; ok $? 'mended'; }
anew
ok $? 'a remedy waits for its turn'
at sh -c 'systemctl stop lazaretd; systemctl stop clamav-daemon.service clamav-daemon.socket'
lab_wait 5 none_waits >/dev/null && at systemctl is-active clamav-daemon.service
ok "$([ $? = 3 ]; echo $?)" 'without lazaretd it leaves, and has started nothing'
at systemctl start lazaretd
mended
anew
at systemctl kill -s KILL 'lazaret-remedy-antivirus-start@*'
at sh -c 'systemctl stop clamav-daemon.service clamav-daemon.socket'
lab_wait 20 lab_exec host systemctl is-active -q clamav-daemon.service >/dev/null
ok $? 'when it was killed another one starts ClamAV'
# The service ends, which is an event; half a second later systemd stops to listen, which is none.
at sh -c 'mkdir -p /run/systemd/system/dbus.socket.d
	printf "[Socket]\nExecStopPre=/bin/sleep 0.5\n" >/run/systemd/system/dbus.socket.d/slow.conf
	systemctl daemon-reload'
anew
at systemctl stop dbus.socket dbus.service
ms=$(lab_wait 4 says '^integrity: the system bus is gone')
ok $? "stopped, the bus is said to be gone ${ms:-never} ms later"
at sh -c 'systemctl stop clamav-daemon.service clamav-daemon.socket'
mended
at systemctl start dbus.socket
bus_is_back() { says '^compliant' && ! grep -q 'bus is gone' "$LAB_DIR/said"; }
lab_wait 2 bus_is_back >/dev/null
ok $? 'started, it is there again'
conf=/etc/clamav/clamd.conf
seen 'ExcludePath ^/ is not allowed' "cp -p $conf /root; echo 'ExcludePath ^/' >>$conf"
seen '^compliant' "mv /root/clamd.conf $conf; systemctl restart clamav-daemon"
seen 'no signatures are stored' 'mkdir /root/away; mv /var/lib/clamav/daily.c?d /root/away'
seen '^compliant' 'mv /root/away/* /var/lib/clamav/'

seen 'no signatures are stored: no /var/lib/clamav/main' 'mv /var/lib/clamav/main.c?d /root/away'
seen '^compliant' 'mv /root/away/* /var/lib/clamav/'
seen 'clamd cannot be executed: its mode is' 'chmod -x /usr/sbin/clamd'
seen '^compliant' 'chmod +x /usr/sbin/clamd'

# off ID COMMAND: lazaretd sees it by an event, and its remedy mends it.
off() {
	local before ms

	anew
	before=$(failed "$1")
	at sh -c "$2"
	more() { [ "$(failed "$1")" -gt "$before" ]; }
	ms=$(lab_wait 10 more "$1")
	ok $? "seen after ${ms:-} ms: $2"
	mended
}
failed() { lab_exec host journalctl -q -u lazaretd --no-pager | grep -c "$1: fail"; } # ID
off av 'systemctl disable clamav-daemon.service'
off av 'systemctl mask --now clamav-daemon.service clamav-daemon.socket'
off av 'systemctl mask --runtime clamav-daemon.service'
off av 'systemctl set-property --runtime clamav-daemon.service CPUQuota=1%'
off av 'echo 1 >/sys/fs/cgroup/system.slice/clamav-daemon.service/cgroup.freeze'
off fw 'ufw disable'
off fw 'nft flush ruleset'
off fw 'ufw default allow incoming'
off fw 'iptables -P INPUT ACCEPT; iptables -F; ip6tables -P INPUT ACCEPT; ip6tables -F'

# A stopped process wakes nobody.
sed -i 's/"look_every": "1d"/"look_every": "5s"/' "$(lab_root host)/var/lib/lazaret/store/generation-1/policy.json"
anew
lab_wait 90 kept >/dev/null
sleep 3 # the last look that its start is the cause of
at systemctl kill --signal=SIGSTOP clamav-daemon.service
in_time() {
	at journalctl -q -u lazaretd --no-pager -o cat -n 20
	grep -q '^grace, was compliant (due): av: clamd .*does not answer' "$LAB_DIR/said"
}
ms=$(lab_wait 10 in_time)
ok $? "stopped by a signal, it is seen by the next look, ${ms:-not in 10000} ms later"
mended
echo "1..$n"
