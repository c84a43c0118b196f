#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Destinations by name, with a real resolver: what is opened, and what is asked.  A host in
# quarantine, and a resolver that tells the truth, lies, keeps silent or is gone.
set -u
. "${src:?}/tests/tap.sh"
needs ip nft dnsmasq
[ -n "${IN_NETNS-}" ] || IN_NETNS=1 exec unshare -n -m --propagation private "$0" "$@"
dir=$(mktemp -d /tmp/names-test.XXXXXX)
chmod 755 "$dir"
check_log=$dir/out daemon="" resolver="" stub=""
mkdir -p /run/netns && mount -t tmpfs dn /run/netns || exit 1
trap 'kill -9 $daemon $resolver $stub 2>/dev/null; umount -l /etc; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

evidence() { lazaret status; tail -n 15 "$dir/log"; }
until_() { # COMMAND...: within twenty seconds
	for _ in $(seq 200); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.1
	done
	return 1
}

# ----- a host, and the network of a resolver
ip link set lo up
ip netns add dn-net
ip link add dn-up type veth peer name dn-far netns dn-net
ip addr add 192.0.2.10/24 dev dn-up && ip link set dn-up up
ip -n dn-net addr add 192.0.2.53/24 dev dn-far
ip -n dn-net link set dn-far up && ip -n dn-net link set lo up
cp -a /etc "$dir/etc" && mount --bind "$dir/etc" /etc || exit 1
rm -f /etc/hosts /etc/resolv.conf /etc/nsswitch.conf
echo '127.0.0.1 localhost' >/etc/hosts
echo 'hosts: files dns' >/etc/nsswitch.conf
printf 'nameserver 192.0.2.53\noptions timeout:20 attempts:1\n' >/etc/resolv.conf

# resolve LINES...: dnsmasq answers so from now on.
resolve() {
	[ -z "$resolver" ] || { kill $resolver && wait $resolver; }
	printf '%s\n' "$@" >"$dir/records"
	ip netns exec dn-net dnsmasq -k -p 53 -a 192.0.2.53 -z -R -h -u root -g root \
		-x "$dir/pid" -C "$dir/records" --log-queries --log-facility="$dir/queries" &
	resolver=$!
	until_ ip netns exec dn-net "$O/tests/leak/question" 192.0.2.53 good.example 1
}
asked() { grep -q "query\[.*\] $1 from" "$dir/queries"; }

# ----- a policy in force, and nothing to be compliant with
mkdir -p "$dir/bin" "$dir/state/store/g" "$dir/run" "$dir/root"
ln -s g "$dir/state/store/current"
for p in agent/fetch/lazaret-fetch policy/lazaret-vet agent/remedy/lazaret-remedy; do
	ln -s "$O/$p" "$dir/bin/"
done
later=$(($(date +%s) + 86400))
echo "{\"version\":1,\"expires\":$later,\"accepted\":1}" >"$dir/state/store/g/accepted.json"
cat >"$dir/state/store/g/policy.json" <<-END
	{
		"mode": "enforce",
		"requirements": [{ "id": "firewall", "check": "firewall", "grace": "0s" }],
		"allow": {
			"policy": [{ "to": "192.0.2.20", "tcp": [443] }],
			"mirrors": [
				{ "to": "good.example", "tcp": [80], "within": ["192.0.2.0/24"] },
				{ "to": "liar.example", "tcp": [80], "within": ["192.0.2.0/24"], "else": ["192.0.2.90"] },
				{ "to": "none.example", "tcp": [80], "else": ["192.0.2.91"] },
				{ "to": "slow.example", "tcp": [80], "else": ["192.0.2.92"] },
				{ "to": "self.example", "tcp": [80] }
			],
			"resolvers": ["192.0.2.53"],
			"dns": "names",
			"who": "everyone"
		}
	}
END
printf '%s\n' '[Policy]' 'URL=https://conf.example:1/x/' "CA=$dir/none.pem" 'Proxy=none' 'Timeout=2s' \
	'[Agent]' "StateDirectory=$dir/state" "RuntimeDirectory=$dir/run" "HelperDirectory=$dir/bin" \
	"HostRoot=$dir/root" >"$dir/lazaret.conf"
