#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A captive portal: a host in quarantine joins a hotel's network that redirects each page until
# somebody logs in.  What is opened is the portal, for every program and for a while; what the
# hotel's wire sees is compared with that.  A hotel that lies opens nothing else.
set -u
tools='nginx dnsmasq ip nft sysctl'
# shellcheck source=apart.sh
. "${src:?}/tests/netns/apart.sh"
[ -z "$group" ] || echo 0 >"$group/others/unit/cgroup.procs" # the user is no repair service

check() { # WHAT COMMAND...
	local what=$1

	shift
	"$@" >"$dir/said" 2>&1
	ok $? "$what"
}
not() { ! "$@"; }

# ----- a hotel with the internet behind it: one machine, which answers for each address
ip netns add pt-hotel &&
	ip link add up0 type veth peer name eth0 netns pt-hotel && ip link set lo up &&
	ip -n pt-hotel link set lo up && ip -n pt-hotel link set eth0 address 02:00:00:00:00:01 up &&
	ip -n pt-hotel addr add 10.5.0.1/16 dev eth0 && ip link set up0 up &&
	ip addr add 10.5.7.7/16 dev up0 && ip route add default via 10.5.0.1 &&
	ip -n pt-hotel route add local 203.0.113.0/24 dev lo &&
	ip -n pt-hotel route add local 10.5.0.0/24 dev lo || quit 'no network'
echo '127.0.0.1 localhost' >/etc/hosts
echo 'hosts: files dns' >/etc/nsswitch.conf
printf 'nameserver 10.5.0.1\noptions timeout:1 attempts:1\n' >/etc/resolv.conf
hotel() { ip netns exec pt-hotel "$@"; }

# What the host has sent to it, by address, protocol and port.
hotel nft -f - <<-END
	table inet wire {
		set seen { type ipv4_addr . inet_proto . inet_service; flags dynamic; }
		chain in {
			type filter hook prerouting priority -500
			meta l4proto { tcp, udp } iif eth0 add @seen { ip daddr . meta l4proto . th dport }
		}
	}
END
seen() {
	hotel nft list set inet wire seen | tr ',{}' '\n\n\n' | sed -n 's/^[ \t]*\([0-9.]* \. [a-z0-9]* \. [0-9a-z]*\).*/\1/p' | sort -u
}
dns() { # LINES...: what the hotel's resolver says
	[ -z "${resolver-}" ] || { kill $resolver && wait $resolver; }
	printf '%s\n' "$@" >"$dir/records"
	ip netns exec pt-hotel dnsmasq -k -p 53 -a 10.5.0.1 -z -R -h -u root -g root -x "$dir/pid" \
		-C "$dir/records" &
	resolver=$!
}
answer() { # TEXT: how each page is answered, in nginx's words
	cat >"$dir/nginx.conf" <<-END
		daemon off; user root; worker_processes 1; error_log $dir/nginx.log; pid $dir/nginx.pid;
		events {}
		http {
			access_log off; $(nginx_folders)
			server { listen 80 default_server; listen [::]:80 default_server; location / { $1 } }
			server { listen 443; listen [::]:443; listen 8080; location / { return 200 "there"; } }
			server { listen 80; listen [::]:80; server_name portal.hotel.example 10.5.0.2 [fd05:0:0:1::2]; location / { return 200 "log in"; } }
		}
	END
	# One that reloads its settings has old workers answer for a while.
	[ -z "${server-}" ] || { kill $server && wait $server; }
	ip netns exec pt-hotel nginx -c "$dir/nginx.conf" -p "$dir" &
	server=$!
	soon hotel bash -c 'exec 3<>/dev/tcp/127.0.0.1/80'
}
user() { # ADDRESS PORT [SECONDS]: some program of the user's
	timeout "${3:-5}" bash -c "exec 3<>/dev/tcp/$1/$2 && printf 'GET / HTTP/1.0\r\nHost: portal.hotel.example\r\n\r\n' >&3 && head -c 12 <&3 | grep -q HTTP"
}
cut() { ! user "$1" "$2" 0.4; } # what the wire has seen tells for sure
asks() { "$O/tests/leak/question" "$@"; }

