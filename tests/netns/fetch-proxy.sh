#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# lazaret-fetch through HTTP proxies: good ones, and those that refuse, lie or say nothing.
set -u
. "${src:?}/tests/netns/fetch-lab.sh"

echo 'the policy' >www/file
nginx_conf "
	$(server 127.0.0.1:4430 good 'location = /reused { return 200 "$ssl_session_reused\n"; }')
	$(server 127.0.0.1:4433 other)
" >nginx.conf
: >proxy.log
"$O/tests/netns/proxy" 3128 >proxy.log &
pids="$pids $!"
for _ in $(seq 50); do grep -q ready proxy.log && break || sleep 0.1; done
run_nginx 4430
at() { echo "$fetch https://policy.example:$1/ trusted.pem"; }
by() { echo "-t 700 -p http://$1"; }

# ----- what must work
# shellcheck disable=SC2046
{
	t 'through a proxy' '^file err=0 status=200 len=11 file=11 ' $(by 127.0.0.1:3128) $(at 4430) file
	tail -n 1 proxy.log >tunnelled
	echo policy.example:4430 >want
	same 'it is asked for the name, not an address' want tunnelled
	t 'by its name' 'err=0 status=200 ' $(by localhost:3128/) $(at 4430) file
	t 'with a password' 'err=0 status=200 ' $(by laptop:open%20sesame@localhost:3129) $(at 4430) file
	$ask -r memory $(by localhost:3128) $(at 4430) file >/dev/null
	$ask -r memory -o body $(by localhost:3128) $(at 4430) reused >/dev/null
	echo r >want
	same 'a session is resumed through it' want body
	lines=$(wc -l <proxy.log)
	$ask $(by localhost:3128) $(at 4430) file file file >/dev/null
	echo $((lines + 1)) >want
	wc -l <proxy.log >lines
	same 'three files go through one tunnel' want lines
	t "a proxy does not make another's certificate right" 'EKEYREJECTED .*is for other.example' \
		$(by localhost:3128) $(at 4433) file
}

# ----- what is refused, and how it is told
while IFS='	' read -r proxy want; do
	# shellcheck disable=SC2046
	t "$proxy" "^file err=$want" $(by "$proxy") $(at 4430) file
done <<'END'
localhost:3129	EACCES .*4430: the proxy localhost:3129: it wants a user and password \(407\)
laptop:wrong@localhost:3129	EACCES .*3129: it does not accept our user and password \(407\)
localhost:3130	EACCES .*3130: it forbids this connection \(403\)
localhost:3131	EHOSTUNREACH .*3131: it cannot reach the server \(502\)
localhost:3132	EPROTO .*3132: it answered CONNECT with status 302
localhost:3133	EPROTO .*3133: the answer is not HTTP/1.1: 220 smtp.example
localhost:3134	EPROTO .*3134: it sent more than its answer
localhost:3135	ECONNRESET .*3135: the server closed in the middle of its answer
localhost:3136	ECONNRESET .*3136: Connection reset by peer while waiting for its answer
localhost:3137	ETIMEDOUT .*3137: timed out while waiting for its answer
localhost:3138	ETIMEDOUT .*3138: timed out while waiting for its answer
localhost:9	ECONNREFUSED .*the proxy localhost:9: cannot connect to 127.0.0.1: Connection refused
10.77.0.2:3128	ETIMEDOUT .*the proxy 10.77.0.2:3128: cannot connect to 10.77.0.2: Connection timed out
nobody.example:3128	EHOSTUNREACH .*the proxy nobody.example:3128: the name does not resolve
END
# shellcheck disable=SC2046
{
	t 'a proxy in front of nothing' 'EHOSTUNREACH .*3128: it got no answer from the server \(504\)' \
		$(by localhost:3128) $(at 9) file
	t 'no proxy at all' '^open err=EINVAL .*why=proxy: "localhost" has no port' $(by localhost) \
		$(at 4430) file
	t 'a SOCKS proxy' '^open err=EINVAL .*why=proxy: the address of a proxy begins with http://' \
		-p socks5://localhost:1080 $(at 4430) file
}
echo "1..$n"
exit $failed
