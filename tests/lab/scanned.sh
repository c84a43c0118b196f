# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A host with ClamAV, the agent, and a mirror on its own disk.  Sourced after begin.sh.

is() { at lazaret --json status; grep -q "\"state\":\"$1\"" "$LAB_DIR/said"; } # STATE
# It looks now; and it is so.
becomes() { at lazaret check; lab_wait "$2" is "$1"; } # STATE SECONDS

# scanned_boot REQUIREMENTS: the host, under a policy that has them; ClamAV answers.
scanned_boot() {
	local rootfs layer store repo=$LAB_DIR/repo sources p

	rootfs=$(lab_rootfs) || return
	layer=$(lab_layer host)
	store=$layer/var/lib/lazaret/store
	rm -rf "$repo" "$repo.key"
	mkdir -p "$layer/etc/apt" "$layer/srv" "$layer/usr/share/keyrings" "$store/generation-1"
	lab_agent "$layer"
	lab_clam_databases "$layer/var/lib/clamav" "$(date +%s)"
	for p in clamav-base clamav-daemon; do lab_repack "$rootfs" $p "$repo/pool/lab"; done
	lab_apt_repo "$repo" lab
	cp -a "$repo" "$layer/srv/repo"
	cp "$repo/lab.gpg" "$layer/usr/share/keyrings/lab.gpg"
	echo "deb [signed-by=/srv/repo/lab.gpg] file:/srv/repo lab main" >"$layer/etc/apt/sources.list"
	sources='"uri": "file:/srv/repo", "suite": "lab", "component": "main", "keyring": "lab.gpg"'
	cat >"$store/generation-1/policy.json" <<-END
		{ "mode": "enforce", "look_every": "5s",
		  "allow": { "policy": [{ "to": "192.0.2.1", "tcp": [443] }] },
		  "providers": [$(lab_provider "\"sources\": [{ $sources }]")],
		  "requirements": [$1] }
	END
	echo '{ "version": 1, "expires": 4000000000, "accepted": 1 }' >"$store/generation-1/accepted.json"
	ln -s generation-1 "$store/current"
	lab_boot host "$rootfs" || return
	# shellcheck disable=SC2016
	at systemd-sysusers && at systemd-tmpfiles --create lazaret.conf &&
		at chown -R clamav: /var/lib/clamav &&
		at chown -R lazaret-vet:lazaret /var/lib/lazaret/store &&
		at systemctl restart clamav-daemon && at sh -c 'systemctl start $(
			cd /usr/lib/systemd/system && ls -d lazaret-remedy-*.socket lazaret-witness.socket)' &&
		lab_wait 20 look antivirus >/dev/null
}

# fresh SECONDS: a host without a past: what was repaired before is no tug-of-war now.
fresh() {
	at systemctl stop lazaretd
	at sh -c 'rm -rf /var/lib/lazaret/agent; systemctl reset-failed lazaretd; systemctl start lazaretd' &&
		becomes compliant "$1" >/dev/null
}