# ----- a policy in force, which this host does not meet
later=$(($(date +%s) + 86400))
mkdir -p "$dir/bin" "$dir/state/store/g" "$dir/run/agent" "$dir/root"
ln -s g "$dir/state/store/current"
ln -s "$O/agent/fetch/lazaret-fetch" "$O/policy/lazaret-vet" "$dir/bin/"
# A repair that needs what is behind the hotel.
cat >"$dir/bin/lazaret-remedy" <<-'END'
	#!/bin/bash
	exec 3<>/dev/tcp/203.0.113.9/80 && printf 'GET / HTTP/1.0\r\n\r\n' >&3
	head -c 12 <&3 | grep -q 204 && echo '= ok' || echo '= failed: no way out'
END
chmod 755 "$dir/bin/lazaret-remedy"
echo "{\"version\":1,\"expires\":$later,\"accepted\":1}" >"$dir/state/store/g/accepted.json"
probe=203.0.113.9
policy() { # MEMBERS of captive_portal
	cat >"$dir/state/store/g/policy.json" <<-END
		{
			"mode": "enforce",
			"requirements": [
				{ "id": "firewall", "check": "firewall", "grace": "0s" },
				{ "id": "antivirus", "check": "antivirus", "grace": "0s", "remedies": ["antivirus-reinstall"] }
			],
			"allow": {
				"policy": [{ "to": "203.0.113.10", "tcp": [443] }],
				"resolvers": "any",
				"dns": "names"
			},
			"captive_portal": { "probe": "http://detect.example.org/ok", "at": ["$probe"], $1 }
		}
	END
}
printf '%s\n' '[Policy]' 'Proxy=none' 'Timeout=2s' '[Agent]' "StateDirectory=$dir/state" \
	"RuntimeDirectory=$dir/run" "HelperDirectory=$dir/bin" "HostRoot=$dir/root" >"$dir/lazaret.conf"
lazaret() { "$O/agent/lazaret" --socket "$dir/run/agent/control.sock" "$@"; }
start() {
	rm -f "$dir/run/agent/control.sock"
	(
		[ -z "$group" ] || echo 0 >"$group/lazaret.slice/unit/cgroup.procs"
		exec "$O/agent/lazaretd" --foreground --config "$dir/lazaret.conf" >>"$dir/log" 2>&1
	) &
	daemon=$!
	soon test -S "$dir/run/agent/control.sock"
}
stop() {
	kill -TERM $daemon
	wait $daemon
}
is() { lazaret --json status | grep -q "\"portal\":{\"state\":\"$1\""; }
says() { lazaret status | grep -Eq -- "$1"; }
logged() { grep -Eq -- "$1" "$dir/log"; }
rules() { nft list table inet lazaret | grep -q -- "$1"; }

to_portal='return 302 "http://portal.hotel.example/login?from=$remote_addr";'
dns 'host-record=portal.hotel.example,10.5.0.2'
answer "$to_portal"
policy '"open_for": "1min", "attempts": 4, "addresses": 2, "never": ["10.6.0.0/16"]'
start
check 'a portal is noticed, and opened' soon is open
page='http://portal.hotel.example/login\?from=10.5.7.7'
check 'a repair does not get out' soon logged 'antivirus-reinstall failed: no way out'
check 'the user is told where to log in' says "wants a login: open $page in a browser"
check 'and why' eval "lazaret why | grep -Eq 'wants a login: open $page'"
check 'the journal has it' logged "wants a login: its portal is open in a browser for .*: $page"
check 'and the history' eval "lazaret history | grep -Eq 'portal was opened: $page'"
check 'any program reaches the portal' user 10.5.0.2 80
check 'at the ports of the policy' user 10.5.0.2 443
check 'and at no other' cut 10.5.0.2 8080
check 'nor somebody else' cut 10.5.0.3 80
check 'nor over UDP' not bash -c 'echo x >/dev/udp/10.5.0.2/443'
check 'its name can be asked for' asks 10.5.0.1 portal.hotel.example 1
check 'and no other' not asks 10.5.0.1 other.example 1
[ -z "$group" ] || {
	check 'the probe is not for the user' cut 203.0.113.9 80
	check 'nor is the policy server' cut 203.0.113.10 443
}
check 'the kernel itself would close it' rules 'timeout 1m'

