#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The remedies on a real host: ClamAV, ufw, apt and dpkg are broken as users and intruders
# break them; each remedy is asked for as lazaretd does, through its socket and by its account,
# and counts only when a fresh look passes.
set -u
. "${src:?}/tests/lab/begin.sh"
lab_enter "$0" "$@"

# broken CHECK WHAT: what was just done to the host is seen.
broken() {
	look "$1"
	ok "$([ $? = 1 ]; echo $?)" "$2 is seen: $(head -n 1 "$LAB_DIR/said")"
}

# mended REMEDY CHECK WHAT: the remedy says it is done, and a fresh look passes.
mended() {
	local t0 r

	t0=$(lab_now)
	probe mend "$1"
	r=$?
	[ $r = 0 ] || tell
	t0=$(($(lab_now) - t0))
	[ $r = 0 ] && { look "$2" || { r=1; tell; }; }
	ok $r "$1 mends $3 ($t0 ms)"
}

# refused REMEDY TEXT WHAT: it fails and says why.
refused() {
	probe mend "$1"
	[ $? = 1 ] && grep -q "^failed: .*$2" "$LAB_DIR/said"
	ok $? "$3: $(tail -n 1 "$LAB_DIR/said")"
}

# --- the host ---------------------------------------------------------------------------
rootfs=$(lab_rootfs) || quit 'a root for the host'
layer=$(lab_layer host)
repo=$LAB_DIR/repo
rm -rf "$repo" "$repo.key"
mkdir -p "$layer/usr/lib/lazaret" "$layer/usr/lib/systemd/system" "$layer/usr/lib/sysusers.d" \
	"$layer/usr/lib/tmpfiles.d" "$layer/etc/apt" "$layer/srv"
install "$O/agent/remedy/lazaret-remedy" "$O/tests/lab/probe" "$layer/usr/lib/lazaret/"
install -m 644 "$O"/systemd/lazaret-remedy-* "$layer/usr/lib/systemd/system/"
install -m 644 "$src/systemd/sysusers.d/lazaret.conf" "$layer/usr/lib/sysusers.d/"
install -m 644 "$src/systemd/tmpfiles.d/lazaret.conf" "$layer/usr/lib/tmpfiles.d/"
lab_clam_databases "$layer/var/lib/clamav" "$(date +%s)"
for p in clamav-base clamav-daemon; do lab_repack "$rootfs" $p "$repo/pool/lab"; done
lab_deb lab-tool 1.0 "$repo/pool/lab"
lab_deb lab-toy 1.0 "$repo/pool/lab"
lab_deb lab-lock 1.0 "$repo/pool/lab"
updates=$(. /etc/os-release && echo "$VERSION_CODENAME")-updates
lab_apt_repo "$repo" lab lab-security "$updates"
cp -a "$repo" "$layer/srv/repo"
for suite in lab lab-security "$updates"; do
	echo "deb [signed-by=/srv/repo/lab.gpg] file:/srv/repo $suite main"
done >"$layer/etc/apt/sources.list"
lab_boot host "$rootfs" || quit 'the host boots'

at systemd-sysusers && at systemd-tmpfiles --create lazaret.conf &&
	at chown -R clamav: /var/lib/clamav &&
	at sh -c 'systemctl start $(cd /usr/lib/systemd/system && ls -d lazaret-remedy-*.socket)'
ok $? 'the sockets of the remedies listen'

at setpriv --reuid=nobody --regid=nogroup --clear-groups /usr/lib/lazaret/probe mend antivirus-start
[ $? = 1 ] && grep -q 'Permission denied' "$LAB_DIR/said"
ok $? 'another account may not ask for a remedy'

# --- antivirus --------------------------------------------------------------------------
at systemctl stop clamav-daemon.service clamav-daemon.socket
broken antivirus 'a stopped ClamAV'
mended antivirus-start antivirus 'a stopped ClamAV'
at systemctl mask --now clamav-daemon.service clamav-daemon.socket
refused antivirus-start masked 'starting is not enough'
mended antivirus-enable antivirus 'a masked ClamAV'

# --- firewall ---------------------------------------------------------------------------
broken firewall 'a host without a firewall'
mended firewall-enable firewall 'a ufw that was never on'
at nft flush ruleset
broken firewall 'a flushed ruleset behind an active ufw'
mended firewall-enable firewall 'a flushed ruleset'
at ufw default allow incoming
broken firewall 'a ufw that lets everything in'
mended firewall-enable firewall 'a ufw that lets everything in'

at sh -c 'ufw --force disable; mv /usr/sbin/ufw /usr/sbin/ufw.away; nft flush ruleset'
printf '%s\n' 'flush ruleset' 'table inet filter {' 'chain input {' \
	'type filter hook input priority filter; policy drop; iif lo accept; }; }' |
	lab_exec host sh -c 'cat >/etc/nftables.conf'
broken firewall 'an nftables.service that is not on'
mended firewall-enable firewall 'an nftables.service that is not on'
at sh -c 'mv /usr/sbin/ufw.away /usr/sbin/ufw; nft flush ruleset'
broken firewall 'a flushed ruleset behind an active nftables.service'

