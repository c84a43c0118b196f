#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An update that is installed and not run: a library is replaced under running services.
# lazaretd sees which of them run what was before, says so by the package and the unit, restarts
# what the policy lists and nothing else, and a fresh look passes.
set -u
. "${src:?}/tests/lab/begin.sh"
lab_enter "$0" "$@"

evidence() { lab_exec host lazaret status; }
what() { lab_exec host lazaret status --json | grep -o '"what":"[^"]*"'; }
tells() { lab_exec host lazaret status --json | grep -q "$1"; }
is_another() { [ "$(main_pid "$1")" != "$2" ]; } # UNIT PID
main_pid() { lab_exec host systemctl show -P MainPID "$1"; }

# lib_deb VERSION FOLDER - a package with one library, which does nothing.
lib_deb() {
	local t

	t=$(mktemp -d) && chmod 755 "$t" && mkdir -p "$t/DEBIAN" "$t/usr/lib/lab" "$2"
	printf '%s\n' 'Package: liblab1' "Version: $1" "Architecture: $(dpkg --print-architecture)" \
		'Maintainer: Lab <lab@example.invalid>' 'Description: a library of the lab' \
		>"$t/DEBIAN/control"
	cp "$(ldconfig -p | awk '$1 == "libz.so.1" { print $NF; exit }')" "$t/usr/lib/lab/liblab.so.1"
	dpkg-deb --root-owner-group -Znone --build "$t" "$2/" >/dev/null
	rm -rf "$t"
}

# service NAME LINE... - one that has the library mapped.
service() {
	local name=$1

	shift
	printf '%s\n' '[Service]' 'Environment=LD_PRELOAD=/usr/lib/lab/liblab.so.1' \
		'ExecStart=/bin/sleep infinity' "$@" >"$layer/etc/systemd/system/$name.service"
}

