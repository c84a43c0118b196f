#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two laptops between two networks: the office with policy server and mirror, and a hotel.  What
# goes over the wire is counted outside of the laptops, at every step.
#
#   anna, ben --- lan: office 192.0.2.10 --- wan --- internet 203.0.113.80
#   anna, ben --- hotel: 198.51.100.1 (translates addresses, wants a login) --- wan
#
# A VPN leads from the laptops to the office, 203.0.113.1.
set -u
. "${src:?}/tests/lab/begin.sh"
. "$src/tests/lab/office.sh"
lab_enter "$0" "$@"
work=$LAB_DIR/roam
rm -rf "$work" && mkdir -p "$work"
HOTEL4=198.51.100.1 HOTEL_WAN4=203.0.113.2 VPN4=203.0.113.1 VPN_PORT=51820 VPN_OWN4=10.99.0.2

evidence() {
	lab_exec "$who" lazaret why
	lab_exec "$who" journalctl -u lazaretd -b --no-pager -o short-precise | tail -n 25
}
quit() {
	ok 1 "$*"
	lab_keep_logs "$work/log"
	echo "1..$n"
	exit 1
}

# --- the networks -------------------------------------------------------------------------------
# serves NAME LINK ADDRESS: its systemd-networkd gives out addresses, once it runs.
serves() {
	local up

	up=$(lab_layer "$1")
	mkdir -p "$up/etc/systemd/network"
	printf '%s\n' '[Match]' "Name=$2" '[Network]' "Address=$3" 'DHCPServer=yes' \
		'[DHCPServer]' 'PoolOffset=50' 'PoolSize=50' 'EmitDNS=no' 'EmitNTP=no' \
		>"$up/etc/systemd/network/serves.network"
}
give_out() { # NAME LINK
	ip -4 -n "$(lab_netns "$1")" addr flush dev "$2"
	lab_exec "$1" systemctl start systemd-networkd
}

hotel_boot() {
	local ns

	lab_boot hotel "$1" --link hotel "$HOTEL4/24" --link wan "$HOTEL_WAN4/24" || return
	ns=$(lab_netns hotel)
	ip -n "$ns" route add default via 203.0.113.1
	ip netns exec "$ns" sysctl -qw net.ipv4.ip_forward=1
	ip netns exec "$ns" nft -f - <<-'END'
		table ip hotel {
			chain out { type nat hook postrouting priority 100; oifname "eth1" masquerade; }
			chain to_login { type nat hook prerouting priority -100; }
			chain without { type filter hook forward priority 0; }
		}
	END
	lab_exec hotel systemctl start nginx
}
# Until somebody logs in, each page is the hotel's, and nothing goes on.
wants_login() {
	ip netns exec "$(lab_netns hotel)" nft 'add rule ip hotel without drop
		add rule ip hotel to_login ip daddr != '$HOTEL4' tcp dport 80 redirect'
}
lets_out() {
	ip netns exec "$(lab_netns hotel)" nft 'flush chain ip hotel without; flush chain ip hotel to_login'
}

mac() { # of a laptop's link, as lab_link makes it
	printf '%s' "${1}0" | sha256sum | cut -c1-10 | sed 's/../:&/g; s/^/02/'
}

# watch_wire SWITCH: writes down what goes over it that neither repair nor a network needs.
watch_wire() {
	ip netns exec "lazaret-sw-$1" "$O/tests/lab/wire" \
		"$OFFICE4:80" "$OFFICE4:443" "$VPN4:$VPN_PORT" "$HOTEL4:80" "$INTERNET4:80" >"$work/wire-$1" &
	lab_wait 5 grep -q ready "$work/wire-$1" >/dev/null
}
wire() { cat "$work"/wire-* | grep -e " $(mac "$1") " -e " $VPN_OWN4 to "; } # anna alone has the VPN

# silent FROM TO: nothing of $who's went out between, in milliseconds.
silent() {
	sleep 0.2
	wire "$who" | awk -v from="$1" -v to="$2" '$1 >= from && $1 < to {
		if (n++ < 3)
			print "# out after " $1 - from " ms:", $0
	}
		END { printf "# in %.1f s: %d packets\n", (to - from) / 1000, n; exit n != 0 || to <= from }'
}

pours() { [ "$(wire "$who" | grep -c "$INTERNET4")" -gt "$1" ]; } # PACKETS-BEFORE
world() { lab_wait 5 pours "$(wire "$who" | grep -c "$INTERNET4")" >/dev/null; } # what $who pours arrives

tunnelled() { grep -q " $VPN_OWN4 to $INTERNET4 " "$work/wire-wan"; } # what anna sends

# carry FROM TO: $who's cable goes from one network to the other.
carry() {
	local port

	port=v$(printf '%s' "${who}0" | sha256sum | cut -c1-10)
	ip -n "lazaret-sw-$1" link set "$port" netns "lazaret-sw-$2" &&
		ip -n "lazaret-sw-$2" link set "$port" master br0 up
}