# --- patches ----------------------------------------------------------------------------
at apt-get update && at apt-get -y install lab-tool lab-toy lab-lock
ok $? 'packages are installed from the signed repository'
lab_deb lab-tool 1.1 "$repo/pool/lab-security"
lab_deb lab-toy 2.0 "$repo/pool/lab"
mirror() {
	lab_apt_repo "$repo" lab lab-security "$updates"
	lab_exec host rm -rf /srv/repo && tar -C "$LAB_DIR" -cf - repo | lab_exec host tar -C /srv -xf -
	at apt-get update
}
mirror
at sh -c 'echo edited >/etc/lab-tool.conf'
broken patches 'a pending security update'
mended patches-install patches 'a pending security update'
at grep -qx edited /etc/lab-tool.conf
ok $? 'a configuration file that was edited stays'
[ "$(lab_exec host dpkg-query -W -f '${Version}' lab-toy)" = 1.0 ]
ok $? 'an update that is no matter of security waits for its administrator'

# Of what only the updates suite has, the feed says what is a fix.
lab_deb lab-lock 1.1 "$repo/pool/$updates"
lab_deb lab-toy 1.5 "$repo/pool/$updates"
mirror
look patches
ok $? 'updates that are no matter of security are no fixes'
t=$(mktemp -d)
release=$(. /etc/os-release && echo "$VERSION_ID")
printf '{"schema_version":"1.6.0","id":"CVE-2026-4711","modified":"2026-11-01T00:00:00Z",
	"affected":[{"package":{"ecosystem":"Debian:%s","name":"lab-lock"},"ranges":[{"type":"ECOSYSTEM",
	"events":[{"introduced":"0"},{"fixed":"1.1"}]}]}]}\n' "$release" >"$t/osv.json"
printf '{"mode":"audit","requirements":[{"id":"patches","check":"patches","grace":"0s","index_max_age":"7d",
	"feed":"advisories/{id}-{version}.feed","remedies":["patches-install"]}]}\n' >"$t/policy.json"
"$O/policy/lazaret-policy" feed --distro debian --release "$release" -o "$t/feed" "$t/osv.json" >/dev/null &&
	tar -C "$t" -cf - feed policy.json | lab_exec host tar -C /run -xf - &&
	at /usr/lib/lazaret/probe keep /run/policy.json /run/feed
ok $? "a policy with a feed is in force $(cat "$LAB_DIR/said")"
rm -rf "$t"
broken patches 'a fix that the feed names'
mended patches-install patches 'a fix that only the updates suite has'
[ "$(lab_exec host dpkg-query -W -f '${Version}' lab-lock lab-toy)" = 1.11.0 ]
ok $? 'and of that suite nothing else is installed'

# Images for containers keep lists compressed.
at sh -c 'echo "Acquire::GzipIndexes \"true\";" >/etc/apt/apt.conf.d/90gzip
	rm -f /var/lib/apt/lists/*Packages*; apt-get update'
at sh -c 'ls /var/lib/apt/lists/*Packages.*'
ok $? 'apt keeps its lists compressed'
look patches
ok $? "compressed lists are read: $(head -n 1 "$LAB_DIR/said")"
at sh -c 'for f in /var/lib/apt/lists/*Packages.*; do truncate -s -5 $f; done'
broken patches 'lists that were cut short'
mended patches-install patches 'lists that cannot be read'
at rm /etc/apt/apt.conf.d/90gzip

# dpkg dies in the middle of its work: everything refuses until it is cleaned up.
t=$(mktemp -d)
lab_deb lab-frail 1.0 "$t"
dpkg-deb -R "$t"/lab-frail*.deb "$t/tree"
printf '#!/bin/sh\n[ -e /var/lib/died ] || { : >/var/lib/died; kill -9 $PPID; }\n' \
	>"$t/tree/DEBIAN/postinst"
chmod 755 "$t/tree/DEBIAN/postinst"
dpkg-deb --root-owner-group --build "$t/tree" "$t/frail.deb" >/dev/null
lab_exec host sh -c 'cat >/var/tmp/frail.deb' <"$t/frail.deb"
rm -rf "$t"
at dpkg -i /var/tmp/frail.deb
at apt-get -y install lab-toy
ok "$([ $? != 0 ]; echo $?)" 'a killed dpkg blocks apt'
mended patches-install patches 'a dpkg that was killed'
at dpkg --audit
[ ! -s "$LAB_DIR/said" ]
ok $? 'dpkg finds nothing half done'

# Worse: a package was cut off while it was unpacked, and one that depends on it waits for it.
# apt-get, asked for both, ends in "Internal Error, No file name".
half='Status: install reinstreq half-installed'
at sh -c "dpkg --force-depends --unpack /srv/repo/pool/lab/clamav-daemon*.deb
	sed -i '/^Package: clamav-base\$/,/^\$/s/^Status: .*/$half/' /var/lib/dpkg/status"
at dpkg --audit
grep -q clamav-base "$LAB_DIR/said" && grep -q clamav-daemon "$LAB_DIR/said"
ok $? 'a package that was cut off, and one that waits for it'
mended patches-install patches 'both'
at dpkg --audit
[ ! -s "$LAB_DIR/said" ]
ok $? 'dpkg finds nothing half done'
echo "1..$n"
