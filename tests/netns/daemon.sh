#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# lazaretd in the foreground, without systemd and bus, in a network of its own: as it is, and
# as sanitizers see it.
set -u
. "${src:?}/tests/netns/alone.sh"

begin() {
	"$b/agent/lazaretd" --foreground --config "$dir/lazaret.conf" >"$dir/log" 2>&1 &
	pid=$!
}
end() {
	kill -TERM $pid
	wait $pid
	r=$? pid=
	return $r
}
is() {
	ask status
	grep -q "^$1" "$dir/said"
}
stored() { # POLICY
	mkdir -p "$dir/state/store/generation-1"
	ln -sfn generation-1 "$dir/state/store/current"
	printf '%s\n' "$1" >"$dir/state/store/generation-1/policy.json"
	echo '{}' >"$dir/state/store/generation-1/allow.json"
	echo '{ "version": 1, "expires": 4000000000, "accepted": 1 }' \
		>"$dir/state/store/generation-1/accepted.json"
}

# second WHAT CHANGE: another daemon with that change to the configuration says so and leaves.
second() {
	mkdir -p "$dir/elsewhere"
	sed "$2" "$dir/lazaret.conf" >"$dir/second.conf"
	timeout 10 "$b/agent/lazaretd" --foreground --config "$dir/second.conf" >"$dir/said" 2>&1
	[ $? = 1 ] && grep -q "another lazaretd $1" "$dir/said"
	ok $? "$tag: a second daemon leaves: $(cat "$dir/said")"
}

# all_of BUILD: the whole life of a daemon of that build.
all_of() {
	b=$1 tag=${1##*/}
	mkdir -p "$dir/bin" "$dir/state/store" "$dir/run"
	for p in agent/fetch/lazaret-fetch policy/lazaret-vet agent/remedy/lazaret-remedy; do
		ln -sf "$b/$p" "$dir/bin/"
	done
	printf '%s\n' '[Policy]' 'URL=https://localhost:1/x/ https://localhost:2/x/' "CA=$dir/ca.pem" \
		'[Agent]' "StateDirectory=$dir/state" "RuntimeDirectory=$dir/run" \
		"HelperDirectory=$dir/bin" >"$dir/lazaret.conf"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null \
		-out "$dir/ca.pem" -subj /CN=ca 2>/dev/null
	"$b/policy/lazaret-policy" init --no-passphrase all "$dir/fleet" >/dev/null 2>&1
	cp "$dir/fleet/metadata/1.root.json" "$dir/root.json"
	begin
	socket=$(for _ in 1 2 3 4 5 6 7 8 9 10; do
		find "$dir/run" -name control.sock | grep . && break
		sleep 0.2
	done)
	ask() { "$b/agent/lazaret" --socket "$socket" "$@" >"$dir/said" 2>&1; }

	ask status
	[ $? = 5 ] && grep -qx 'unmanaged' "$dir/said"
	ok $? "$tag: without a policy it demands nothing, and says so"
	failures=0
	for _ in 1 2 3; do
		ask refresh
		grep -q 'last refresh failed' "$dir/said" && failures=$((failures + 1))
	done
	ok $((3 - failures)) "$tag: refreshes that fail: $(sed -n 's/^ *last refresh failed: //p' "$dir/said")"
	for verb in check refresh hold 'firewall --accept'; do
		# shellcheck disable=SC2086
		setpriv --reuid=65534 --clear-groups "$b/agent/lazaret" --socket "$socket" $verb
	done >"$dir/said" 2>&1
	[ "$(grep -c 'only root' "$dir/said")" = 4 ]
	ok $? "$tag: other users may look and not order"
	# Root's call is not among those that are hung up on when there are too many.
	for _ in $(seq 20); do
		setpriv --reuid=65534 --clear-groups "$b/agent/lazaret" --socket "$socket" status \
			>/dev/null 2>&1 &
		callers="${callers-} $!"
	done
	ask refresh
	grep -q '^unmanaged' "$dir/said"
	ok $? "$tag: a crowd of callers leaves root its turn"
	# shellcheck disable=SC2086
	wait $callers
	callers=
	second 'is at work in' "s|^$||"
	second 'is at work in' "/^RuntimeDir/s|=.*|=$dir/elsewhere|"
	second 'answers at' "/^StateDir/s|=.*|=$dir/elsewhere|"
	end
	ok $? "$tag: it leaves when it is told to"

	# A helper that is just being started would keep the socket of a daemon that ends.
	sed -i '/^URL=/d' "$dir/lazaret.conf"
	stored '{ "mode": "audit", "requirements": [
		{ "id": "f", "check": "firewall", "grace": "1d" } ] }'
	begin
	wait_for 5 is 'audit only.*grace'
	ok $? "$tag: a policy that was accepted is in force at the start"
	end
	stored 'cut off'
	begin
	wait_for 5 is unmanaged
	ask status
	[ $? = 5 ] && grep -q 'the policy that was accepted cannot be read' "$dir/said"
	ok $? "$tag: its policy is damaged meanwhile: nothing is judged, and that is said"
	end
	start_of
	rm -rf "$dir/state" "$dir/run" "$dir/fleet"
}

laid() { nft list table inet lazaret >/dev/null 2>&1; }
# A helper that is slow puts the first look off: true, or cat, which waits for the daemon to go.
witness() { # PROGRAM
	ln -sf "$(command -v "$1")" "$dir/bin/lazaret-witness"
}
# The daemon is started, and the host was not looked at yet.
start_of() {
	stored '{ "mode": "enforce", "requirements": [
		{ "id": "f", "check": "firewall", "grace": "0s" },
		{ "id": "av", "check": "antivirus", "grace": "1d", "on_access": true } ],
		"allow": { "policy": [{ "to": "192.0.2.1", "tcp": [443] }] } }'
	witness true
	begin
	wait_for 5 is quarantined && laid
	ok $? "$tag: without a firewall it is quarantined"
	kill -KILL $pid
	wait $pid 2>/dev/null
	laid && nft delete table inet lazaret
	witness cat
	begin
	wait_for 3 laid && is held && grep -q 'unknown *f *not looked at yet' "$dir/said"
	ok $? "$tag: killed, its quarantine flushed, started: laid before the first look"
	ask antivirus
	[ $? = 4 ] && grep -q 'av: not looked at yet' "$dir/said"
	ok $? "$tag: ... and what was not looked at is not met"
	end
	witness true
	nft 'table inet host { chain input { type filter hook input priority 0; policy drop;
		iif lo accept; }; }'
	begin
	wait_for 5 is grace && ! laid
	ok $? "$tag: with a firewall it is let out"
	end
	witness cat
	begin
	wait_for 3 is held && ! laid
	ok $? "$tag: a host that was well is not cut off at a start, and not said to be well"
	end
	nft delete table inet host
}

all_of "$O"
[ ! -x "$O-san/agent/lazaretd" ] || all_of "$O-san"
echo "1..$n"
