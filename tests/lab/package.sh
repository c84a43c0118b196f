#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian package: installed it does nothing yet; an upgrade keeps the quarantine; removed, also in
# the middle of one, it leaves an open host.
set -u
. "${src:?}/tests/lab/begin.sh"
lab_enter "$0" "$@"

package=$LAB_DIR/lazaret.deb publisher=$LAB_DIR/lazaret-publisher.deb
rm -f "$package" "$publisher"
(umask 077 && "$src/systemd/deb/build" 1.0) >"$LAB_DIR/built" &&
	{ read -r built && mv "$built" "$package" && read -r built && mv "$built" "$publisher"; } <"$LAB_DIR/built"
ok $? 'it is built, and the one for publishers'
open_to_all() { # whatever the umask was
	for deb in "$package" "$publisher"; do dpkg-deb -c "$deb" || return; done >"$LAB_DIR/said" &&
		not grep -v '^d\?-\?r..r.[-x]r.[-x] root/root ' "$LAB_DIR/said"
}
check 'all that is in them can be read' open_to_all
is_small() { [ "$(stat -c %s "$package")" -lt 1000000 ]; }
check 'it is below a megabyte' is_small
depends() { dpkg-deb -f "$package" Depends | grep -q 'libmbed.*libnftnl.*libsystemd'; }
check 'it names the libraries that it needs' depends

rootfs=$(lab_rootfs) || quit 'a root for the host'
cp "$package" "$publisher" "$(lab_layer host)/"
lab_boot host "$rootfs" || quit 'the host boots'
install_it() {
	lab_run host apt-get install -qy --no-install-recommends --reinstall /lazaret.deb /lazaret-publisher.deb \
		>"$LAB_DIR/said" 2>&1
}
check 'apt installs it' install_it
tell
whole() { ! lab_exec host dpkg --verify lazaret | grep -v ' /usr/share/\(man\|doc\)' | grep -q .; } # the lab has no such
check 'its files are whole' whole
nothing_on() {
	! lab_exec host systemctl list-unit-files --no-legend --state=enabled 'lazaret*' | grep . &&
		! lab_exec host systemctl list-units --no-legend --state=active 'lazaretd*' 'lazaret-*' | grep .
}
check 'nothing is switched on' nothing_on
at sh -c 'umask 077; echo "[Policy]" >/etc/lazaret/lazaret.conf.d/site.conf; lazaretd --check-config'
grep -q "site.conf: cannot read it: Permission denied; lazaretd's user" "$LAB_DIR/said"
ok $? 'what only root can read is wrong with its configuration'
at rm /etc/lazaret/lazaret.conf.d/site.conf
at sh -c 'rm -r /var/lib/lazaret/store && chmod 700 /var/lib/lazaret'
at systemctl enable --now lazaretd
store() { [ "$(lab_exec host stat -c '%a %U %G' /var/lib/lazaret/store)" = '2750 lazaret-vet lazaret' ]; }
check 'switched on it makes its folders anew' store
# As a resolver on the host does, by a drop-in.
at systemd-run --unit=resolver --slice=lazaret.slice sleep 1000
no_policy() { at lazaret status; [ $? = 5 ] && grep -q 'URL= is not set in lazaret.conf' "$LAB_DIR/said"; }
lab_wait 5 no_policy >/dev/null
check 'switched on it says that there is no policy yet, and why' no_policy
tell