# The VPN takes all that anna sends, as wg-quick does with AllowedIPs = 0.0.0.0/0.
vpn_up() {
	local ns

	ip netns exec "$(lab_netns office)" "$O/tests/leak/tunnel" end0 "$VPN4" $VPN_PORT :: 0 &
	ns=$(lab_netns anna)
	ip netns exec "$ns" "$O/tests/leak/tunnel" vpn0 :: 0 "$VPN4" $VPN_PORT 1 &
	lab_wait 5 ip -n "$(lab_netns office)" link set end0 mtu 1280 up &&
		lab_wait 5 ip -n "$ns" link set vpn0 mtu 1280 up &&
		ip -n "$(lab_netns office)" addr add 10.99.0.1/24 dev end0 &&
		ip -n "$ns" addr add "$VPN_OWN4/24" dev vpn0 &&
		ip -n "$ns" route add default dev vpn0 table 51820 &&
		ip -n "$ns" rule add not fwmark 1 table 51820 &&
		ip -n "$ns" rule add table main suppress_prefixlength 0
} >/dev/null 2>&1

# --- the laptops --------------------------------------------------------------------------------
roamer_prepare() { # NAME
	local up

	laptop_prepare "$work/office" "$1" || return
	up=$(lab_layer "$1")
	printf '%s\n' '[Match]' 'Name=eth0' '[Network]' 'DHCP=ipv4' 'IPv6AcceptRA=no' \
		'[DHCPv4]' 'ClientIdentifier=mac' >"$up/etc/systemd/network/lan.network"
	# From the first moment of a boot on, a program of the user's wants out.
	cat >"$up/etc/systemd/system/pour.service" <<-END
		[Unit]
		DefaultDependencies=no
		[Service]
		ExecStart=bash -c 'while :; do echo x >/dev/udp/$INTERNET4/9; sleep 0.02; done'
		StandardError=null
	END
	mkdir -p "$up/etc/systemd/system/sysinit.target.wants"
	ln -sf ../pour.service "$up/etc/systemd/system/sysinit.target.wants/"
}
# good_day: $who's packages come from the office, the firewall is on, the agent too.
good_day() {
	lab_wait 20 lab_exec "$who" curl -sf -m 1 -o /dev/null \
		"http://$MIRROR_HOST/dists/stable/InRelease" &&
		lab_run "$who" apt-get -q update && lab_run "$who" apt-get -q -y install $PACKAGE &&
		lab_run "$who" ufw --force enable && lab_exec "$who" systemctl -q enable --now lazaretd
}
is() { lab_exec "$who" lazaret status 2>/dev/null | head -n 1 | grep -q "^$1"; }
shut() { is held || is quarantined; }
becomes() { took=$(lab_wait "$2" is "$1"); } # STATE SECONDS
# When it was decided last to let $who out, in milliseconds: the quarantine goes some time after.  Of
# one that was compliant before the power went, that is told by what was seen last.
let_out() {
	lab_exec "$who" journalctl -b -o short-unix --no-pager -u lazaretd |
		awk '/compliant, was (held|quarantined)/ { t = $1; told = 1 }
			/quarantine lifted/ { if (!told) t = before; told = 0 }
			{ before = $1 } END { printf "%.0f\n", t * 1000 }'
}
judged() { # in another network, since $since
	lab_exec "$who" journalctl -b -o short-unix --no-pager -u lazaretd |
		awk -v since="$since" '$1 * 1000 > since && /held, was compliant/ { held = 1 }
			held && /compliant, was held/ { judged = 1 }
			END { exit !judged }'
}
page() { lab_exec "$who" lazaret status | grep -o "open http://$HOTEL4/[a-z]*" | cut -d' ' -f2 | grep .; }
sealed() { ! page; }
well() {
	lab_exec "$who" systemctl is-active -q clamav-daemon &&
		lab_exec "$who" ufw status | grep -q '^Status: active' &&
		lab_exec "$who" dpkg-query -W $PACKAGE | grep -q "$FIXED\$"
}
freeze() { # 1 or 0: a laptop that sleeps runs nothing
	local d

	for d in $(lab_cgroups "$who"); do
		[ ! -e "$d/cgroup.freeze" ] || echo "$1" >"$d/cgroup.freeze"
	done
}
antivirus_off() {
	lab_exec "$who" systemctl -q mask --now clamav-daemon.service clamav-daemon.socket 2>/dev/null
	lab_wait 20 shut >/dev/null
}

