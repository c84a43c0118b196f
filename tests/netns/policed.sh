# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
# Sourced first by tests of a daemon with a policy server, on a machine of their own as apart.sh makes
# it.  $place is the server's namespace, $server its address; the test makes them.
: "${place:?}" "${server:?}"
tools='nginx openssl ip nft'
# shellcheck source=apart.sh
. "${src:?}/tests/netns/apart.sh"

# ----- names and certificates
echo "$server policy.example" >/etc/hosts
echo 'hosts: files' >/etc/nsswitch.conf
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=ca \
		-keyout "$dir/ca.key" -out "$dir/ca.pem" &&
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=policy.example \
			-keyout "$dir/www.key" -out "$dir/www.csr" &&
		echo 'subjectAltName=DNS:policy.example' >"$dir/san" &&
		openssl x509 -req -in "$dir/www.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -days 30 \
			-CAcreateserial -extfile "$dir/san" -out "$dir/www.pem"
} >/dev/null 2>&1 || quit 'no certificates'
cat >"$dir/nginx.conf" <<END
daemon off; user root; worker_processes 1; error_log $dir/nginx.log; pid $dir/nginx.pid;
events {}
http { log_format told '\$remote_addr \$request_uri "\$http_lazaret_report"';
	access_log $dir/access told; $(nginx_folders)
	server { listen $server:443 ssl; root $dir/www;
	ssl_certificate $dir/www.pem; ssl_certificate_key $dir/www.key; } }
END
serve() {
	ip netns exec $place nginx -c "$dir/nginx.conf" -p "$dir" &
	web=$!
}

# publish ALLOW: one more policy; a host without a firewall fails it at once.
publish() {
	printf '{ "mode": "enforce", "look_every": "1h", "requirements": [ { "id": "firewall",
		"check": "firewall", "grace": "0s" } ], "allow": %s }' "$1" >"$dir/policy.json"
	sleep 1 # nginx tells files apart by second and size
	{
		[ -d "$dir/fleet" ] || "$O/policy/lazaret-policy" init --no-passphrase all "$dir/fleet"
		"$O/policy/lazaret-policy" sign "$dir/fleet" "$dir/policy.json" &&
			"$O/policy/lazaret-policy" publish "$dir/fleet" "$dir/www"
	} >"$dir/said" 2>&1 || quit "no policy: $(tail -n 1 "$dir/said")"
}
# ----- the host
mkdir -p "$dir/bin" "$dir/state/store" "$dir/run"
ln -s "$O/policy/lazaret-vet" "$O/agent/remedy/lazaret-remedy" "$dir/bin/"
cat >"$dir/bin/lazaret-fetch" <<END
#!/bin/sh
[ ! -e $dir/before ] || . $dir/before
[ ! -e $dir/astray ] || echo 0 >$group/others/unit/cgroup.procs
exec $O/agent/fetch/lazaret-fetch
END
chmod 755 "$dir/bin/lazaret-fetch"
printf '%s\n' '[Policy]' 'URL=https://policy.example/' "CA=$dir/ca.pem" 'Timeout=2s' \
	'[Agent]' "StateDirectory=$dir/state" "RuntimeDirectory=$dir/run" \
	"HelperDirectory=$dir/bin" >"$dir/lazaret.conf"
start() {
	(
		[ -z "$group" ] || echo 0 >"$group/lazaret.slice/unit/cgroup.procs"
		exec "$O/agent/lazaretd" --foreground --config "$dir/lazaret.conf" >>"$dir/log" 2>&1
	) &
	daemon=$!
}
stop() {
	kill -TERM "$daemon"
	wait "$daemon"
}
restart() {
	stop
	start
}
ask() { "$O/agent/lazaret" --socket "$dir/run/agent/control.sock" "$@" >"$dir/said" 2>&1; }
# path KEY VALUE...: the status says so of the repair path.
path() {
	ask --json status
	while [ $# -gt 1 ]; do
		grep -q "\"path\":{[^}]*\"$1\":\"\?$2[\",}]" "$dir/said" || return
		shift 2
	done
}
is_version() { ask --json status; grep -q "\"version\":$1," "$dir/said"; }
logged() { grep -q -- "$1" "$dir/log"; }
rules() { nft list table inet lazaret 2>/dev/null | grep -q -- "$1"; }
who=everyone
[ -z "$group" ] || who=repair

