#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck source=lab.sh disable=SC2154
# A resolver on the host itself, as most hosts have one: systemd-resolved and unbound, as Debian has
# them, in quarantine.  Programs that are no repair service ask it; what of that gets out is held to
# the list, and those who ask know soon.  The packages are unpacked below $O-lab, not installed.
set -u
. "${src:?}/tests/leak/lab.sh"
needs dnsmasq apt-get dpkg-deb busybox ss
cache=${LAB_DIR:-$O-lab}/cache/resolvers

fetch() { # what of them this machine lacks
	[ ! -e "$cache/root/usr/sbin/unbound" ] || return 0
	mkdir -p "$cache/archives/partial" && rm -rf "$cache/root" "$cache/new" || return
	set -- -qq -y --no-install-recommends --download-only --reinstall \
		-o Dir::Cache::archives="$cache/archives" -o APT::Sandbox::User=root install unbound systemd-resolved
	apt-get "$@" || { apt-get -qq update && apt-get "$@"; } || return
	for p in "$cache"/archives/*.deb; do dpkg-deb -x "$p" "$cache/new" || return; done
	mv "$cache/new" "$cache/root"
}
# While there is a network that has them.
[ -n "${IN_LAB-}" ] || { mkdir -p "$cache" && fetch >"$cache/log" 2>&1; }
lab_enter "$0"

check_log=$dir/log
evidence() { tail -n 12 "$dir/log" "$dir/queries" "$dir/resolver" 2>/dev/null; }

[ -e "$cache/root/usr/sbin/unbound" ] || quit "the resolvers of this release: $(tail -n 1 "$cache/log")"
root=$cache/root
daemon=$(find "$root/lib/systemd" "$root/usr/lib/systemd" -name systemd-resolved -type f 2>/dev/null | head -n 1)
LD_LIBRARY_PATH=$(find "$root" -name '*.so.*' -printf '%h\n' | sort -u | paste -sd:)
export LD_LIBRARY_PATH

# ----- the network: a resolver that knows all names there are
lab_build
cp -a /etc "$dir/etc" && mount --bind "$dir/etc" /etc && mkdir -p /run/systemd &&
	mount -t tmpfs lk /run/systemd && mkdir /run/systemd/resolve || exit 1
rm -f /etc/resolv.conf /etc/hosts /etc/nsswitch.conf
echo 'hosts: dns' >/etc/nsswitch.conf
for user in systemd-resolve unbound; do
	grep -q "^$user:" /etc/passwd || echo "$user:x:989:989::/:/usr/sbin/nologin" >>/etc/passwd
	grep -q "^$user:" /etc/group || echo "$user:x:989:" >>/etc/group
done
chown systemd-resolve:systemd-resolve /run/systemd/resolve
aside at lk-res dnsmasq -k -p 53 -a $res4 -a $res6 -z -R -h -u root -g root -x "$dir/pid" -C /dev/null \
	--log-queries --log-facility="$dir/queries" --host-record=policy.example,$peer4,$peer6 \
	--host-record=tunnel.example,$net4,$net6 &

# ----- the resolvers, without a memory of what they were told
mkdir -p /etc/systemd/resolved.conf.d
printf '%s\n' '[Resolve]' "DNS=$res4 $res6" 'Cache=no' 'LLMNR=no' 'MulticastDNS=no' >/etc/systemd/resolved.conf
cat >"$dir/unbound.conf" <<-END
	server:
		username: unbound
		chroot: ""
		directory: "/"
		pidfile: ""
		use-syslog: no
		do-daemonize: no
		interface: 127.0.0.1
		module-config: "iterator"
		cache-max-ttl: 0
		cache-max-negative-ttl: 0
	remote-control:
		control-enable: no
	forward-zone:
		name: "."
		forward-addr: $res4
		forward-addr: $res6
END
# In a process of their own.
resolved() {
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nowhere
	exec "$daemon"
}
unbound() { exec "$root/usr/sbin/unbound" -d -c "$dir/unbound.conf"; }
resolver='' # its process
begin() { # COMMAND...
	"$@" >>"$dir/resolver" 2>&1 &
	resolver=$!
}
end() {
	kill $resolver
	wait $resolver
}

resolves() { # 4|6 NAME: for a program, and with an address of that family
	busybox timeout 15 getent "ahostsv$1" "$2" | grep -q '[.:]'
}
soon() { # COMMAND...
	for _ in $(seq 100); do
		"$@" && return
		sleep 0.1
	done
	return 1
}
within() { # SECONDS COMMAND...
	begun=$(date +%s%3N) limit=$1
	shift
	"$@" && [ $(($(date +%s%3N) - begun)) -le $((limit * 1000)) ]
}
listens() { host ss -Hlun 'sport = 53' | grep -q 127.0.0; }
asked() { grep -q "query\[.*\] $1 from" "$dir/queries"; }

sed 's/"dns": "names"/"dns": "any"/' "$dir/allow.json" >"$dir/any.json"
try() { # NAME ADDRESS
	printf 'nameserver %s\noptions timeout:1 attempts:1\n' "$2" >/etc/resolv.conf
	begin "$1"
	check "$1: a name, before" soon others resolves 4 tunnel.example
	lay || exit 1
	: >"$dir/queries"
	for v in 4 6; do
		check "$1, dns: names: a name of the list, IPv$v" others resolves $v policy.example
	done
	check "$1, dns: names: it was asked for" asked policy.example
	check "$1, dns: names: another one does not resolve" not others resolves 4 tunnel.example
	check "$1, dns: names: nor was it asked for" not asked tunnel.example
	# systemd-resolved leaves a program to its own limit, of a second each for three questions.
	check "$1, dns: names: a program is told, or waits no longer than it would" \
		within 5 not others resolves 6 tunnel.example
	check "$1, dns: names: and then a name of the list" within 2 others resolves 4 policy.example
	lay "$dir/any.json" || exit 1
	check "$1, dns: any: any name" soon others resolves 4 tunnel.example
	end
	others true || return # all are
	begin others "$1"
	soon listens || return
	check "$1, which is no repair service: none" not others resolves 4 policy.example
	end
	lift
}
try resolved 127.0.0.53
try unbound 127.0.0.1
[ -z "${LK_KEEP-}" ] || cp -r "$dir" "$LK_KEEP"
echo "1..$n"
