#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# lazaret-policy verify over TLS: through lazaret-fetch, at a web server, as a new host.
set -u
. "${src:?}/tests/tap.sh"
needs nginx openssl
[ -n "${IN_NETNS-}" ] || IN_NETNS=1 exec unshare -n -m "$0" "$@"
dir=$(mktemp -d /tmp/verify-test.XXXXXX)
chmod 755 "$dir"
is=0 pid=
trap '[ -z "$pid" ] || kill $pid; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
cd "$dir" || exit 1
ip link set lo up
policy=$O/policy/lazaret-policy

t() { # WHAT STATUS WORDS ARGUMENTS...
	what=$1 status=$2 words=$3
	shift 3
	"$policy" verify --helper "$O/agent/fetch/lazaret-fetch" "$@" >said 2>&1
	is=$?
	[ $is = "$status" ] && grep -q -- "$words" said
	ok $? "$what"
}
evidence() { sed "s/^/$is: /" said; }

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out ca.pem \
	-days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null
"$policy" init --no-passphrase all fleet >/dev/null &&
	"$policy" sign fleet "$src/docs/example-policy.json" >/dev/null &&
	"$policy" publish fleet www && "$policy" init --no-passphrase all other >/dev/null
cat >nginx.conf <<EOF_CONF
daemon off; master_process off; error_log $dir/errors; pid $dir/pid;
events {}
http { access_log off; $(nginx_folders)
	server { listen 127.0.0.1:8443 ssl; root $dir/www;
	ssl_certificate $dir/ca.pem; ssl_certificate_key $dir/key.pem; }
	server { listen 127.0.0.1:8446 ssl; root $dir/www; ssl_client_certificate $dir/ca.pem; ssl_verify_client on;
	ssl_certificate $dir/ca.pem; ssl_certificate_key $dir/key.pem; } }
EOF_CONF
nginx -c "$dir/nginx.conf" 2>/dev/null &
pid=$!
for _ in $(seq 50); do
	openssl s_client -connect 127.0.0.1:8443 </dev/null >/dev/null 2>&1 && break
	sleep 0.1
done

t 'a published repository' 0 'valid until .*policy version 1' --ca ca.pem https://localhost:8443/
t 'from a root of ours' 0 valid --ca ca.pem --root fleet/metadata/1.root.json https://localhost:8443
t "another's root" 1 'not valid: .* signatures' --ca ca.pem --root other/metadata/1.root.json https://localhost:8443
t 'a certificate that nobody vouches for' 1 'not valid: .*certificate' https://localhost:8443/
t 'no server' 1 'not valid: .*refused' --ca ca.pem https://localhost:8444/
t 'a server that knows its hosts' 0 'policy version 1' --ca ca.pem --certificate ca.pem --private-key key.pem https://localhost:8446/
t 'which does not know us' 1 'answered with status 400' --ca ca.pem https://localhost:8446/
t 'a certificate without key' 1 'come together' --ca ca.pem --certificate ca.pem https://localhost:8446/
t 'a key that is not there' 1 'nokey.pem: No such file' --ca ca.pem --certificate ca.pem --private-key nokey.pem https://localhost:8446/
"$O/tests/netns/proxy" 3128 >proxy.log &
pid="$pid $!"
for _ in $(seq 50); do
	grep -q ready proxy.log && break
	sleep 0.1
done
t 'through a proxy' 0 'policy version 1' --ca ca.pem --proxy http://localhost:3128 https://localhost:8443/
https_proxy=localhost:3128 t "the environment's" 0 'policy version 1' --ca ca.pem https://localhost:8443/
[ "$(grep -c localhost:8443 proxy.log)" = 2 ]
ok $? 'it was asked both times'
https_proxy=localhost:9 t 'a proxy that is not there' 1 'the proxy localhost:9: .*refused' --ca ca.pem https://localhost:8443/
https_proxy=localhost:9 t 'none' 0 'policy version 1' --proxy none --ca ca.pem https://localhost:8443/
t 'no CA file' 1 'none.pem: No such file' --ca none.pem https://localhost:8443/
sleep 1 # nginx tells versions apart by the second
rm www/metadata/1.snapshot.json
t 'a file that is missing' 1 '1.snapshot.json: the server does not have it' --ca ca.pem https://localhost:8443/
echo "1..$n"
