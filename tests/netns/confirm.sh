#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lazaretd in quarantine tries whether repair gets out, and widens a list that shuts it out: a
# policy that forgets its own server, a fetch that is no repair service; and leaves it when a
# server is only silent.  A network, control groups and a policy server of the test's own.
set -u
: "${src:?}" "${O:?}"
for tool in nginx openssl ip nft; do
	command -v $tool >/dev/null || PATH=$PATH:/usr/sbin:/sbin
	command -v $tool >/dev/null || { echo "1..0 # SKIP needs $tool"; exit 0; }
done
[ -n "${IN_NETNS-}" ] || IN_NETNS=1 exec unshare -n -m -p -f --kill-child --mount-proc "$0" "$@"
dir=$(mktemp -d /tmp/confirm-test.XXXXXX)
chmod 755 "$dir"
n=0 group='' group_was=''
tidy() {
	[ -z "$group_was" ] || echo 0 >"$group_was/cgroup.procs"
	[ -z "$group" ] || echo 1 >"$group/cgroup.kill"
	for _ in $(seq 100); do
		[ -n "$group" ] && [ -d "$group" ] || break
		rmdir "$group"/*/* "$group"/* "$group" 2>/dev/null
		sleep 0.05
	done
	umount -l /etc 2>/dev/null
	rm -rf "$dir"
}
trap tidy EXIT
trap 'exit 1' INT TERM

ok() { # STATUS WHAT
	n=$((n + 1))
	[ "$1" = 0 ] && echo "ok $n - $2" && return
	echo "not ok $n - $2"
	tail -n 12 "$dir/log" "$dir/said" 2>/dev/null | sed 's/^/# /'
}
quit() {
	echo "Bail out! $*"
	exit 1
}
soon() { # COMMAND...: until it succeeds
	for _ in $(seq 150); do
		"$@" && return
		sleep 0.1
	done
	return 1
}

# ----- control groups: what the daemon starts is a repair service, until it leaves
for d in /sys/fs/cgroup /sys/fs/cgroup/unified; do
	[ "$(stat -f -c %T $d 2>/dev/null)" = cgroup2fs ] || continue
	group_was=$d$(sed -n 's/^0:://p' /proc/self/cgroup)
	mkdir "$group_was/${dir##*/}" 2>/dev/null && group=$group_was/${dir##*/} && break
done
[ -z "$group" ] || mkdir -p "$group/lazaret.slice/unit" "$group/others/unit"

# ----- a policy server behind the only link; a default route, so that strangers are out of reach
# because of the rules alone
mkdir -p /run/netns && mount -t tmpfs ct /run/netns && ip netns add ct-srv &&
	ip link add up0 type veth peer name eth0 netns ct-srv &&
	ip addr add 10.77.9.1/24 dev up0 && ip link set up0 up && ip link set lo up &&
	ip route add default via 10.77.9.2 &&
	ip -n ct-srv addr add 10.77.9.2/24 dev eth0 && ip -n ct-srv link set eth0 up ||
	quit 'no network'
cp -a /etc "$dir/etc" && mount --bind "$dir/etc" /etc || quit 'no /etc of its own'
rm -f /etc/hosts /etc/nsswitch.conf /etc/resolv.conf
echo '10.77.9.2 policy.example' >/etc/hosts
echo 'hosts: files' >/etc/nsswitch.conf
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=ca \
		-keyout "$dir/ca.key" -out "$dir/ca.pem" &&
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=policy.example \
			-keyout "$dir/www.key" -out "$dir/www.csr" &&
		echo 'subjectAltName=DNS:policy.example' >"$dir/san" &&
		openssl x509 -req -in "$dir/www.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -days 30 \
			-CAcreateserial -extfile "$dir/san" -out "$dir/www.pem"
} >/dev/null 2>&1 || quit 'no certificates'
cat >"$dir/nginx.conf" <<END
daemon off; user root; worker_processes 1; error_log $dir/nginx.log; pid $dir/nginx.pid;
events {}
http { access_log off; server { listen 10.77.9.2:443 ssl; root $dir/www;
	ssl_certificate $dir/www.pem; ssl_certificate_key $dir/www.key; } }
END
serve() {
	ip netns exec ct-srv nginx -c "$dir/nginx.conf" -p "$dir" &
	server=$!
}

# publish ALLOW: one more policy; a host without a firewall fails it at once.
publish() {
	printf '{ "mode": "enforce", "look_every": "1h", "requirements": [ { "id": "firewall",
		"check": "firewall", "grace": "0s" } ], "allow": %s }' "$1" >"$dir/policy.json"
	sleep 1 # nginx tells files apart by second and size
	{
		[ -d "$dir/fleet" ] || "$O/policy/lazaret-policy" init --no-passphrase all "$dir/fleet"
		"$O/policy/lazaret-policy" sign "$dir/fleet" "$dir/policy.json" &&
			"$O/policy/lazaret-policy" publish "$dir/fleet" "$dir/www"
	} >"$dir/said" 2>&1 || quit "no policy: $(tail -n 1 "$dir/said")"
}
right='{ "policy": [{ "to": "10.77.9.2", "tcp": [443] }] }'
forgets='{ "policy": [{ "to": "10.77.9.99", "tcp": [443] }] }'

