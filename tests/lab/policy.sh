#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Policies that must not count, and programs that die: on a laptop with the agent in its
# units and a policy server that lies.  Whatever comes, the last good state stays in force.
set -u
. "${src:?}/tests/lab/begin.sh"
. "$src/tests/lab/office.sh"
lab_enter "$0" "$@"
work=$LAB_DIR/policy
rm -rf "$work"
mkdir -p "$work"

on_laptop() { lab_exec laptop "$@"; }
status() { on_laptop lazaret status --json 2>/dev/null; }
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p"; } # NAME < status
state() { status | grep -o '"state":"[a-z]*"' | head -n 1 | cut -d'"' -f4; }
version() { status | grep -o '"version":[0-9]*' | cut -d: -f2; }
is() { [ "$(state)" = "$1" ]; }
evidence() { on_laptop lazaret status; }
has_table() { on_laptop nft list table inet lazaret >/dev/null 2>&1; }

# refresh: asks for it and prints why it brought nothing, if so.
refresh() { on_laptop lazaret refresh | sed -n 's/^ *last refresh failed: //p'; }

# refused REASON WHAT: the refresh says so; policy and state are what they were.
refused() {
	local before why

	before="$(version) $(state)"
	why=$(refresh)
	echo "$why" | grep -Eq "$1" && [ "$before" = "$(version) $(state)" ]
	ok $? "$2: ${why:-was accepted}"
}

served() { lab_exec office sh -c "$1"; }
restore() { served 'rm -rf /srv/policy && cp -a /srv/good /srv/policy'; }

serve() { # FOLDER: instead of what was there
	served 'rm -rf /srv/policy'
	cp -a "$1" "$(lab_root office)/srv/policy"
	served 'chmod -R a+rX /srv/policy'
}

rootfs=$(lab_rootfs) || quit 'no root for the containers'
office_prepare "$work/office" && laptop_prepare "$work/office" && office_boot "$rootfs" &&
	laptop_boot "$rootfs" >/dev/null || quit 'the lab does not boot'
served 'cp -a /srv/policy /srv/good'
lab_wait 10 on_laptop curl -sf -m 1 "http://$MIRROR_HOST/dists/stable/InRelease" -o /dev/null >/dev/null
{ lab_run laptop apt-get -q update && lab_run laptop ufw --force enable; } >/dev/null 2>&1 ||
	quit 'the laptop cannot be set up'

# ----- configuration
printf '[Policy]\nRefesh=1h\n' | on_laptop tee /etc/lazaret/lazaret.conf.d.try >/dev/null
on_laptop lazaretd --check-config --config /etc/lazaret/lazaret.conf.d.try 2>&1 |
	grep -q 'lazaret.conf.d.try:2: \[Policy\] has no key Refesh='
ok $? 'an unknown key is refused with file and line'
on_laptop systemctl -q enable --now lazaretd
lab_wait 60 is compliant >/dev/null
ok $? "the agent is on and the laptop compliant (it is: $(state))"
as_daemon() { on_laptop setpriv --reuid lazaret --regid lazaret --init-groups "$@"; }
! as_daemon mv /var/lib/lazaret/store /var/lib/lazaret/mine 2>/dev/null &&
	! as_daemon ln -s /etc/shadow /run/lazaret/link 2>/dev/null &&
	as_daemon test -w /var/lib/lazaret/agent -a -w /run/lazaret/agent
ok $? "its user writes in folders of its own, not where the others' are"

# ----- policies that must not count
served "sed -i 's/\"sig\": *\"[0-9a-f]*\"/\"sig\": \"\"/g' /srv/policy/metadata/timestamp.json"
refused 'signature' 'unsigned metadata'
restore
served 'for f in /srv/policy/targets/*; do echo >>$f; done'
on_laptop rm -rf /var/lib/lazaret/store/targets
refused 'hash|length|bytes' 'a policy that was tampered with'
restore
served "sed -i 's/\"version\": *1/\"version\": 7/' /srv/policy/metadata/timestamp.json"
refused 'signature' 'metadata that was tampered with'
restore
cp -a "$work/office" "$work/stranger"
rm -rf "$work/stranger/fleet" "$work/stranger/www"
"$O/policy/lazaret-policy" init --no-passphrase all "$work/stranger/fleet" >/dev/null &&
	"$O/policy/lazaret-policy" sign "$work/stranger/fleet" "$work/office/policy.json" >/dev/null &&
	"$O/policy/lazaret-policy" publish "$work/stranger/fleet" "$work/stranger/www" >/dev/null
serve "$work/stranger/www"
refused 'signature' "a stranger's policy"
restore