answer 'return 204;'
check 'after the login it is sealed' soon is clear
check 'which is said' logged 'sealed again: the network lets us out'
check 'the repair is tried again, before its pause is over' soon logged 'antivirus-reinstall is done'
check 'for that reason' logged 'there is a way out again; trying once more'
check 'and so it is' cut 10.5.0.2 80
check 'nor is its name asked for' not asks 10.5.0.1 portal.hotel.example 1
check 'no rule of it is left' not rules @open

# Another network is known by its router.
answer "$to_portal"
ip route replace default via 10.5.0.9 dev up0
check 'another network is asked anew' soon is open
kill -9 $daemon && wait $daemon 2>/dev/null
check 'without a daemon it stays until the kernel ends it' user 10.5.0.2 80
answer 'return 204;'
start
check 'a daemon that starts then seals it' soon is clear
check 'at once' not rules @open
stop

# Lies: none of them opens anything.
lies() { # WHAT ANSWER WHY: and the daemon is another one, so it asks at once
	answer "$2"
	start
	check "$1 is told" soon says "$3"
	check '... and opens nothing' not rules @open
	stop
}
go() { echo "return 302 \"$1\";"; }
lies 'a portal in a network that is never one' "$(go http://10.6.0.1/)" 'where no portal can be'
lies 'a portal that is the policy server' "$(go http://203.0.113.10/)" 'where no portal can be'
lies 'a portal that is this host' "$(go http://127.0.0.1/)" 'where no portal can be'
lies 'a portal at another port' "$(go http://10.5.0.2:8080/)" 'at a port that the policy does not open'
lies 'a portal with a user in its name' "$(go http://bank@10.5.0.2/)" 'has a user before its host'
lies 'an error in place of the probe' 'return 503;' 'in place of the probe .503.'
dns 'host-record=portal.hotel.example,203.0.113.10,127.0.0.1'
lies 'a name that leads elsewhere' "$to_portal" 'where no portal can be'
dns 'local=/hotel.example/'
lies 'a name that leads nowhere' "$to_portal" 'does not resolve'

# A portal that answers each page itself, and sends nobody anywhere.
answer 'return 200 "log in here";'
start
check 'a page in place of the probe is opened' soon is open
check 'and told by its address' says 'open http://203.0.113.9/ok in a browser'
check 'any program reaches it' user 203.0.113.9 80
check 'at its port alone' cut 203.0.113.9 443
[ -z "$group" ] || check 'and nothing else' cut 203.0.113.10 443
stop
check 'whoever stops the daemon seals that, too' not rules @open

# Many addresses, and once more than the policy allows.
dns 'host-record=portal.hotel.example,10.5.0.2' 'host-record=portal.hotel.example,10.5.0.4' \
	'host-record=portal.hotel.example,10.5.0.5'
answer "$to_portal"
start
check 'a fourth portal within the hour' soon is open
check 'has two addresses at most' eval 'test $(nft list set inet lazaret open4 | grep -o "10\.5\.0\.[0-9] . tcp . 80" | wc -l) = 2'
stop
check 'whoever stops the daemon seals it' not rules @open
start
check 'a fifth one has to wait' soon is barred
check 'which is told' says 'wants a login at .*: as many portals were opened as the policy allows.*next try in'
check 'and opens nothing' not rules @open
stop

cat >"$dir/may" <<-END
	10.5.0.1 . udp . 53
	10.5.0.2 . tcp . 443
	10.5.0.2 . tcp . 80
	203.0.113.9 . tcp . 80
