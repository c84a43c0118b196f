#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Installing updates, and the antivirus anew, where the package manager has a bad day: another
# apt-get is at work, disks are full, needrestart wants to ask, a kernel with its hooks comes from
# within the remedy's sandbox.
set -u
. "${src:?}/tests/lab/begin.sh"
lab_enter "$0" "$@"

part=patches remedy=patches-install
look() { at /usr/lib/lazaret/probe look $part; }
mend() {
	lab_exec host setpriv --reuid=lazaret --regid=lazaret --clear-groups \
		/usr/lib/lazaret/probe mend $remedy >"$LAB_DIR/mended" 2>&1
}

# both COMMAND...: with each of the remedies that write packages.
both() {
	"$@"
	part=antivirus remedy=antivirus-reinstall
	"$@"
	part=patches remedy=patches-install
}

# updated WHAT: the remedy is done, a fresh look passes, and nothing is half done.
updated() {
	local t0 r

	t0=$(lab_now)
	mend
	r=$?
	t0=$(($(lab_now) - t0))
	[ $r = 0 ] && { look; r=$?; }
	at dpkg --audit
	[ $r = 0 ] && [ ! -s "$LAB_DIR/said" ]
	r=$?
	ok $r "$remedy $1 ($t0 ms)"
	[ $r = 0 ] || { tell; tail -n 12 "$LAB_DIR/mended" | sed 's/^/# /'; look; tell; }
}

# refused TEXT WHAT: it fails, says why, and the look still fails.
refused() {
	local r

	mend
	[ $? = 1 ] && grep -q "^failed: .*$1" "$LAB_DIR/mended" && { look; [ $? = 1 ]; }
	r=$?
	ok $r "$remedy: $2: $(tail -n 1 "$LAB_DIR/mended")"
	[ $r = 0 ] || sed 's/^/# /' "$LAB_DIR/mended"
}

# lab_kernel VERSION FOLDER - a kernel's package: its files, and a postinst that does what Debian's do.
lab_kernel() {
	local t release=6.1.0-lab

	t=$(mktemp -d) && chmod 755 "$t"
	mkdir -p "$t/DEBIAN" "$t/boot" "$t/lib/modules/$release/kernel" "$2"
	echo "kernel $1" >"$t/boot/vmlinuz-$release"
	echo CONFIG_RD_GZIP=y >"$t/boot/config-$release"
	: >"$t/lib/modules/$release/modules.order"
	: >"$t/lib/modules/$release/modules.builtin"
	: >"$t/lib/modules/$release/modules.builtin.modinfo"
	printf '%s\n' 'Package: linux-image-lab' "Version: $1" 'Architecture: all' \
		'Maintainer: Lab <lab@example.invalid>' 'Description: a kernel of the lab' >"$t/DEBIAN/control"
	cat >"$t/DEBIAN/postinst" <<-END
		#!/bin/sh
		set -e
		depmod $release
		! command -v linux-update-symlinks >/dev/null ||
			linux-update-symlinks install $release /boot/vmlinuz-$release
		DEB_MAINT_PARAMS="\$*" run-parts --verbose --exit-on-error --arg=$release \\
			--arg=/boot/vmlinuz-$release /etc/kernel/postinst.d
	END
	chmod 755 "$t/DEBIAN/postinst"
	dpkg-deb --root-owner-group --build "$t" "$2/" >/dev/null
	rm -rf "$t"
}

# lab_odd PACKAGE VERSION FOLDER SCRIPT [FIELD...] - a package with a postinst, and fields of its own.
lab_odd() {
	local t dir=$3 script=$4 field

	t=$(mktemp -d)
	lab_deb "$1" "$2" "$t"
	dpkg-deb -R "$t/$1"*.deb "$t/tree"
	shift 4
	for field; do
		sed -i -e "/^${field%%:*}:/d" -e "\$a $field" "$t/tree/DEBIAN/control"
	done
	printf '#!/bin/sh\n%s\n' "$script" >"$t/tree/DEBIAN/postinst"
	chmod 755 "$t/tree/DEBIAN/postinst"
	mkdir -p "$dir"
	dpkg-deb --root-owner-group --build "$t/tree" "$dir/" >/dev/null
	rm -rf "$t"
}

