# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A host with ClamAV as it is packaged, and policies that demand more of it or less.  Nothing is
# repaired before a test has it done.  Sourced after begin.sh.

part=antivirus
# shellcheck disable=SC2034
etc=/etc/systemd/system/clamav-daemon.service
look() { probe look $part; } # as lazaretd: not as root
passes() { at lazaret status; grep -q '^compliant' "$LAB_DIR/said"; }

# off REMEDY SEEN COMMAND [REFUSED]: after COMMAND a look fails and says SEEN; REMEDY mends it.  Where
# starting it would wait for what cannot come up, antivirus-start says REFUSED at once.
off() {
	local remedy=$1 seen=$2 t0 t1 r

	at sh -c "$3"
	t0=$(lab_now)
	look
	r=$?
	t1=$(lab_now)
	[ $r = 1 ] && head -n 1 "$LAB_DIR/said" | grep -q "^fail: .*$seen"
	r=$?
	ok $r "seen in $((t1 - t0)) ms: $(echo "$3" | tr -s "\n\t" " "): $(head -n 1 "$LAB_DIR/said")"
	[ $r = 0 ] || tell
	if [ -n "${4:-}" ]; then
		probe mend antivirus-start
		[ $? = 1 ] && grep -q "^failed: .*$4: no start changes that" "$LAB_DIR/said"
		ok $? "antivirus-start does not wait: $(tail -n 1 "$LAB_DIR/said")"
	fi
	t0=$(lab_now)
	probe mend "antivirus-$remedy"
	r=$?
	cp "$LAB_DIR/said" "$LAB_DIR/mended"
	[ $r = 0 ] || tell
	t1=$(lab_now)
	[ $r = 0 ] && { look || { r=1; tell; }; }
	ok $r "restored by antivirus-$remedy in $((t1 - t0)) ms"
}

# generation NAME [SED]: a policy to go by, which is the first, changed so.
generation() {
	cp -a "$store/generation-1" "$store/generation-$1"
	[ -z "${2:-}" ] || sed -i "$2" "$store/generation-$1/policy.json"
}
in_force() { at ln -sfn "generation-$1" /var/lib/lazaret/store/current; } # NAME

# The first: ClamAV as we ship it, and where to get it when the host lost that.
first_generation() { # RELEASE
	local sources='"uri": "file:/srv/repo", "suite": "'$1'", "component": "main", "keyring": "lab.gpg"'
	local all='"antivirus-start", "antivirus-enable", "antivirus-restore", "antivirus-reinstall"'

	mkdir -p "$store/generation-1"
	cat >"$store/generation-1/policy.json" <<-END
		{ "mode": "audit", "providers": [$(lab_provider "\"sources\": [{ $sources }]")], "requirements": [
		  { "id": "av", "check": "antivirus", "provider": "clamav", "grace": "0s", "remedies": [$all] }] }
	END
	echo '{ "version": 1, "expires": 4000000000, "accepted": 1 }' >"$store/generation-1/accepted.json"
	ln -s generation-1 "$store/current"
}

# A second product, which is not there.
generation_ghost() {
	generation ghost
	cat >"$store/generation-ghost/policy.json" <<-END
		{ "mode": "audit",
		  "providers": [$(lab_provider), { "name": "ghost", "title": "Ghost", "remedies": ["antivirus-start"],
		    "units": [{ "unit": "ghost.service", "part": "daemon", "program": "/usr/sbin/ghost" }] }],
		  "requirements": [
		    { "id": "ghost", "check": "antivirus", "provider": "ghost", "grace": "0s", "remedies": ["antivirus-start"] },
		    { "id": "av", "check": "antivirus", "provider": "clamav", "grace": "0s", "remedies": ["antivirus-start"] }] }
	END
}