END
wire() {
	seen | sed 's/domain$/53/; s/https$/443/; s/http$/80/' >"$dir/seen"
	cat "$dir/seen"
	cmp "$dir/seen" "$dir/may"
}
check 'all this time the wire has seen the portal, the probe and names, and nothing else' wire

# ----- the same in a hotel that has IPv6 only, and tells so by router advertisements
rm -rf "$dir/state/agent"
ip -4 addr flush dev up0
sysctl -qw net.ipv6.conf.up0.accept_dad=0 net.ipv6.conf.up0.accept_ra=1
ip -n pt-hotel addr add fd05::1/64 dev eth0 nodad &&
	ip -n pt-hotel route add local fd05:0:0:1::/64 dev lo &&
	ip -n pt-hotel route add local 2001:db8:9::/64 dev lo || quit 'no IPv6'
hotel nft -f - <<-END
	table inet wire {
		set seen6 { type ipv6_addr . inet_proto . inet_service; flags dynamic; }
		chain in6 {
			type filter hook prerouting priority -500
			meta l4proto { tcp, udp } iif eth0 add @seen6 { ip6 daddr . meta l4proto . th dport }
		}
	}
END
printf 'nameserver fd05::1\noptions timeout:1 attempts:1\n' >/etc/resolv.conf
kill $resolver && wait $resolver
answer "$to_portal"
probe=2001:db8:9::9
policy '"open_for": "1min", "attempts": 6, "addresses": 2, "never": ["fd06::/16"]'
start
check 'without a network there is no portal' soon is unclear
printf '%s\n' 'host-record=portal.hotel.example,fd05:0:0:1::2' enable-ra 'dhcp-range=fd05::,ra-only' >"$dir/records"
ip netns exec pt-hotel dnsmasq -k -p 53 -i eth0 -z -R -h -u root -g root -x "$dir/pid" -C "$dir/records" &
resolver=$!
has_router() { ip -6 route show default | grep -q 'proto ra'; }
check 'a router is heard of in quarantine' soon has_router
check 'IPv6: a portal is noticed, and opened' soon is open
check 'any program reaches it' user fd05:0:0:1::2 80
check 'at the ports of the policy' user fd05:0:0:1::2 443
check 'nor somebody else' cut fd05:0:0:1::3 80
check 'nor over UDP' not bash -c 'echo x >/dev/udp/fd05:0:0:1::2/443'
check 'its name can be asked for' asks fd05::1 portal.hotel.example 28
check 'and no other' not asks fd05::1 other.example 28
answer 'return 204;'
check 'after the login it is sealed' soon is clear
check 'and so it is' cut fd05:0:0:1::2 80
stop
answer "$(go 'http://[fd05:0:0:1::2]/login')"
start
check 'a portal that is named by address is opened' soon is open
check 'and told by it' says 'open http://\[fd05:0:0:1::2\]/login in a browser'
stop
lies 'a portal at the link alone' "$(go 'http://[fe80::1]/')" 'where no portal can be'
lies 'a portal in IPv4 in disguise' "$(go 'http://[::ffff:10.5.0.2]/')" 'where no portal can be'
lies 'a portal in such a network' "$(go 'http://[fd06::1]/')" 'where no portal can be'
answer 'return 200 "log in here";'
start
check 'a page in place of the probe is opened' soon is open
check 'and told by its address' says 'open http://\[2001:db8:9::9\]/ok in a browser'
check 'at its port' user 2001:db8:9::9 80
check 'and no other' cut 2001:db8:9::9 443
stop
cat >"$dir/may" <<-END
	2001:db8:9::9 . tcp . 80
	fd05:0:0:1::2 . tcp . 443
	fd05:0:0:1::2 . tcp . 80
	fd05::1 . udp . 53
END
seen() {
	hotel nft list set inet wire seen6 | tr ',{}' '\n\n\n' | sed -n 's/^[ \t]*\([0-9a-f:]* \. [a-z0-9]* \. [0-9a-z]*\).*/\1/p' | sort -u
}
check 'the wire has seen these in IPv6, and nothing else' wire
kill $server $resolver
wait
echo "1..$n"