# --- quarantined -------------------------------------------------------------------------
lab_exec host bash -c 'mkdir -p /var/lib/lazaret/store/generation-1 && cd /var/lib/lazaret/store &&
	echo "{ \"mode\": \"enforce\", \"requirements\": [{ \"id\": \"f\", \"check\": \"firewall\", \"grace\": \"0s\" }],
		\"allow\": { \"policy\": [{ \"to\": \"192.0.2.1\", \"tcp\": [443] }] } }" >generation-1/policy.json &&
	echo "{}" >generation-1/allow.json && : >generation-1/enforce &&
	echo "{ \"version\": 1, \"expires\": 4000000000, \"accepted\": 1 }" >generation-1/accepted.json &&
	ln -s generation-1 current && chmod 750 generation-1 && chmod 640 generation-1/* &&
	chown -R lazaret-vet:lazaret generation-1'
at systemctl restart lazaretd
quarantined() { at lazaret status; grep -q ^quarantined "$LAB_DIR/said"; }
is_held() { lab_exec host nft list table inet lazaret >/dev/null 2>&1; }
lab_wait 5 quarantined >/dev/null && is_held
ok $? 'an open host is quarantined'
tell
daemon() { lab_exec host systemctl show -P MainPID lazaretd; }
before=$(daemon)
check 'it is upgraded' install_it
[ "$(daemon)" != "$before" ] && is_held && lab_wait 5 quarantined >/dev/null
ok $? 'by the new daemon it is quarantined still'

# Rules that repair laid on a host without a firewall, a unit of the administrator's, a remedy at work,
# and a network that was held at boot.
at nft 'table inet lazaret_baseline { chain input { type filter hook input priority 0; policy drop; }; }'
lab_exec host sh -c 'cd /etc/systemd/system && printf "[Timer]\nOnActiveSec=1d\n[Install]\nWantedBy=timers.target\n" \
	>lazaret-bump.timer && printf "[Service]\nExecStart=true\n" >lazaret-bump.service &&
	mkdir -p /run/systemd/system/lazaret-remedy-host-reboot@.service.d &&
	printf "[Service]\nType=exec\nExecStart=\nExecStart=sleep 1000\nStandardOutput=null\n" \
		>/run/systemd/system/lazaret-remedy-host-reboot@.service.d/slow.conf &&
	printf "[Service]\nExecStart=sleep 1000\n" >/run/systemd/system/NetworkManager.service &&
	systemctl daemon-reload && systemctl enable --now lazaret-bump.timer &&
	systemctl start lazaret-remedy-host-reboot@at-work NetworkManager &&
	systemctl is-active lazaret-hold-failsafe' >"$LAB_DIR/said" 2>&1
ok $? "others' units have names like its own, and a remedy is at work"
remove() { lab_run host apt-get "$@" -qy >"$LAB_DIR/said" 2>&1; } # COMMAND PACKAGE...
at systemctl mask lazaretd # of which systemctl disables nothing
check 'it is removed' remove remove lazaret
tell
check "others' services in its slice run on" at systemctl is-active resolver
gone() {
	! at systemctl is-active lazaretd && ! at sh -c 'nft list tables | grep lazaret' && nothing_on &&
		! at sh -c 'find /etc/systemd/system/*/ /run/lazaret /run/motd.d -name "*lazaret*" | grep .'
}
at_work() {
	for unit in lazaret-bump.timer lazaret-remedy-host-reboot@at-work NetworkManager; do
		at systemctl is-active "$unit" || return
	done
}
check "the administrator's unit goes on, and so do the remedy and the network" at_work
at sh -c 'systemctl disable --now lazaret-bump.timer && systemctl stop lazaret-remedy-host-reboot@at-work &&
	rm -r /etc/systemd/system/lazaret-bump.* /run/systemd/system/lazaret-remedy-*'
check 'nothing of it runs, nothing requires it, no table is left' gone
at systemctl unmask lazaretd
check 'what it knew is there still' at test -e /var/lib/lazaret/store/current
publishes() { # its own lazaret-fetch finds nobody there
	at lazaret-policy lint /usr/share/doc/lazaret-publisher/example-policy.json &&
		! at lazaret-policy verify --ca /etc/os-release https://localhost:1/ &&
		grep -q '^not valid: https://localhost:1/: the CA file' "$LAB_DIR/said"
}
check 'the tools of publishers need nothing of it' publishes
check 'until it is purged' remove purge lazaret lazaret-publisher
check 'of which nothing is left' at bash -c '! find / -xdev -path /proc -prune -o -path "*lazaret*" -print | grep -v -e "^/lazaret[a-z-]*.deb" -e /var/lib/apt -e /var/log -e /run/log'
tell
echo "1..$n"