# One that is asked by a command of its vendor's.
generation_asked() { # MODE
	generation "asked-$1"
	cat >"$store/generation-asked-$1/policy.json" <<-END
		{ "mode": "$1", "allow": { "policy": [{ "to": "192.0.2.1", "tcp": [443] }] },
		  "providers": [{ "name": "asked", "title": "ClamAV", "remedies": ["antivirus-start"],
		    "answer": { "speaks": "command", "ask": "clamdscan" },
		    "units": [{ "unit": "clamav-daemon.service", "part": "daemon", "program": "/usr/sbin/clamd",
		      "drop_ins": ["extend.conf"] }] }],
		  "requirements": [
		    { "id": "av", "check": "antivirus", "provider": "asked", "grace": "1h", "remedies": ["antivirus-start"] }] }
	END
}

libclamav() { (cd "$1/var/lib/dpkg/info" && p=$(echo libclamav[0-9]*.list) && echo "${p%.list}"); } # ROOTFS

# The host's own release, and a newer one that it takes only what it is told from.
own_mirror() { # ROOTFS LAYER RELEASE
	local repo=$LAB_DIR/repo p suite

	rm -rf "$repo" "$repo.key"
	for p in clamav-base clamav-daemon "$library"; do lab_repack "$1" "$p" "$repo/pool/$3"; done
	lab_deb clamav-daemon 99.0 "$repo/pool/newer"
	lab_apt_repo "$repo" "$3" newer
	mkdir -p "$2/etc/apt" "$2/srv" "$2/usr/share/keyrings"
	cp -a "$repo" "$2/srv/repo"
	cp "$repo/lab.gpg" "$2/usr/share/keyrings/lab.gpg"
	for suite in "$3" newer; do echo "deb [signed-by=/srv/repo/lab.gpg] file:/srv/repo $suite main"; done \
		>"$2/etc/apt/sources.list"
	printf 'Package: *\nPin: release n=newer\nPin-Priority: 100\n' >"$2/etc/apt/preferences"
}

# antivirus_host: boots it; ClamAV answers, and a look finds the test file of antivirus.  $library is
# its engine's package.
antivirus_host() {
	local rootfs layer store release r on_access='s/"id": "av"/&, "on_access": true/'
	local enforce='s/"mode": "audit"/"mode": "enforce", "allow": { "policy": [{ "to": "192.0.2.1", "tcp": [443] }] }/'

	rootfs=$(lab_rootfs) || quit 'a root for the host'
	layer=$(lab_layer host)
	store=$layer/var/lib/lazaret/store
	release=$(. /etc/os-release && echo "$VERSION_CODENAME")
	library=$(libclamav "$rootfs")
	lab_agent "$layer"
	# Not in the root, being a package of its own.
	rm -rf "$LAB_DIR/clamdscan" && mkdir "$LAB_DIR/clamdscan" && (cd "$LAB_DIR/clamdscan" &&
		apt-get -qq download clamdscan 2>"$LAB_DIR/said" && dpkg-deb -x ./*.deb "$layer")
	ok $? 'clamdscan is there'
	lab_clam_databases "$layer/var/lib/clamav" "$(date +%s)"
	own_mirror "$rootfs" "$layer" "$release"
	first_generation "$release"
	generation enforced "$enforce"
	generation guarded "$enforce; $on_access"
	generation watched "$on_access; "'$s/, "remedies": \[[^]]*\]//'
	generation updater 's/"id": "av"/&, "updater": true/'
	generation_ghost
	generation_asked audit
	generation_asked enforce
	lab_boot host "$rootfs" || quit 'the host boots'

	# shellcheck disable=SC2016
	at systemd-sysusers && at systemd-tmpfiles --create lazaret.conf &&
		at chown -R clamav: /var/lib/clamav && at chown -R lazaret-vet:lazaret /var/lib/lazaret/store &&
		at systemctl restart clamav-daemon &&
		at sh -c 'systemctl start $(cd /usr/lib/systemd/system && ls -d lazaret-remedy-antivirus-*.socket)'
	ok $? 'the sockets of the remedies listen'
	lab_wait 20 look >/dev/null
	look
	r=$?
	ok $r "$(head -n 1 "$LAB_DIR/said")"
	[ $r = 0 ] || tell
	grep -q ' pass: proof: ' "$LAB_DIR/said"
	ok $? 'the test file of antivirus is found'
}