who=anna
rootfs=$(lab_rootfs) && office_prepare "$work/office" || quit 'the office is made'
sed -i 's|"allow": {|& "vpn": [{ "interface": "vpn0", "endpoint": "'$VPN4'", "udp": ['$VPN_PORT'] }],|
	s|"requirements": \[|"captive_portal": { "probe": "http://detect.example/ok", "at": ["'$INTERNET4'"] }, &|' \
	"$work/office/policy.json"
office_publish "$work/office" || quit 'the policy has the VPN, and a portal'
office_nginx "$(lab_layer internet)" <<-'END'
	server { listen 80; return 204; }
END
office_nginx "$(lab_layer hotel)" <<-END
	server {
		listen 80;
		location / { return 302 http://$HOTEL4/login; }
		location /login { return 200 "Welcome.  Your room number, please.\n"; }
	}
END
serves office eth0 "$OFFICE4/24"
serves hotel eth0 "$HOTEL4/24"
roamer_prepare anna && roamer_prepare ben || quit 'the laptops are made'
office_boot "$rootfs" &
hotel_boot "$rootfs" &
wait
give_out office eth0 && give_out hotel eth0 || quit 'the networks are up'
watch_wire lan && watch_wire hotel && watch_wire wan || quit 'the wire is watched'
lab_boot anna "$rootfs" --link lan - & booting=$!
lab_boot ben "$rootfs" --link lan - && wait $booting
lab_alive anna && lab_alive ben || quit 'the laptops boot'

for who in anna ben; do
	good_day >"$work/$who.log" 2>&1 || { cat "$work/$who.log"; quit "$who is set up"; }
done
for who in anna ben; do
	becomes compliant 60 && world
	ok $? "$who is enrolled in the office and compliant: programs reach the world"
done

# --- ben was away, and comes back -----------------------------------------------------------------
lab_stop ben
lab_disk ben systemctl -q mask clamav-daemon.service clamav-daemon.socket
lab_disk ben sed -i 's/^ENABLED=.*/ENABLED=no/' /etc/ufw/ufw.conf
cp "$work/office/mirror/pool/stable/"*.deb "$(lab_layer ben)/old.deb"
lab_disk ben dpkg -i /old.deb >/dev/null
since=$(lab_now)
lab_boot ben "$rootfs" || quit 'ben boots'
lab_wait 20 shut >/dev/null && lab_exec ben lazaret why | grep -q 'help@office.example'
ok $? 'ben is shut out, told why, and whom to call'
becomes compliant 60 && well
ok $? 'his antivirus, firewall and patch are back'
silent "$since" "$(let_out)" && world
ok $? 'from the power button until he was let in, nothing of his reached the world'

# --- anna sleeps, and wakes in the hotel ----------------------------------------------------------
who=anna
# As systemd-suspend.service is, but for what it starts.
lab_exec anna tee /run/systemd/system/lab-suspend.service >/dev/null <<-'END'
	[Unit]
	DefaultDependencies=no
	Requires=sleep.target
	After=sleep.target
	[Service]
	Type=oneshot
	ExecStart=sleep 0.5
END
lab_exec anna sh -c 'systemctl daemon-reload && systemctl start --no-block lab-suspend'
lab_wait 5 is held >/dev/null
ok $? 'anna is held before she sleeps'
freeze 1
carry lan hotel
since=$(lab_now)
freeze 0
lab_wait 20 is compliant >/dev/null && [ "$(let_out)" -gt "$since" ]
ok $? "awake in the hotel she is judged and let in, $(($(let_out) - since)) ms after she woke"
silent "$since" "$(let_out)" && world
ok $? 'until then nothing of hers reached the world'

# --- in the hotel she lacks a patch, and the hotel wants a login -----------------------------------
wants_login
cp "$work/office/mirror/pool/stable/"*.deb "$(lab_root anna)/root/old.deb"
lab_exec anna dpkg -i /root/old.deb >"$work/anna.log" 2>&1
lab_wait 20 is quarantined >/dev/null
ok $? 'an old package came back: she is quarantined'
since=$(lab_now)
lab_wait 30 page >/dev/null
ok $? "the hotel's portal is open: she is told where to log in"
lab_exec anna curl -sf -m 3 "$(page)" | grep -q 'Your room number' &&
	! lab_exec anna curl -s -m 1 http://203.0.113.99/
ok $? 'any browser of hers gets that page, and nothing else'
lets_out
lab_wait 30 sealed >/dev/null
ok $? 'she is let out, and the portal is sealed'
becomes compliant 120 && well
ok $? "the patch comes through the hotel, after $took ms"
silent "$since" "$(let_out)" && world
ok $? 'until then nothing else of hers reached the world'

# --- and once more, with the VPN up ------------------------------------------------------------------
vpn_up && lab_wait 5 tunnelled >/dev/null
ok $? 'her VPN to the office is up, and takes all she sends'
antivirus_off
since=$(lab_now)
becomes compliant 60 && well
ok $? "it is mended, after $took ms"
silent "$since" "$(let_out)" && world
ok $? 'and until then nothing of hers reached the world, within the tunnel or beside it'

# --- back to the office, and the power goes on the way in ------------------------------------------
carry hotel lan
lab_crash anna
since=$(lab_now)
lab_boot anna "$rootfs" || quit 'anna boots'
becomes compliant 60 && well
ok $? 'back in the office the power goes before she is judged: the next boot judges her'
silent "$since" "$(let_out)" && world
ok $? 'and from the cut until she was let in, nothing of hers reached the world'
echo "1..$n"
