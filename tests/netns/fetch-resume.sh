#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# lazaret-fetch resumes TLS sessions from one run to the next, and only where it may.
set -u
. "${src:?}/tests/netns/fetch-lab.sh"

echo 'the policy' >www/file
reused='location = /reused { return 200 "$ssl_session_reused\n"; }'
nginx_conf "
	$(server 127.0.0.1:4430 good "$reused")
	$(server 127.0.0.1:4431 good "ssl_protocols TLSv1.2; ssl_session_tickets off; $reused
		ssl_session_cache shared:ids:1m;")
	$(server 127.0.0.1:4432 good "ssl_protocols TLSv1.2; $reused")
	$(server 127.0.0.1:4433 wild "$reused")
	$(server 127.0.0.1:4434 good "ssl_client_certificate $dir/trusted.pem; $reused
		ssl_verify_client on;")
" >nginx.conf
run_nginx 4430

# reused YES|no WHAT ARGUMENTS-OF-fetch-ask...: was the session of the run before resumed?
reused() {
	want=$1 what=$2
	shift 2
	$ask -o body "$@" reused >answers 2>&1
	[ "$want" = yes ] && echo r >want || echo . >want
	same "$what" want body || sed 's/^/# /' answers
}
at() { echo "$fetch https://policy.example:$1/ ${2:-trusted.pem}"; }

# shellcheck disable=SC2046
{
	reused no 'the first time is a whole handshake' -r memory $(at 4430)
	reused yes 'the second time is not' -r memory $(at 4430)
	reused yes 'nor is the third' -r memory $(at 4430)
	reused no 'without a memory it always is' $(at 4430)
	reused no 'session id: first' -r ids $(at 4431)
	reused yes 'session id: second' -r ids $(at 4431)
	reused no 'TLS 1.2 ticket: first' -r old $(at 4432)
	reused yes 'TLS 1.2 ticket: second' -r old $(at 4432)
	reused no 'client certificate: first' -r own -c laptop.pem -k laptop.key $(at 4434)
	reused yes 'client certificate: second' -r own -c laptop.pem -k laptop.key $(at 4434)
}

# ----- whose it is not
# shellcheck disable=SC2046
{
	reused no 'another port gets a handshake of its own' -r memory $(at 4432)
	reused no 'which took the place of the one before' -r memory $(at 4430)
	reused no 'another name does, too' -r memory "$fetch" https://second.example:4433/ trusted.pem
	reused yes 'and is resumed itself' -r memory "$fetch" https://second.example:4433/ trusted.pem
	cp trusted.pem same.pem
	reused no 'another CA file does' -r memory "$fetch" https://second.example:4433/ same.pem
	reused yes 'and is resumed itself' -r memory "$fetch" https://second.example:4433/ same.pem
	echo >>same.pem
	reused no 'a CA file that changed does' -r memory "$fetch" https://second.example:4433/ same.pem
	cp stranger.pem same.pem
	t 'a server that is no longer trusted is not spoken to' 'EKEYREJECTED .*CA that is not in' \
		-r memory "$fetch" https://second.example:4433/ same.pem file
	$ask -r own $(at 4434) file >/dev/null
	reused no 'another client certificate does' -r own -c laptop.pem -k laptop.key $(at 4434)
}

# ----- damage
# shellcheck disable=SC2046
{
	for at in 0 40 64 72 80 100 200 240; do
		$ask -r memory $(at 4430) file >/dev/null
		cp memory before
		byte=$(od -An -tu1 -j $at -N 1 memory)
		printf "\\$(printf %o $((byte ^ 1)))" | dd of=memory bs=1 seek=$at conv=notrunc 2>/dev/null
		reused no "byte $at damaged: a whole handshake" -r memory $(at 4430)
		reused yes "byte $at damaged: and well again" -r memory $(at 4430)
	done
	head -c 16384 /dev/urandom >memory
	reused no 'noise is ignored' -r memory $(at 4430)
	# Good in itself, but the server has forgotten it.
	kill "$(cat nginx.pid)" && sleep 0.3
	run_nginx 4432
	reused no 'a server with new keys for its tickets' -r memory $(at 4430)
	reused yes 'is resumed afterwards' -r memory $(at 4430)
}
echo "1..$n"
exit $failed
