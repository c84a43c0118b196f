# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A host with the real ufw, firewalld and nftables.service, iptables-persistent to be installed, and
# none of them on.  Nothing is repaired before a test has it done.  Sourced after begin.sh.

mend() { probe mend firewall-enable; }
look() { at /usr/lib/lazaret/probe look firewall; }

# refused TEXT WHAT: the remedy fails and says why.
refused() {
	mend
	[ $? = 1 ] && grep -q "^failed: .*$1" "$LAB_DIR/said"
	ok $? "$2: $(tail -n 1 "$LAB_DIR/said")"
}

# A firewall that drops all is none: the host hears not even itself.
answered() {
	at sh -c 'ping -q -c 1 -W 1 127.0.0.1 && { ! ip -6 addr show dev lo | grep -q ::1 || ping -q -c 1 -W 1 ::1; }'
}

# off SEEN BY COMMAND: after COMMAND a look fails and has SEEN in it; the remedy mends it, and then
# inbound is closed BY that chain.
off() {
	local seen=$1 by=$2 t0 t1 r

	at sh -c "$3"
	t0=$(lab_now)
	look
	r=$?
	t1=$(lab_now)
	[ $r = 1 ] && grep -q '^fail: inbound' "$LAB_DIR/said" && grep -q "$seen" "$LAB_DIR/said"
	r=$?
	ok $r "seen in $((t1 - t0)) ms: $(echo "$3" | tr -s "\n\t" " ")"
	[ $r = 0 ] || tell
	t0=$(lab_now)
	mend
	r=$?
	[ $r = 0 ] || tell
	t1=$(lab_now)
	[ $r = 0 ] && { look && grep -q "^pass: .*by $by" "$LAB_DIR/said" && answered; r=$?; [ $r = 0 ] || tell; }
	ok $r "restored in $((t1 - t0)) ms: inbound is closed by $by, and answers come in"
}

# Copies, as lazaretd has them made when the firewall is good.
copies() {
	at /usr/lib/lazaret/lazaret-keep && grep -q '^= ok' "$LAB_DIR/said"
	r=$?
	ok $r "its configuration is copied: $1"
	[ $r = 0 ] || tell
}

# back FILE TEXT: that file has that text in it again.
back() {
	at grep -q "$2" "$1"
	ok $? "and $1 is back"
}

# told TEXT WHAT: lazaretd says so, soon.
shows() { lab_exec host lazaret firewall >"$LAB_DIR/said" 2>&1; grep -q "$1" "$LAB_DIR/said"; }
told() {
	lab_wait 20 shows "$1" >/dev/null
	shows "$1"
	r=$?
	ok $r "$2"
	[ $r = 0 ] || tell
}

# Boots it; the policy is there, and in force once somebody makes the link `current`.
firewall_host() {
	rootfs=$(lab_rootfs firewalld 'iptables-persistent netfilter-persistent') || quit 'a root for the host'
	layer=$(lab_layer host)
	store=$layer/var/lib/lazaret/store
	mkdir -p "$layer/usr/lib/lazaret" "$layer/usr/lib/systemd/system" "$layer/usr/lib/sysusers.d" \
		"$layer/usr/lib/tmpfiles.d" "$store/generation-1" "$layer/etc/systemd/system"
	install "$O/agent/remedy/lazaret-remedy" "$O/agent/remedy/lazaret-keep" "$O/agent/remedy/lazaret-witness" "$O/agent/remedy/lazaret-legacy" "$O/tests/lab/probe" "$layer/usr/lib/lazaret/"
	mkdir -p "$layer/usr/bin" "$layer/usr/sbin" "$layer/etc/lazaret"
	install "$O/agent/lazaretd" "$layer/usr/sbin/"
	install "$O/agent/lazaret" "$layer/usr/bin/"
	: >"$layer/etc/lazaret/lazaret.conf"
	install -m 644 "$O"/systemd/lazaret-remedy-* "$O"/systemd/lazaret-keep* "$O"/systemd/lazaret-witness* "$O"/systemd/lazaret-legacy* "$O/systemd/lazaret.slice" "$O/systemd/lazaretd.service" \
		"$layer/usr/lib/systemd/system/"
	install -m 644 "$src/systemd/sysusers.d/lazaret.conf" "$layer/usr/lib/sysusers.d/"
	install -m 644 "$src/systemd/tmpfiles.d/lazaret.conf" "$layer/usr/lib/tmpfiles.d/"
	printf '{ "mode": "audit", "requirements": [%s] }\n' '{ "id": "fw", "check": "firewall",
		"grace": "0s", "exposed": ["tcp/22", "tcp/30000-40000"], "baseline": true }' \
		>"$store/generation-1/policy.json"
	echo '{ "version": 1, "expires": 4000000000, "accepted": 1 }' >"$store/generation-1/accepted.json"
	lab_boot host "$rootfs" || quit 'the host boots'
	at sh -c 'systemctl disable --now firewalld ufw; nft flush ruleset; mv /usr/sbin/firewalld /usr/sbin/firewalld.away' &&
		at systemd-sysusers && at systemd-tmpfiles --create lazaret.conf &&
		at systemctl start lazaret-remedy-firewall-enable.socket
	ok $? 'the socket of the remedy listens'
}
