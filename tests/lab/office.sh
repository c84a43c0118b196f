# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A small world: the office with its policy server and package mirror, a host out on the
# internet, and a laptop with the agent.  Sourced after lab.sh and parts.sh.
#
#   laptop 192.0.2.50 --- office 192.0.2.10 (routes) 203.0.113.1 --- internet 203.0.113.80

# shellcheck disable=SC2034
OFFICE4=192.0.2.10 OFFICE6=2001:db8:10::10
INTERNET4=203.0.113.80 INTERNET6=2001:db8:80::80
LAPTOP4=192.0.2.50 LAPTOP6=2001:db8:10::50
POLICY_HOST=policy.office.example MIRROR_HOST=mirror.office.example
PACKAGE=paperclip VULNERABLE=2.4-1 FIXED=2.4-1+deb12u1

office_nginx() { # LAYER < SERVERS
	mkdir -p "$1/etc/nginx"
	{
		printf '%s\n' 'user www-data;' 'pid /run/nginx.pid;' 'events {}' 'http {'
		cat
		echo '}'
	} >"$1/etc/nginx/nginx.conf"
}

# office_policy FOLDER - policy.json: everything at once, and the office reachable for repairs.
office_policy() {
	cat >"$1/policy.json" <<-EOF_POLICY
	{
		"mode": "enforce",
		"contact": "Help desk: extension 100, help@office.example",
		"look_every": "1min",
		"providers": [$(lab_provider)],
		"requirements": [
			{
				"id": "antivirus", "check": "antivirus", "grace": "0s",
				"signatures_max_age": "7d",
				"remedies": ["antivirus-start", "antivirus-enable"]
			},
			{
				"id": "firewall", "check": "firewall", "grace": "0s",
				"remedies": ["firewall-enable"]
			},
			{
				"id": "patches", "check": "patches", "grace": "0s",
				"index_max_age": "7d",
				"remedies": ["patches-install"]
			}
		],
		"allow": {
			"policy": [{ "to": "$OFFICE4", "tcp": [443] }, { "to": "$OFFICE6", "tcp": [443] }],
			"mirrors": [{ "to": "$OFFICE4", "tcp": [80] }, { "to": "$OFFICE6", "tcp": [80] }]
		}
	}
	EOF_POLICY
}

# office_publish FOLDER: signs FOLDER/policy.json and lets the policy server have it.
office_publish() {
	local tool=$O/policy/lazaret-policy to

	# While it runs, only through its own root: beneath a mounted overlay sizes go stale.
	to=$(lab_alive office && lab_root office || lab_layer office)/srv/policy

	[ -d "$1/fleet" ] || "$tool" init --no-passphrase all "$1/fleet" || return
	"$tool" sign "$1/fleet" "$1/policy.json" && "$tool" publish "$1/fleet" "$1/www" || return
	mkdir -p "$to"
	cp -a "$1/www/." "$to/"
	chmod -R a+rX "$to"
}

# office_prepare FOLDER: keys, certificates, policy, packages; what is secret stays there.
office_prepare() {
	local dir=$1 up

	mkdir -p "$dir"
	up=$(lab_layer office)
	lab_ca "$dir/ca" && lab_certificate "$dir/ca" $POLICY_HOST || return
	office_policy "$dir" && office_publish "$dir" || return
	lab_deb $PACKAGE $VULNERABLE "$dir/mirror/pool/stable"
	lab_deb $PACKAGE $FIXED "$dir/mirror/pool/stable-security"
	lab_apt_repo "$dir/mirror" stable stable-security || return
	mkdir -p "$up/srv"
	cp -a "$dir/mirror" "$up/srv/mirror"
	office_nginx "$up" <<-EOF_NGINX
	server {
		listen 443 ssl; listen [::]:443 ssl;
		server_name $POLICY_HOST;
		ssl_certificate /etc/nginx/server.pem;
		ssl_certificate_key /etc/nginx/server.key;
		root /srv/policy;
	}
	server {
		listen 80; listen [::]:80;
		server_name $MIRROR_HOST;
		root /srv/mirror;
	}
	EOF_NGINX
	cp "$dir/ca/$POLICY_HOST.pem" "$up/etc/nginx/server.pem"
	cp "$dir/ca/$POLICY_HOST.key" "$up/etc/nginx/server.key"
	office_nginx "$(lab_layer internet)" <<-'EOF_NGINX'
	server { listen 80; listen [::]:80; return 200 "the internet\n"; }
	EOF_NGINX
}

# office_boot ROOTFS: the office, routing, and the internet behind it.
office_boot() {
	lab_boot office "$1" --link lan "$OFFICE4/24,$OFFICE6/64" \
		--link wan 203.0.113.1/24,2001:db8:80::1/64 &
	lab_boot internet "$1" --link wan "$INTERNET4/24,$INTERNET6/64" &
	wait
	lab_alive office && lab_alive internet || return
	ip netns exec "$(lab_netns office)" sysctl -qw net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1
	ip -n "$(lab_netns internet)" route add default via 203.0.113.1
	ip -n "$(lab_netns internet)" -6 route add default via 2001:db8:80::1
	lab_exec office systemctl start nginx && lab_exec internet systemctl start nginx
}

# laptop_prepare FOLDER [NAME]: the agent as `make install` puts it, its configuration, ClamAV's
# signatures of yesterday, and the office as the only source of packages.
laptop_prepare() {
	local dir=$1 name=${2:-laptop} up

	up=$(lab_layer "$name")
	make -s -f "$src/Makefile" O="$O" install DESTDIR="$up" >/dev/null || return
	mkdir -p "$up/etc/lazaret" "$up/etc/apt" "$up/usr/share/keyrings" \
		"$up/etc/systemd/network" "$up/etc/systemd/system/multi-user.target.wants"
	cp "$dir/fleet/metadata/1.root.json" "$up/etc/lazaret/root.json" || return
	cp "$dir/ca/ca.pem" "$up/etc/lazaret/ca.pem"
	printf '%s\n' '[Policy]' "URL=https://$POLICY_HOST/" 'CA=/etc/lazaret/ca.pem' \
		>"$up/etc/lazaret/lazaret.conf"
	cp "$dir/mirror/lab.gpg" "$up/usr/share/keyrings/office.gpg"
	printf "deb [signed-by=/usr/share/keyrings/office.gpg] http://$MIRROR_HOST %s main\n" \
		stable stable-security >"$up/etc/apt/sources.list"
	printf '%s\n' "127.0.0.1 localhost $name" '::1 localhost' \
		"$OFFICE4 $POLICY_HOST $MIRROR_HOST" >"$up/etc/hosts"
	printf '%s\n' '[Match]' 'Name=eth0' '[Link]' 'RequiredForOnline=no' '[Network]' \
		"Address=$LAPTOP4/24" "Address=$LAPTOP6/64" "Gateway=$OFFICE4" \
		"Gateway=$OFFICE6" 'IPv6DuplicateAddressDetection=0' 'IPv6AcceptRA=no' \
		>"$up/etc/systemd/network/lan.network"
	ln -sf /lib/systemd/system/systemd-networkd.service \
		"$up/etc/systemd/system/multi-user.target.wants/"
	lab_clam_databases "$up/var/lib/clamav" $(($(date +%s) - 86400))
}

# laptop_boot ROOTFS: with its cable in; its own systemd-networkd brings the link up.
laptop_boot() {
	lab_boot laptop "$1" --link lan -
}
