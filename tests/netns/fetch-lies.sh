#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A server that lies at each step of a refresh: lazaret-vet ends in bounded time with a plain
# reason, and the last good policy stays in force.
set -u
. "${src:?}/tests/netns/fetch-lab.sh"
policy=$O/policy/lazaret-policy
vet=$O/policy/lazaret-vet

"$policy" init --no-passphrase all fleet >/dev/null &&
	"$policy" sign fleet "$src/docs/example-policy.json" >/dev/null &&
	"$policy" publish fleet www || exit 1
echo x >www/file
nginx_conf "$(server 127.0.0.1:4430 good) $(server 127.0.0.1:4433 other) $(server 127.0.0.1:4434 expired)
	$(server 127.0.0.1:4436 untrusted)" >nginx.conf
mkdir new
"$O/tests/netns/liar" 4500 good.pem good.key new >liar.log &
pids="$pids $!"
for _ in $(seq 50); do grep -q ready liar.log && break || sleep 0.1; done
run_nginx 4430

# ask_vet STORE BASE: of the lies that take time, half a second
most=15000
ask_vet() {
	wait=10000
	case $2 in 4501* | 4505* | */slow* | */silent*) wait=500 ;; esac
	echo "-t $wait -V $vet -s $1 $fetch https://policy.example:$2 trusted.pem"
}
anew() { rm -rf store && cp -a good store; }

mkdir -p good/metadata good/targets
cp fleet/metadata/1.root.json good/metadata/root.json
# shellcheck disable=SC2046
t 'an honest server' '^vet err=0 version=1 ' $(ask_vet good 4430/)
sed 's/"24h"/"25h"/' "$src/docs/example-policy.json" >policy.json
"$policy" rotate --no-passphrase all fleet timestamp >/dev/null &&
	"$policy" sign fleet policy.json >/dev/null && "$policy" publish fleet new || exit 1

# Each line: where, the reason.  One that names no step is told before the first.
while IFS='	' read -r base why; do
	anew
	# shellcheck disable=SC2046
	t "before TLS: $base" "^vet err=E[A-Z]* version=1 .*why=policy not refreshed: .*$why" $(ask_vet store "$base")
done <<'END'
4433/	the certificate is for other.example
4434/	the certificate expired on 2026-01-02
4436/	the certificate is of a CA that is not in the CA file
4501/	timed out
4502/	reset by peer
4503/	reset by peer during the TLS handshake
4504/	what answers there does not speak TLS
4505/	timed out
4506/	the connection was cut during the TLS
4507/	reset by peer during the TLS handshake
9/	cannot connect to 127.0.0.1: Connection refused
END

while IFS='	' read -r lie why; do
	for step in root timestamp snapshot targets.json policy.json; do
		case $lie$step in error-403root) continue ;; esac # there is no newer root, then
		anew
		# shellcheck disable=SC2046
		t "$lie at $step" "^vet err=E[A-Z]* version=1 .*why=policy (not refreshed|refused): .*$why" \
			$(ask_vet store "4500/$lie,$step/")
	done
done <<'END'
slow-body	(timed out|larger than the limit)
silent	timed out
endless-to-end	(larger than the limit|longer than)
announced	(larger than the limit|longer than)
short	bytes of the body missing
cut-body	the connection was cut while
cut-head	the connection was cut while
reset-request	reset by peer while
reset-body	reset by peer while
redirect	the server sent 301 \(redirects are refused\)
honest	(has 5 bytes instead|invalid token)
error-403	the server does not have it
error-500	the server answered with status 500
error-503	the server answered with status 503
END
anew
# shellcheck disable=SC2046
{
	t 'how long to wait is handed on' '^vet err=EPROTO version=1 retry=9 ' \
		$(ask_vet store 4500/error-503,timestamp/)
	t 'the truth is taken from the same store' '^vet err=0 version=2 ' $(ask_vet store 4500/honest,nowhere/)
}
echo "1..$n"
exit $failed
