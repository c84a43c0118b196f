# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian roots that the lab's containers run on, below LAB_DIR.  Sourced by lab.sh.

LAB_PACKAGES=systemd,systemd-sysv,dbus,udev,iproute2,nftables,procps,ca-certificates,curl
LAB_PACKAGES+=,iputils-ping,kmod,clamav-daemon,ufw,nginx-light
# What hosts may have besides, and repairs have to get along with.
# shellcheck disable=SC2034
LAB_REMEDIES=sudo,needrestart,initramfs-tools,unattended-upgrades

# The libraries our programs were linked with, by what their -dev packages pull in.
lab_libraries() {
	dpkg-query -W -f '${Depends},' libnftnl-dev libmnl-dev libsystemd-dev libmbedtls-dev \
		libjansson-dev libsodium-dev | tr -s ', ' '\n' | grep '^lib' | grep -v -e '-dev$' -e '^libc6' |
		sort -u | paste -sd,
}

# The mirror of this machine, when it is not the one that mmdebstrap takes anyway.
lab_mirror() { # SUITE
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' \
		'Origin: Debian' 2>/dev/null |
		awk -v suite="$1" '$2 == suite && $1 !~ /deb\.debian\.org/ { print $1; exit }'
}

# lab_rootfs [PACKAGES [DEBS]]: prints the path of a minimal Debian of this machine's own release (so
# that our programs run in it) with the real ClamAV, apt, ufw and nginx, and what else is asked for;
# built once.  DEBS are only put into its /srv: those that cannot be installed beside the others.
# shellcheck disable=SC2120
lab_rootfs() {
	local suite pkgs dir opts=() line mirror

	suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
	pkgs=$LAB_PACKAGES${1:+,$1},$(lab_libraries)
	dir=$LAB_DIR/cache/$suite-$(echo "3 $pkgs${2:+ $2}" | sha256sum | cut -c1-12)
	mkdir -p "$LAB_DIR/cache"
	while read -r line; do
		opts+=("--aptopt=$line")
	done < <(apt-config dump | grep '^Acquire::https\?::Proxy')
	mirror=$(lab_mirror "$suite")
	[ -z "${2:-}" ] ||
		opts+=("--customize-hook=cd \"\$1/srv\" && APT_CONFIG=\$MMDEBSTRAP_APT_CONFIG apt-get download $2")
	# shellcheck disable=SC2016
	(
		flock -w 900 9 || exit 1
		[ ! -d "$dir" ] || exit 0
		rm -rf "$dir.new"
		timeout 900 mmdebstrap --variant=minbase --include="$pkgs" "${opts[@]}" \
			--aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io \
			--dpkgopt=path-exclude='/usr/share/man/*' \
			--dpkgopt=path-exclude='/usr/share/locale/*' \
			--customize-hook='lab_finish() { chroot "$1" systemctl -q mask clamav-freshclam \
				apt-daily.timer apt-daily-upgrade.timer unattended-upgrades &&
				chroot "$1" systemctl -q disable nginx && rm -f "$1/etc/resolv.conf" "$1/etc/hostname"; }; lab_finish "$1"' \
			"$suite" "$dir.new" ${mirror:+"$mirror"} >"$dir.log" 2>&1 || {
			tail -n 5 "$dir.log" >&2
			exit 1
		}
		mv "$dir.new" "$dir"
	) 9>"$LAB_DIR/cache/lock" || return 1
	echo "$dir"
}

# Prints PATH with nginx in it, out of the root: installed on the machine itself, it would start
# there at every boot.
lab_tools() {
	if ! command -v nginx >/dev/null; then
		mkdir -p "$LAB_DIR/tools"
		ln -sf "$(lab_rootfs)/usr/sbin/nginx" "$LAB_DIR/tools/nginx"
	fi
	echo "$PATH:$LAB_DIR/tools"
}