# From now on with a help desk that may release hosts.
"$O/policy/lazaret-policy" keygen --type ed25519 --no-passphrase "$work/desk.pem" >/dev/null
rule=$("$O/policy/lazaret-policy" release --public "$work/desk.pub" | tr -d '\n' | sed 's/^{//; s/}$//')
sed -i "s/\"look_every\": \"1min\"/\"look_every\": \"2min\",$rule/" "$work/office/policy.json"
office_publish "$work/office" >/dev/null
[ -z "$(refresh)" ] && [ "$(version)" = 2 ]
ok $? "a newer policy is taken: version $(version)"
served 'cp -a /srv/policy /srv/newer && rm -rf /srv/policy && cp -a /srv/good /srv/policy'
refused 'goes back to version 1' 'an older policy'
sleep 1 # nginx tells files apart by second and size
"$O/policy/lazaret-policy" sign --expires 1s "$work/office/fleet" "$work/office/policy.json" >/dev/null &&
	"$O/policy/lazaret-policy" publish "$work/office/fleet" "$work/office/www" >/dev/null
serve "$work/office/www"
sleep 2
refused 'expired' 'an expired policy'

# ----- a server that cannot be believed, or reached
served 'systemctl stop nginx'
refused 'refused|unreachable|connect' 'no server'
served 'systemctl start nginx'
lab_ca "$work/other" >/dev/null 2>&1
on_laptop cp /etc/lazaret/ca.pem /etc/lazaret/ca.good
on_laptop sh -c 'cat >/etc/lazaret/ca.pem' <"$work/other/ca.pem"
refused 'certificate|trust' 'a server whose certificate nobody vouches for'
on_laptop cp /etc/lazaret/ca.good /etc/lazaret/ca.pem
served 'rm -rf /srv/policy && cp -a /srv/newer /srv/policy'
[ -z "$(refresh)" ]
ok $? 'the good server is believed again'

# ----- a full disk
on_laptop sh -c 'cd /var/lib/lazaret && cp -a store /run/store.was &&
	mount -t tmpfs -o size=256k,mode=2750 none store && cp -a /run/store.was/. store/ &&
	chown --reference=/run/store.was store && dd if=/dev/zero of=store/full bs=1k 2>/dev/null; true'
sed -i 's/"look_every": "2min"/"look_every": "3min"/' "$work/office/policy.json"
"$O/policy/lazaret-policy" sign "$work/office/fleet" "$work/office/policy.json" >/dev/null
office_publish "$work/office" >/dev/null
refused 'space' 'a full disk'
on_laptop sh -c 'umount /var/lib/lazaret/store'
[ -z "$(refresh)" ] && [ "$(version)" -gt 2 ]
ok $? "with room again the newer policy is taken: version $(version)"

# ----- programs that die
daemon() { on_laptop systemctl show -p MainPID --value lazaretd; }
second=$(on_laptop timeout 10 lazaretd --foreground 2>&1)
echo "$second" | grep -q 'another lazaretd is at work'
ok $? "a second daemon leaves: $second"

# The remedy first: a firewall that is gone is seen at once, and would be back.
on_laptop systemctl mask -q --runtime --now lazaret-remedy-firewall-enable.socket
on_laptop systemctl mask -q --now ufw
on_laptop nft flush ruleset
on_laptop lazaret check >/dev/null
check 'without a firewall it is quarantined, and the table is there' has_table
was=$(daemon)
on_laptop kill -9 "$was"
check 'kill -9: the table is there at once' has_table
lab_wait 20 is quarantined >/dev/null && [ "$(daemon)" != "$was" ]
ok $? 'and another daemon takes over, still quarantined'
timeout 2 lab_exec laptop curl -s -m 1 "http://$INTERNET4/" >/dev/null 2>&1
ok "$([ $? != 0 ]; echo $?)" 'the internet does not answer'
check 'the policy server does' on_laptop curl -sf -m 3 --cacert /etc/lazaret/ca.pem \
	"https://$POLICY_HOST/metadata/timestamp.json"
# As units of the laptop's own systemd.
asks() {
	lab_run laptop "$@" curl -sf -m 2 --cacert /etc/lazaret/ca.pem \
		"https://$POLICY_HOST/metadata/timestamp.json" >/dev/null 2>&1
}
! asks
ok $? 'an ordinary service does not get there'
asks --slice=lazaret.slice
ok $? 'and a repair service does'
on_laptop lazaret --json status | grep -q '"path":{"who":"repair".*"found":"works","list":"signed"'
ok $? 'which the status says, and that repair gets out'

# ----- let out by the help desk, and what the journal says of it
challenge=$(on_laptop lazaret release --plain)
token=$("$O/policy/lazaret-policy" release --key "$work/desk.pem" --challenge "$challenge" --for 1h 2>/dev/null)
on_laptop lazaret release "$token" >/dev/null && is released && ! has_table
ok $? "a token of the help desk's lets it out: $(on_laptop lazaret status | sed -n 's/^released until/until/p')"
on_laptop journalctl --update-catalog
said=$(on_laptop journalctl -q -x --no-pager MESSAGE_ID=48a78bf98e189250542ee6140b678dd7)
echo "$said" | grep -q 'lazaretd.*this host is released for 1 h' &&
	echo "$said" | grep -q 'Subject: This host was let out of quarantine'
ok $? 'the journal has it as an entry of its own, and explains it'
on_laptop journalctl -q -o json MESSAGE_ID=b3df1d1c0c79195e019937c4be6e58ac | tail -n 1 | grep -q '"LAZARET_STATE" *: *"released"'
ok $? 'states are fields'
on_laptop lazaret release --end >/dev/null
is quarantined && has_table
ok $? 'and root ends it'