# are PACKAGE VERSION... - they are installed in these versions.
are() {
	local wrong=0

	while [ $# -gt 0 ]; do
		[ "$(lab_exec host dpkg-query -W -f '${Version}' "$1")" = "$2" ] || wrong=1
		shift 2
	done
	return $wrong
}

# --- the host ---------------------------------------------------------------------------
rootfs=$(lab_rootfs "$LAB_REMEDIES") || quit 'a root for the host'
layer=$(lab_layer host)
repo=$LAB_DIR/repo
rm -rf "$repo" "$repo.key"
mkdir -p "$layer/etc/apt" "$layer/srv"
lab_agent "$layer"
mirror() {
	lab_apt_repo "$repo" lab lab-security
	lab_exec host rm -rf /srv/repo && tar -C "$LAB_DIR" -cf - repo | lab_exec host tar -C /srv -xf -
	at apt-get update
}
lab_clam_databases "$layer/var/lib/clamav" "$(date +%s)"
for p in clamav-base clamav-daemon; do lab_repack "$rootfs" $p "$repo/pool/lab"; done
for p in lab-one lab-two lab-three lab-four; do lab_deb $p 1.0 "$repo/pool/lab"; done
lab_odd lab-slow 1.0 "$repo/pool/lab" "sleep 2"
lab_deb lab-five 1.0 "$repo/pool/lab"
# As libraries are.
library() { lab_odd lab-lib "$1" "$2" : "Architecture: $(dpkg --print-architecture)" 'Multi-Arch: same'; }
library 1.0 "$repo/pool/lab"
lab_kernel 1.0 "$repo/pool/lab"
lab_apt_repo "$repo" lab lab-security
cp -a "$repo" "$layer/srv/repo"
for suite in lab lab-security; do
	echo "deb [signed-by=/srv/repo/lab.gpg] file:/srv/repo $suite main"
done >"$layer/etc/apt/sources.list"
lab_boot host "$rootfs" || quit 'the host boots'
at systemd-sysusers && at systemd-tmpfiles --create lazaret.conf &&
	at chown -R clamav: /var/lib/clamav && at systemctl restart clamav-daemon &&
	at systemctl start lazaret-remedy-patches-install.socket lazaret-remedy-antivirus-reinstall.socket &&
	at apt-get update &&
	at apt-get -y install lab-one lab-two lab-three lab-four lab-five lab-lib linux-image-lab
r=$?
ok $r 'a host with a kernel'
[ $r = 0 ] || tell

# --- full disks -------------------------------------------------------------------------
# The downloads' folder is nearly full of packages that were installed long ago.
lab_deb lab-two 1.1 "$repo/pool/lab-security"
mirror
at sh -c 'mount -t tmpfs -o size=1m,mode=755 lab /var/cache/apt/archives && mkdir /var/cache/apt/archives/partial &&
	head -c 900K /dev/zero >/var/cache/apt/archives/old_1.0_all.deb'
updated 'where old downloads leave little room'
at umount /var/cache/apt/archives

lab_deb lab-three 1.1 "$repo/pool/lab-security"
mirror
at sh -c 'mkdir /run/dpkg && cp -a /var/lib/dpkg/. /run/dpkg/ && mount -t tmpfs -o size=24m,mode=755 lab /var/lib/dpkg &&
	cp -a /run/dpkg/. /var/lib/dpkg/ && cat /dev/zero >/var/lib/dpkg/full; sync; df -k /var/lib/dpkg | tail -n 1'
at rm /usr/sbin/clamd
without_room() {
	refused 'No space left\|status 100\|status [12]' "dpkg's own folder is full"
	grep -q 'No space left' "$LAB_DIR/mended"
	ok $? 'and the cause is in what it tells'
}
both without_room
at rm /var/lib/dpkg/full

# --- others at work ---------------------------------------------------------------------
inhibited() { lab_exec host systemd-inhibit --list --no-legend | grep -q '^Lazaret.*shutdown:sleep.*block'; }
# beside WHAT COMMAND...: while COMMAND is at lab-slow's script.
beside() {
	local what=$1 other waits

	shift
	lab_exec host "$@" >"$LAB_DIR/other" 2>&1 &
	other=$!
	lab_wait 20 lab_exec host pgrep -f lab-slow.postinst >/dev/null
	ok $? "$1 writes packages"
	lab_wait 20 inhibited >/dev/null &
	waits=$!
	updated "$what"
	grep -q 'waiting for process' "$LAB_DIR/mended"
	ok $? "it waited: $(grep 'waiting for process' "$LAB_DIR/mended" | head -n 1)"
	wait $waits
	ok $? 'meanwhile nobody shuts the host down or sends it to sleep'
	not inhibited
	ok $? 'afterwards whoever wants may'
	wait $other
	ok $? 'and the other one is done as well'
}
both beside 'with room again, while another apt-get is at work' apt-get -y install --reinstall lab-slow
at sh -c 'cp -a /var/lib/dpkg/. /run/dpkg/ && umount /var/lib/dpkg && cp -a /run/dpkg/. /var/lib/dpkg/'

lab_odd lab-slow 1.1 "$repo/pool/lab-security" "sleep 2"
mirror
beside 'while unattended-upgrades is at work' unattended-upgrade --verbose
grep -q '^All upgrades installed' "$LAB_DIR/other" && are lab-slow 1.1
r=$?
ok $r 'and the update is its work'
[ $r = 0 ] || sed 's/^/# /' "$LAB_DIR/other" "$LAB_DIR/mended"

# --- needrestart ------------------------------------------------------------------------
lab_deb lab-four 1.1 "$repo/pool/lab-security"
mirror
at sh -c "printf '%s\n' '\$nrconf{restart} = \"i\";' '\$nrconf{ui} = \"NeedRestart::UI::stdio\";' '\$nrconf{kernelhints} = 1;' \
	>/etc/needrestart/conf.d/lab.conf; test -e /etc/apt/apt.conf.d/99needrestart"
ok $? 'needrestart is called by apt, and would ask'
updated 'with needrestart installed'
grep -qi 'scanning processes\|restarting services\|services to be restarted' "$LAB_DIR/mended"
ok "$([ $? = 1 ]; echo $?)" 'and it neither asked nor restarted anything'

# --- files that are locked ----------------------------------------------------------------
lab_deb lab-one 1.1 "$repo/pool/lab-security"
library 1.1 "$repo/pool/lab-security"
mirror
at chattr +i /usr/share/lab-one/version /usr/share/lab-one /etc/lab-one.conf /usr/share/lab-lib/version \
	/usr/share/lab-five/version /usr/share
ok $? 'files of two packages are locked, with a folder, and one that all share'
updated 'what is locked'
grep -qx 'unlocking (chattr -i): 3 of lab-one' "$LAB_DIR/mended" &&
	grep -qx 'unlocking (chattr -i): 1 of lab-lib' "$LAB_DIR/mended"
ok $? 'that is told'
lab_exec host lsattr -d /usr/share/lab-five/version /usr/share >"$LAB_DIR/said"
[ "$(grep -c '^....i' "$LAB_DIR/said")" = 2 ]
ok $? 'and what was not to be installed stays as it is'
at chattr -i /usr/share/lab-five/version /usr/share

lab_deb lab-two 1.1.1 "$repo/pool/lab-security"
mirror
at sh -c 'chattr +i /etc/lab-two.conf; apt-get -y install lab-two'
at dpkg --audit
grep -q lab-two "$LAB_DIR/said"
ok $? 'a locked configuration file leaves a package half done'
updated 'that as well'

# --- what the host keeps back -------------------------------------------------------------
for p in lab-two lab-three lab-four; do lab_deb $p 1.1.2 "$repo/pool/lab-security"; done
mirror
at sh -c 'apt-mark hold lab-three
	printf "%s\n" "Package: lab-four" "Pin: version 1.1" "Pin-Priority: 1001" >/etc/apt/preferences.d/keep'
updated 'beside a hold and a pin'
are lab-two 1.1.2 lab-three 1.1 lab-four 1.1
ok $? 'which keep what they name'
at sh -c 'apt-mark unhold lab-three; rm /etc/apt/preferences.d/keep'
rm "$repo"/pool/lab-security/lab-{three,four}_1.1.2_all.deb

# --- a kernel ---------------------------------------------------------------------------
lab_kernel 1.1 "$repo/pool/lab-security"
mirror
at rm -f /boot/initrd.img-6.1.0-lab
updated 'a kernel, from within the sandbox'
at grep -qx 'kernel 1.1' /boot/vmlinuz-6.1.0-lab
ok $? 'it lies in /boot'
at sh -c 'lsinitramfs /boot/initrd.img-6.1.0-lab | grep -qx "usr/lib/modules/6.1.0-lab/modules.dep\|lib/modules/6.1.0-lab/modules.dep\|usr/lib/modules/6.1.0-lab\|init"'
r=$?
ok $r 'with an initramfs that its hook made'
[ $r = 0 ] || { sed 's/^/# /' "$LAB_DIR/mended"; at ls -la /boot /lib/modules/6.1.0-lab; tell; }
at test -s /lib/modules/6.1.0-lab/modules.dep.bin
ok $? 'and depmod wrote beside its modules'

# --- one of them cannot be installed ------------------------------------------------------
lab_deb lab-vendor 1.0 "$LAB_DIR"
lab_exec host sh -c 'cat >/var/tmp/vendor.deb' <"$LAB_DIR/lab-vendor_1.0_all.deb"
at dpkg -i /var/tmp/vendor.deb
for p in lab-one lab-two lab-four; do lab_deb $p 1.2 "$repo/pool/lab-security"; done
lab_odd lab-three 1.2 "$repo/pool/lab-security" : 'Breaks: lab-vendor (<< 2)'
mirror
refused 'lab-three: ' 'an update that breaks what somebody else installed'
are lab-one 1.2 lab-two 1.2 lab-three 1.1 lab-four 1.2 lab-vendor 1.0
r=$?
ok $r 'and all others are installed'
[ $r = 0 ] || sed 's/^/# /' "$LAB_DIR/mended"

# --- things that have nothing to do with it -----------------------------------------------
at dpkg --purge lab-vendor
lab_exec host sh -c 'cat >/etc/apt/sources.list.d/gone.list' <<<'deb [trusted=yes] file:/srv/gone stable main'
updated 'with that out of the way, and a source that is gone'
# apt-get by itself is content with that.
lab_exec host sh -c 'cat >/etc/apt/sources.list.d/gone.list' <<<'deb [trusted=yes] http://127.0.0.1:9/gone stable main'
mend
grep -q '^failed: .*127.0.0.1:9/gone' "$LAB_DIR/mended"
ok $? "one out of reach is told when there is nothing to install: $(tail -n 1 "$LAB_DIR/mended")"
at rm /etc/apt/sources.list.d/gone.list

lab_odd lab-broken 1.0 "$LAB_DIR" 'exit 7'
lab_exec host sh -c 'cat >/var/tmp/broken.deb' <"$LAB_DIR/lab-broken_1.0_all.deb"
at dpkg -i /var/tmp/broken.deb
lab_deb lab-five 1.1 "$repo/pool/lab-security"
mirror
refused 'dpkg.*lab-broken' 'a package whose script always fails'
are lab-five 1.1
r=$?
ok $r 'the update is installed all the same'
[ $r = 0 ] || sed 's/^/# /' "$LAB_DIR/mended"
at dpkg --purge lab-broken

# --- which suites apt heard of -------------------------------------------------------------
# heard SUITE - when, by the file of which a look takes it.
heard() { lab_exec host stat -c %.9Z "/var/lib/apt/lists/_srv_repo_dists_$1_InRelease"; }
base=$(heard lab) security=$(heard lab-security)
at apt-get update
[ "$(heard lab)" != "$base" ] && [ "$(heard lab-security)" != "$security" ]
ok $? 'apt found all suites unchanged, and their files say when'
base=$(heard lab) security=$(heard lab-security)
at sh -c 'mv /srv/repo/dists/lab-security /srv/security && apt-get update'
[ "$(heard lab)" != "$base" ] && [ "$(heard lab-security)" = "$security" ]
ok $? 'but not that of a suite that was out of reach'
at mv /srv/security /srv/repo/dists/lab-security
echo "1..$n"