# ----- the host
mkdir -p "$dir/bin" "$dir/state/store" "$dir/run"
ln -s "$O/policy/lazaret-vet" "$O/agent/remedy/lazaret-remedy" "$dir/bin/"
cat >"$dir/bin/lazaret-fetch" <<END
#!/bin/sh
[ ! -e $dir/astray ] || echo 0 >$group/others/unit/cgroup.procs
exec $O/agent/fetch/lazaret-fetch
END
chmod 755 "$dir/bin/lazaret-fetch"
printf '%s\n' '[Policy]' 'URL=https://policy.example/' "CA=$dir/ca.pem" 'Timeout=2s' \
	'[Agent]' "StateDirectory=$dir/state" "RuntimeDirectory=$dir/run" \
	"HelperDirectory=$dir/bin" >"$dir/lazaret.conf"
start() {
	(
		[ -z "$group" ] || echo 0 >"$group/lazaret.slice/unit/cgroup.procs"
		exec "$O/agent/lazaretd" --foreground --config "$dir/lazaret.conf" >>"$dir/log" 2>&1
	) &
	daemon=$!
}
stop() {
	kill -TERM "$daemon"
	wait "$daemon"
}
restart() {
	stop
	start
}
ask() { "$O/agent/lazaret" --socket "$dir/run/agent/control.sock" "$@" >"$dir/said" 2>&1; }
# path KEY VALUE...: the status says so of the repair path.
path() {
	ask --json status
	while [ $# -gt 1 ]; do
		grep -q "\"path\":{[^}]*\"$1\":\"\?$2[\",}]" "$dir/said" || return
		shift 2
	done
}
is_version() { ask --json status; grep -q "\"version\":$1," "$dir/said"; }
logged() { grep -q -- "$1" "$dir/log"; }
rules() { nft list table inet lazaret 2>/dev/null | grep -q -- "$1"; }
who=everyone
[ -z "$group" ] || who=repair

# What a probe sees without rules, and with some of somebody's: bits FETCH_SAW_ of wire.h.
probe() {
	"$O/tests/netns/fetch-ask" -P -t 3000 "$O/agent/fetch/lazaret-fetch" \
		https://policy.example/ "$dir/ca.pem" >"$dir/said" 2>&1
}
serve
reached() { probe && grep -q 'err=0' "$dir/said"; }
soon reached && grep -q 'saw=8 port=443' "$dir/said"
ok $? 'a probe reaches the server, and sees that a forbidden destination is open'
nft 'table inet t { chain c { type filter hook output priority 0; udp dport 9 drop; }; }'
probe && grep -q 'saw=4 port=443' "$dir/said"
ok $? 'and that it is not'
nft add rule inet t c tcp dport 443 drop
probe
grep -q 'err=EPERM .*own packet filter refuses' "$dir/said" && grep -q 'saw=5 ' "$dir/said"
ok $? 'and that the way to the server is refused'
nft delete table inet t

publish "$right"
cp "$dir/fleet/metadata/1.root.json" "$dir/root.json"
start
soon path found works list signed who $who leak false
ok $? "quarantined, and the policy server answers; open to: $who"
grep -q '^10.77.9.2:443$' "$dir/state/agent/served"
ok $? 'its address is kept'

publish "$forgets"
ask refresh
soon path found works list known
ok $? 'a policy that forgets its server: the list that worked before is added'
is_version 2 && logged 'does not let repair out' && rules '10.77.9.99' && rules '10.77.9.2 '
ok $? 'which is said; the policy is in force, and the server is in the rules'
restart
soon path found works list known
ok $? 'a daemon that knows nothing of the list before knows the server'
publish "$right"
ask refresh
is_version 3 && soon path found works list signed
ok $? 'so the next one arrives, and its list is as it was signed'

if [ -n "$group" ]; then
	touch "$dir/astray"
	restart
	soon path found works list everyone who everyone
	ok $? 'a fetch that is no repair service: the list is opened to every program'
	logged 'repair services alone did not get out'
	ok $? 'which is said'
	rm "$dir/astray"
	restart
	soon path found works list signed who repair
	ok $? 'and ends with its cause'
fi

kill "$server" && wait "$server"
ip -n ct-srv addr add 10.77.9.99/24 dev eth0
ask refresh
soon path found silent list signed
ok $? 'a server that refuses to answer: the list stays as it is'
ip -n ct-srv link set eth0 down
ip neigh replace 10.77.9.2 lladdr 02:00:00:00:00:02 dev up0 nud permanent
restart
soon path found silent list signed
ok $? 'nor does one that is out of reach widen it'
! logged 'leaks'
ok $? 'and never was a forbidden destination open'
ip neigh del 10.77.9.2 dev up0
ip -n ct-srv link set eth0 up
serve

publish "$forgets"
ask refresh
soon is_version 4
stop
rm -f "$dir/state/agent/served"
start
soon path found shut list signed
ok $? 'a policy that forgets a server nobody remembers: the rules shut repair out'
logged 'file .enrol. beside'
ok $? 'and what would help is said'
echo 10.77.9.2:443 >"$dir/enrol"
ask refresh
soon path found works list known
ok $? 'an address to enrol at is enough'
stop
echo "1..$n"