lab_exec office pkill -STOP nginx
for program in lazaret-fetch lazaret-vet; do
	# One that was under way already is killed as well as the one that is asked for.
	on_laptop sh -c "lazaret refresh >/run/refresh.out & sleep 0.5
		while kill -0 \$! 2>/dev/null; do pkill -9 -x $program; sleep 0.2; done"
	why=$(on_laptop sed -n 's/^ *last refresh failed: //p' /run/refresh.out)
	echo "$why" | grep -Eq 'reset|no answer' && is quarantined
	ok $? "$program killed: $why"
done
lab_exec office pkill -CONT nginx

cp "$O/tests/lab/probe" "$(lab_root laptop)/run/probe"
on_laptop apt-get -q -y install $PACKAGE=$VULNERABLE >/dev/null 2>&1
on_laptop /run/probe lock /var/lib/dpkg/lock-frontend 6 >/dev/null 2>&1 &
on_laptop lazaret check >/dev/null
lab_wait 5 on_laptop pgrep -f 'lazaret-remedy patches-install' >/dev/null
on_laptop pkill -9 -f 'lazaret-remedy patches-install'
last_repair() { why=$(on_laptop lazaret status | sed -n 's/^ *last repair: patches-install: //p'); [ -n "$why" ]; }
lab_wait 5 last_repair >/dev/null && is quarantined
ok $? "lazaret-remedy killed: $why"
wait $!

# ----- what the host may lack
on_laptop systemctl stop dbus.socket dbus.service 2>/dev/null
on_laptop lazaret check >/dev/null
is quarantined
ok $? 'without D-Bus it looks and answers'
on_laptop sh -c 'mkdir -p /run/plain && cp -a /var/lib/lazaret /run/plain/state &&
	printf "[Agent]\nStateDirectory=/run/plain/state\nRuntimeDirectory=/run/plain\n" >/run/plain/lazaret.conf'
cp "$O/tests/lab/without" "$(lab_root laptop)/run/without"
# lacking WRAPPER...: a lazaretd that it starts cannot hold the host, and says so.
lacking() {
	on_laptop sh -c '"$@" lazaretd --foreground --config /run/plain/lazaret.conf 2>/run/plain/log & sleep 2
		lazaret --socket /run/plain/agent/control.sock status; kill $!' sh "$@" >"$work/said" 2>&1
	grep -q 'NOT ENFORCED' "$work/said" && grep -q 'unknown  *firewall' "$work/said"
}
lacking setpriv --bounding-set -net_admin --inh-caps -net_admin
ok $? 'without CAP_NET_ADMIN: unknown, and NOT ENFORCED is said'
lacking /run/without && grep -q 'NOT ENFORCED.*CONFIG_NETFILTER_NETLINK' "$work/said"
ok $? 'on a kernel without nf_tables: the same, and what the kernel needs'
on_laptop /run/without /usr/lib/lazaret/lazaret-hold >"$work/said" 2>&1
[ $? = 1 ] && grep -q 'THE HOST IS NOT HELD.*CONFIG_NETFILTER_NETLINK' "$work/said"
ok $? 'and lazaret-hold says that nothing is held, and fails'

# ----- the way out
on_laptop systemctl unmask -q --runtime lazaret-remedy-firewall-enable.socket
on_laptop systemctl unmask -q ufw
on_laptop sh -c 'systemctl start dbus.socket; ufw --force enable' >/dev/null 2>&1
on_laptop systemctl restart lazaretd # its patience with patches-install starts anew
lab_wait 60 is compliant >/dev/null && ! has_table
ok $? 'with its firewall on and patched it is let out'

# The README's words on how to get off it, in the worst moment.
on_laptop systemctl mask -q --runtime --now lazaret-remedy-firewall-enable.socket
on_laptop systemd-run -q --unit=waits perl -MIO::Socket::INET -e \
	'IO::Socket::INET->new(Listen => 1, LocalPort => 4711) and sleep 60'
on_laptop nft flush ruleset
reached() {
	on_laptop lazaret check >/dev/null
	on_laptop lazaret firewall >"$work/said"
	grep -q 'tcp/4711 by perl\[[0-9]*\] of waits.service (uid 0), IPv4' "$work/said"
}
lab_wait 10 reached >/dev/null
ok $? "what others could reach is told, and who waits there: $(sed -n 's/^ *- \(tcp.4711.*\)/\1/p' "$work/said")"
on_laptop systemctl -q disable --now lazaretd
has_table
ok $? 'the agent is stopped for good, and that alone opens nothing'
on_laptop nft delete table inet lazaret &&
	on_laptop nft delete table netdev lazaret && on_laptop curl -sf -m 3 "http://$INTERNET4/" >/dev/null &&
	! on_laptop systemctl -q is-enabled lazaret-hold lazaretd
ok $? 'without its table the internet answers, and the next boot holds nothing'
echo "1..$n"