lazaret() { "$O/agent/lazaret" --socket "$dir/run/agent/control.sock" "$@"; }
start() {
	"$O/agent/lazaretd" --foreground --config "$dir/lazaret.conf" >"$dir/log" 2>&1 &
	daemon=$!
	until_ test -S "$dir/run/agent/control.sock"
}
open_to() { nft list set inet lazaret out4 | grep -q "$1 \. tcp \. 80[ ,]"; }
says() { lazaret status | grep -Eq -- "$1"; }

slow='server=/slow.example/192.0.2.99' none='local=/none.example/'
resolve 'address=/good.example/192.0.2.80' 'address=/good.example/203.0.113.66' "$slow" "$none" 'host-record=liar.example,203.0.113.66' 'host-record=self.example,127.0.0.1' \
	'host-record=other.example,192.0.2.77' 'host-record=conf.example,192.0.2.20'
mkdir -p "$dir/run/agent"
start

check 'what a name resolves to is open' until_ open_to 192.0.2.80
check 'but not outside of what the policy signs' not open_to 203.0.113.66
check 'which is told' until_ says 'good.example at 192.0.2.80; resolves to 203.0.113.66, which the policy'
check 'a name that resolves to nothing else: what the policy has instead' until_ open_to 192.0.2.90
check 'which is told, too' until_ says 'liar.example at no address.*; resolves to 203.0.113.66, which'
check 'a name that is none: the same' open_to 192.0.2.91
check 'which is told with the reason' until_ says 'none.example .*; does not resolve: .*not known'
check 'a name whose resolver is silent: the same' open_to 192.0.2.92
check 'which is told when the time is over' until_ says 'slow.example .*; does not resolve: .*in time'
check 'an answer of our own address opens nothing' not open_to 127.0.0.1

question() { "$O/tests/leak/question" "$@"; }
refused() {
	question "$@"
	[ $? = 3 ]
}
check 'programs resolve a name of the policy' getent ahosts good.example
check 'and the server of lazaret.conf' getent ahosts conf.example
check 'another name is not asked for' refused 192.0.2.53 other.example 1
check 'which a program is told at once' timeout 1 sh -c '! getent ahosts other.example'
check 'and the resolver never saw it' not asked other.example
check 'as it has seen others' asked good.example
dnsmasq -k -p 53 -a 127.0.0.1 -z -R -h -u root -g root -x "$dir/pid2" -C /dev/null -S 192.0.2.53 2>/dev/null &
stub=$!
echo 'nameserver 127.0.0.1' >/etc/resolv.conf
check 'by a resolver on the host itself' until_ getent ahosts good.example
check 'which is bound to names as well' sh -c 'getent ahosts other.example; test $? = 2'
check 'still' not asked other.example

# The lie ends, and the address of before is another one.
resolve 'host-record=good.example,192.0.2.81' 'host-record=liar.example,192.0.2.82,60' "$slow" "$none"
ip link add dn-new type veth peer name dn-old && ip addr add 198.51.100.1/24 dev dn-new && ip link set dn-new up
check 'a change of the network asks again' until_ open_to 192.0.2.82
check 'what the policy has instead is closed' not open_to 192.0.2.90
check 'what is known to hold is not asked for again' open_to 192.0.2.80

# Nobody answers any more.
kill $stub $resolver && wait $resolver
resolver=
ip link del dn-new
check 'a resolver that is gone closes nothing' open_to 192.0.2.80
check 'nor here' open_to 192.0.2.82
kill -9 $daemon && wait $daemon 2>/dev/null
start
check 'a daemon that starts then has what the policy has' until_ open_to 192.0.2.90
check 'and says so' until_ says 'good.example at no address but the policy.s own; does not resolve'
kill -9 $daemon && wait $daemon 2>/dev/null
rm "$dir/bin/lazaret-fetch"
start
check 'without lazaret-fetch the same' until_ open_to 192.0.2.91
check 'and says that' until_ says 'none.example at no address.*; does not resolve: (cannot start|lazaret-fetch gave)'
kill $daemon && wait $daemon
daemon=
echo "1..$n"
