#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# lazaret-fetch against nginx, openssl's server and a lying one, in a network of its own.
set -u
. "${src:?}/tests/netns/fetch-lab.sh"

# ----- servers
echo 'the policy' >www/file
echo 'in pieces' >www/ssi/file
head -c 1000000 /dev/urandom >www/big
nginx_conf "
	$(server 127.0.0.1:4430 good 'location = /conn { return 200 "$connection_requests\n"; }
		location /ssi/ { ssi on; ssi_types *; }
		location /moved { return 302 https://policy.example/; }
		location /busy { return 503; }')
	$(server 127.0.0.1:4431 good "ssl_client_certificate $dir/trusted.pem; ssl_verify_client on;")
	$(server 127.0.0.1:4432 good "ssl_client_certificate $dir/trusted.pem;" \
		'ssl_verify_client optional;' \
		'location / { return 200 "$ssl_client_s_dn\n"; }')
	$(server 127.0.0.1:4433 other)
	$(server 127.0.0.1:4434 expired)
	$(server 127.0.0.1:4435 future)
	$(server 127.0.0.1:4436 untrusted)
	$(server 127.0.0.1:4437 wild)
	$(server 127.0.0.7:4443 wild)
	$(server 127.0.0.7:4508 wild)
	$(server 127.0.0.1:4444 wild)
	$(server '[::1]:4445' wild)
	$(server 127.0.0.1:4438 rsa 'ssl_protocols TLSv1.2;')
	$(server 127.0.0.1:4439 rsa 'ssl_protocols TLSv1.2; ssl_ciphers AES128-SHA;')
	$(server 127.0.0.1:4440 good 'keepalive_timeout 1s;' \
		'location / { return 200 "$connection_requests\n"; }')
	$(server 127.0.0.1:4441 good 'ssl_protocols TLSv1.3;')
" >nginx.conf
openssl s_server -accept 4442 -cert good.pem -key good.key -tls1_2 -Verify 1 -verify_return_error \
	-CAfile trusted.pem -WWW -quiet >s_server.log 2>&1 &
pids="$pids $!"
"$O/tests/netns/liar" 4500 good.pem good.key >liar.log &
pids="$pids $!"
for _ in $(seq 50); do grep -q ready liar.log && break || sleep 0.1; done
run_nginx 4430

at() { echo "$fetch https://policy.example:$1/ ${2:-trusted.pem}"; }

# ----- what must work
# shellcheck disable=SC2046
{
	t 'a file is fetched' '^file err=0 status=200 len=11 file=11 etag="' $(at 4430) file
	t 'a chunked file is fetched' 'err=0 status=200 len=10 file=10 ' $(at 4430) ssi/file
	t 'a file that is not there is an answer' 'err=0 status=404 len=0 file=0 ' $(at 4430) nothing
	t 'so is a busy server' 'err=0 status=503 len=0 file=0 ' $(at 4430) busy
	etag=$($ask $(at 4430) file | sed -n 's/.* etag=\("[^ ]*"\) .*/\1/p')
	t 'an unchanged file is not sent again' 'err=0 status=304 len=0 file=0 ' $(at 4430) "file@$etag"
	t 'a changed one is' 'err=0 status=200 len=11 ' $(at 4430) 'file@"old"'
	t 'a redirect is refused' 'err=EREMOTE .*4430: the server sent 302 \(redirects' $(at 4430) moved
	$ask -m 1000000 -o big $(at 4430) big >/dev/null
	same 'a large file arrives whole' www/big big
	mkdir full && mount -t tmpfs -o size=64k none full
	t 'a full disk is told and left empty' 'ENOSPC status=0 len=0 file=0 .*cannot be written: No sp' \
		-m 1000000 -o full/big $(at 4430) big
	umount full
	t 'one byte over the limit is refused' 'EFBIG status=0 len=0 file=0 .*limit of 999999 bytes' \
		-m 999999 $(at 4430) big
	t 'a folder may be the base' 'status=200 len=10 ' "$fetch" https://policy.example:4430/ssi/ \
		trusted.pem file
	$ask -o body $(at 4430) file nothing conn conn >/dev/null
	echo 4 >want
	same 'four files come over one connection' want body
	$ask -o body $(at 4440) a :1500 a >answers
	echo 1 >want
	same 'a connection that the server closed is made anew' want body
	t 'a wildcard certificate' 'err=0 status=200' $(at 4437) file
	t 'an RSA certificate' 'err=0 status=200' $(at 4438) file
	t 'after an error the session goes on' 'EREMOTE.*\|file err=0 status=200' $(at 4430) moved file
	t 'the second address is tried' 'err=0 status=200 ' "$fetch" https://second.example:4443/ \
		trusted.pem file
	t 'a silent first address costs a quarter of a second' \
		'err=0 status=200 .* ms=(2[5-9][0-9]|[34][0-9][0-9]) ' \
		"$fetch" https://second.example:4508/ trusted.pem file
	t 'a silent IPv6 costs no more, however many addresses it has' \
		'err=0 status=200 .* ms=(2[5-9][0-9]|[34][0-9][0-9]) ' \
		"$fetch" https://six.example:4444/ trusted.pem file
	t 'where IPv6 answers it is taken' 'err=0 status=200 .* ms=([0-9]|[0-9][0-9]|1[0-9][0-9]) ' \
		"$fetch" https://both.example:4445/ trusted.pem file
	t 'where only IPv4 does, it is' 'err=0 status=200 .* ms=([0-9]|[0-9][0-9]|1[0-9][0-9]) ' \
		"$fetch" https://both.example:4437/ trusted.pem file
}

# ----- who we are
# shellcheck disable=SC2046
{
	t 'without the client certificate nginx says 400' 'err=0 status=400 ' $(at 4431) file
	t 'with it there is the file' 'err=0 status=200 ' -c laptop.pem -k laptop.key $(at 4431) file
	t "another CA's is refused" 'status=400 ' -c thief.pem -k thief.key $(at 4431) file
	$ask -c laptop.pem -k laptop.key -o body $(at 4432) file >/dev/null
	echo CN=laptop-7 >want
	same 'the server sees our name where it is optional' want body
	t 'without one it works as well' 'err=0 status=200 len=1 ' $(at 4432) file
	t 'a server that refuses in TLS' \
		'err=EPROTO .*4442: the server refused the TLS connection \(it may demand a client cert' \
		$(at 4442) file
	t 'a key of another certificate' '^open err=EINVAL .*key does not belong to the client cert' \
		-c laptop.pem -k thief.key $(at 4431) file
	t 'a key that is none' '^open err=EINVAL .*the client key is not an unencrypted key' \
		-c laptop.pem -k laptop.pem $(at 4431) file
	t 'a CA file without certificate' '^open err=EINVAL .*the CA file holds no certificate' \
		$(at 4430 nginx.conf) file
	t 'an empty CA file' '^open err=EINVAL .*the CA file holds no certificate' $(at 4430 /dev/null) x
}

# ----- who they are
# shellcheck disable=SC2046
{
	t "another's certificate" \
		'EKEYREJECTED .*policy.example:4433: the certificate is for other.example\|' $(at 4433) file
	t 'an expired one' 'EKEYREJECTED .*4434: the certificate expired on 2026-01-02\|' $(at 4434) file
	t 'one of the future' 'EKEYREJECTED .*4435: the certificate is valid from 2047-01-01 on; is the' \
		$(at 4435) file
	t 'one of an unknown CA' \
		'EKEYREJECTED .*4436: the certificate is of a CA that is not in the CA file: CN=stranger' \
		$(at 4436) file
	modern='err=0 status=200 '
	ldd "$fetch" 2>&1 | grep -q 'libmbedtls\.so\.14' && # 2.28 knows TLS 1.2 only
		modern='EPROTO .*the server refused the TLS'
	t 'a server with TLS 1.3 only' "$modern" $(at 4441) file
	t 'a server with weak ciphers only' 'EPROTO .*4439: the server refused the TLS' $(at 4439) file
}

# ----- who does not answer
# shellcheck disable=SC2046
{
	most=2000
	t 'a closed port' 'ECONNREFUSED .*policy.example:9: cannot connect to 127.0.0.1: Connection ref' \
		$(at 9) file
	t 'a host that never answers' 'ETIMEDOUT .*cannot connect to 10.77.0.2: Connection timed out' \
		-t 600 "$fetch" https://hole.example/ trusted.pem file
	t 'a name without address' 'EHOSTUNREACH .*no.example:443: the name does not resolve: ' -t 900 \
		"$fetch" https://no.example/ trusted.pem file
	echo 'nameserver 10.77.0.2' >/etc/resolv.conf
	t 'a resolver that never answers' 'ETIMEDOUT .*no.example:443: timed out resolving the name' \
		-t 600 "$fetch" https://no.example/ trusted.pem file
}

# ----- who lies, before TLS stands
# shellcheck disable=SC2046
{
	t 'silence after connect' 'ETIMEDOUT .*timed out during the TLS handshake' -t 600 $(at 4501) x
	t 'reset at connect' 'ECONNRESET .*4502: .*reset by peer' $(at 4502) x
	t 'reset at the hello' 'ECONNRESET .*reset by peer during the TLS handshake' $(at 4503) x
	t 'no TLS there' 'EPROTO .*what answers there does not speak TLS' $(at 4504) x
	t 'a dripping handshake' 'ETIMEDOUT .*timed out during the TLS handshake' -t 600 $(at 4505) x
	t "reset in the server's hello" 'ECONNRESET .*4507: .*reset by peer during the TLS handshake' \
		$(at 4507) x
	t 'closed at the hello' 'ECONNRESET .*the connection was cut during the TLS' $(at 4506) x
}

# ----- who lies in HTTP.  Each line: the lie, what is answered; the body's file is empty then.
while IFS='	' read -r lie want; do
	# shellcheck disable=SC2046
	t "lie: $lie" "^$lie $want" -t 700 -m 5000 $(at 4500) "$lie"
done <<'END'
honest	err=0 status=200 len=5 file=5 
slow-body	err=ETIMEDOUT status=0 len=0 file=0 .*timed out while waiting for the answer
slow-head	err=ETIMEDOUT status=0 len=0 file=0 .*timed out while waiting for the answer
silent	err=ETIMEDOUT .*timed out while waiting for the answer
silent-body	err=ETIMEDOUT status=0 len=0 file=0 
endless-chunks	err=EFBIG status=0 len=0 file=0 .*larger than the limit of 5000 bytes
endless-tiny-chunks	err=(EFBIG|ETIMEDOUT) status=0 len=0 file=0 
endless-to-end	err=EFBIG status=0 len=0 file=0 
endless-trailers	err=EPROTO status=0 len=0 file=0 .*more than 100 trailer lines
endless-head	err=EPROTO .*header is larger than 16384 bytes
endless-fields	err=EPROTO .*more than 100 header lines
endless-line	err=EPROTO .*a header line is longer than 4096 bytes
endless-interim	err=EPROTO .*more than 4 interim answers
endless-error	err=0 status=500 len=0 file=0 
announced	err=EFBIG status=0 len=0 file=0 
short	err=ECONNRESET status=0 len=0 file=0 .*closed with 95 bytes of the body missing
short-chunk	err=ECONNRESET status=0 len=0 file=0 .*closed with 2 bytes of the body missing
no-last-chunk	err=ECONNRESET status=0 len=0 file=0 .*closed in the middle of its answer
to-end	err=0 status=200 len=5 file=5 
cut-to-end	err=ECONNRESET status=0 len=0 file=0 .*the connection was cut while
cut-body	err=ECONNRESET status=0 len=0 file=0 .*the connection was cut while
cut-head	err=ECONNRESET status=0 len=0 file=0 .*the connection was cut while
reset-request	err=ECONNRESET .*reset by peer while
reset-head	err=ECONNRESET .*reset by peer while
reset-body	err=ECONNRESET status=0 len=0 file=0 .*reset by peer while
redirect	err=EREMOTE .*the server sent 301 \(redirects are refused\)
error-500	err=0 status=500 len=0 file=0 
error-403	err=0 status=403 len=0 file=0 etag= retry=0 
error-503	err=0 status=503 len=0 file=0 etag= retry=9 
error-503-dead	err=0 status=503 len=0 file=0 etag= retry=600 
unasked-304	err=EPROTO .*304 without being asked
gzip	err=EPROTO .*encoded the file
both	err=EPROTO .*both Content-Length and Transfer-Encoding
not-http	err=EPROTO .*the answer is not HTTP/1.1: SSH-2.0
escape	err=EPROTO .*byte 0x1b in the answer
END
# shellcheck disable=SC2046
{
	t 'what follows an answer is not taken for the next' \
		'^long err=0 status=200 len=5 .*\|redirect err=EREMOTE' $(at 4500) long redirect
	t 'nor is what comes later, unasked' '^late err=0 status=200 len=5 .*\|redirect err=EREMOTE' \
		$(at 4500) late :300 redirect
	t 'a body without end and a limit out of reach' 'ETIMEDOUT status=0 len=0 file=0 ' \
		-t 500 -m 99999999999 $(at 4500) endless-to-end
	t 'a goodbye after an answer does no harm' 'close-after.*\|honest err=0 status=200' \
		$(at 4500) close-after honest
	t 'nor does a cut' 'cut-after.*\|honest err=0 status=200' $(at 4500) cut-after honest
}

# ----- what may not be asked
# shellcheck disable=SC2046
while IFS='	' read -r path why; do
	t "path $path" "err=EINVAL status=0 .*$why" $(at 4430) "$path"
done <<'END'
../secret	has "\.\." in it
a/../../b	has "\.\." in it
a%2e%2e/b	bad or refused escape
/etc/passwd	begins with '/'
a?b	byte 0x3f
a#b	byte 0x23
END
t 'a blank in the path' 'err=EINVAL .*byte 0x20' "$fetch" https://policy.example:4430/ \
	trusted.pem 'a b'
t 'a line break in the path' 'err=EINVAL .*byte 0x0a' "$fetch" https://policy.example:4430/ \
	trusted.pem 'a
b'
t 'a line break in the tag' 'err=EINVAL .*not an entity tag' "$fetch" https://policy.example:4430/ \
	trusted.pem 'a@"x
y"'
for base in http://policy.example/ https://policy.example https://10.0.0.1/ 'https://[::1]/' \
	https://user@policy.example/ https://policy.example:0/ https://policy.example/a/../; do
	t "base $base" '^open err=EINVAL .*base URL: ' "$fetch" "$base" trusted.pem x
done
echo "1..$n"
exit $failed