# policy N GRACE RESTART REMEDIES
policy() {
	local dir=$layer/var/lib/lazaret/store/generation-$1

	mkdir -p "$dir"
	printf '%s\n' '{ "mode": "enforce", "look_every": "5s",
		"requirements": [{ "id": "up", "check": "patches",' "\"grace\": \"$2\", $3" \
		"\"remedies\": [$4] }]," \
		'"allow": { "policy": [{ "to": "192.0.2.1", "tcp": [443] }] } }' >"$dir/policy.json"
	echo "{ \"version\": $1, \"expires\": 4000000000, \"accepted\": 1 }" >"$dir/accepted.json"
}

# --- the host ---------------------------------------------------------------------------
rootfs=$(lab_rootfs) || quit 'a root for the host'
layer=$(lab_layer host)
repo=$LAB_DIR/repo
rm -rf "$repo" "$repo.key"
mkdir -p "$layer/etc/apt" "$layer/etc/lazaret" "$layer/etc/systemd/system" "$layer/srv/box"
make -s -C "$src" O="$O" DESTDIR="$layer" install >/dev/null || quit 'make install'
: >"$layer/etc/lazaret/lazaret.conf"
lib_deb 1.0 "$repo/pool/lab"
lib_deb 1.1 "$layer/srv"
lab_deb lab-tool 1.0 "$repo/pool/lab-security"
lab_apt_repo "$repo" lab lab-security
cp -a "$repo" "$layer/srv/repo"
for suite in lab lab-security; do
	echo "deb [signed-by=/srv/repo/lab.gpg] file:/srv/repo $suite main"
done >"$layer/etc/apt/sources.list"
service lab-listed User=nobody PrivateTmp=yes ProtectSystem=strict
service lab-other
# Its own mounts and its own root, as a container's process.
ln -s usr/lib "$layer/srv/box/lib"
ln -s usr/lib64 "$layer/srv/box/lib64"
mkdir "$layer/srv/box/usr"
service lab-box RootDirectory=/srv/box BindReadOnlyPaths=/usr
sed -i 's|/bin/sleep|/usr/bin/sleep|' "$layer/etc/systemd/system/lab-box.service"
# What cries wolf elsewhere: code that is deleted, and of no package.
printf '%s\n' '[Service]' 'ExecStartPre=cp /usr/lib/lab/liblab.so.1 /tmp/jit.so' \
	'Environment=LD_PRELOAD=/tmp/jit.so' 'ExecStart=/bin/sleep infinity' \
	'ExecStartPost=rm /tmp/jit.so' >"$layer/etc/systemd/system/lab-jit.service"
policy 1 0s '' ''
policy 2 1d '"restart": ["lab-listed.service"],' '"services-restart"'
policy 3 1d '"restart": ["lab-listed.service", "lab-other.service"],' '"services-restart"'
ln -s generation-1 "$layer/var/lib/lazaret/store/current"
lab_boot host "$rootfs" || quit 'the host boots'
at systemd-sysusers && at systemd-tmpfiles --create lazaret.conf && at apt-get update &&
	at apt-get -y install liblab1=1.0 && at systemctl daemon-reload &&
	at systemctl start lab-listed lab-other lab-box lab-jit
ok $? 'services run with a library of a package'
at sh -c 'systemctl start lazaret-witness.socket lazaret-remedy-services-restart.socket lazaretd'
lab_wait 20 tells '"grade":"pass"' >/dev/null
ok $? "$(what)"

for _ in 1 2 3; do
	at systemctl restart lazaretd
	lab_wait 20 tells '"grade":"pass"' >/dev/null
done
! lab_exec host lazaret history | grep -E 'quarantined|grace'
ok $? 'a daemon that starts judges nobody before the witness has answered'
at ln -sfn generation-2 /var/lib/lazaret/store/current
at systemctl restart lazaretd
lab_wait 20 tells '"version":2' >/dev/null

# --- replaced ---------------------------------------------------------------------------
old=$(main_pid lab-listed) other=$(main_pid lab-other)
at sh -c 'dpkg -i /srv/liblab1_1.1_*.deb'
ok $? 'the library is replaced under them'
at lazaret check
lab_wait 60 tells 'waits for a restart' >/dev/null
ok $? "$(what)"
lab_wait 30 is_another lab-listed "$old" >/dev/null
ok $? 'what the policy lists is restarted'
lab_wait 40 tells "liblab1 1.1: lab-other.service runs what it was before" >/dev/null
ok $? 'what it does not list is told, by its package'
[ "$(main_pid lab-other)" = "$other" ]
ok $? 'and not restarted'
at /usr/lib/lazaret/lazaret-witness && [ "$(grep -c '^+ runs' "$LAB_DIR/said")" = 1 ] &&
	grep -q '^+ ran 0 1 0$' "$LAB_DIR/said"
ok $? "a container's processes are told apart, and code of no package is none"

# --- listed -----------------------------------------------------------------------------
at ln -sfn generation-3 /var/lib/lazaret/store/current
at systemctl restart lazaretd
lab_wait 60 tells '"grade":"pass"' >/dev/null
ok $? "with the other one listed, too: $(what)"
is_another lab-other "$other"
ok $? 'it was restarted'
at systemctl restart lazaretd
lab_wait 20 tells '"remedy":{"name":"services-restart","outcome":"done","at":[1-9][0-9]*,"running":false,"tried":0}' >/dev/null
ok $? 'what was repaired before its start is told, and when'
# --- a user who would fail it -----------------------------------------------------------
# In mounts of his own: a file of the package's name, and more of others than are kept.
cat >"$layer/srv/forge" <<'EOF'
cp /usr/lib/lab/liblab.so.1 /tmp/forge && mount -t tmpfs none /usr/lib/lab && cd /usr/lib/lab && l=
for i in 1 $(seq 130); do cp /tmp/forge "liblab.so.$i" && l="$l $PWD/liblab.so.$i"; done
LD_PRELOAD=$l sleep 300 &
until grep -q "lab.so.130" "/proc/$!/maps"; do sleep 0.1; done
rm ./* && touch /tmp/forged && wait
EOF
forge() { # UNIT - it begins; said has what the witness sees then
	at rm -f /tmp/forge /tmp/forged
	at systemd-run -q --unit "$1" -p User=daemon unshare -Urm sh /srv/forge
	lab_wait 20 lab_exec host test -e /tmp/forged >/dev/null && at /usr/lib/lazaret/lazaret-witness
}
forge forge-old && grep -q '^+ runs forge-old.service liblab1 ' "$LAB_DIR/said" &&
	grep -q '^+ ran 0 1 [1-9]' "$LAB_DIR/said"
ok $? "a user's process as old as the packages is seen: $(grep '^+ ran' "$LAB_DIR/said")"
at systemctl stop forge-old
at touch -d '2 hours ago' /var/lib/dpkg/status /var/lib/dpkg/info
forge forge-new && ! grep -q '^+ runs' "$LAB_DIR/said" && grep -q '^+ ran 0 1 0$' "$LAB_DIR/said"
ok $? "a newer one fails nothing: $(grep '^+ ran' "$LAB_DIR/said")"
at systemctl stop forge-new

# --- a wish ---------------------------------------------------------------------------
at touch /run/reboot-required
lab_wait 40 tells 'waits for a restart' >/dev/null
ok $? "a wish for a reboot is seen: $(what)"
echo "1..$n"
