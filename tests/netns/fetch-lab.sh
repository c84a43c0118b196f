# SPDX-License-Identifier: GPL-2.0-or-later
# For the tests of lazaret-fetch: a network and a folder of their own, certificates, names.
# shellcheck shell=sh
. "${src:?}/tests/tap.sh"
fetch=${FETCH:-$O/agent/fetch/lazaret-fetch}
ask=$O/tests/netns/fetch-ask

needs nginx openssl ip
[ -n "${IN_NETNS-}" ] || IN_NETNS=1 exec unshare -n -m "$0" "$@"

dir=$(mktemp -d /tmp/fetch-test.XXXXXX)
pids=
cleanup() {
	for p in $pids; do kill "$p" 2>/dev/null; done
	wait
	umount -l /etc 2>/dev/null
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
cd "$dir" || exit 1

# t WHAT REGEX ARGUMENTS-OF-fetch-ask...: the answers after "open", joined by '|', match, and
# none took longer than $most ms.
most=2500
t() {
	what=$1 want=$2
	shift 2
	out=$($ask "$@" 2>&1)
	slow=$(echo "$out" | sed -n 's/.* ms=\([0-9]*\) .*/\1/p' | awk -v m=$most '$1 > m')
	got=$(echo "$out" | sed '/^open err=0 /d' | tr '\n' '|')
	case $got in *'end status='*) want='an orderly end of lazaret-fetch' ;; esac
	[ -z "$slow" ] && echo "$got" | grep -Eq -- "$want" && ok 0 "$what" && return
	ok 1 "$what"
	echo "# want: $want"
	echo "# got:  $got"
	[ -z "$slow" ] || echo "# took $slow ms, more than $most"
}

same() { # WHAT FILE FILE
	cmp -s "$2" "$3"
	ok $? "$1"
}

# ----- certificates
mkdir -p db www/ssi
ca() { # NAME
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" \
		-out "$1.pem" -subj "/CN=$1" -days 3650
	: >"db/$1.txt"
	cat >"$1.cnf" <<-END
		[ca]
		default_ca = it
		[it]
		database = $dir/db/$1.txt
		new_certs_dir = $dir/db
		certificate = $dir/$1.pem
		private_key = $dir/$1.key
		rand_serial = yes
		default_md = sha256
		policy = any
		copy_extensions = copy
		unique_subject = no
		[any]
		commonName = supplied
	END
}
key() { # ec|rsa
	case $1 in
	ec) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 ;;
	rsa) openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 ;;
	esac
}
cert() { # NAME CA SUBJECT [FROM [TO [KEYTYPE]]]
	key "${6:-ec}" >"$1.key"
	openssl req -new -key "$1.key" -out "$1.csr" -subj "/CN=$3" -addext "subjectAltName=DNS:$3"
	openssl ca -batch -notext -config "$2.cnf" -in "$1.csr" -out "$1.pem" \
		-startdate "${4:-20240101000000Z}" -enddate "${5:-20480101000000Z}"
}
{
	ca trusted && ca stranger
	cert good trusted policy.example
	cert other trusted other.example
	cert expired trusted policy.example 20250101000000Z 20260102000000Z
	cert future trusted policy.example 20470101000000Z 20480101000000Z
	cert untrusted stranger policy.example
	cert wild trusted '*.example'
	cert rsa trusted policy.example '' '' rsa
	cert laptop trusted laptop-7
	cert thief stranger laptop-7
} >openssl.log 2>&1 || {
	echo "Bail out! openssl cannot make certificates: $(tail -n 3 openssl.log)"
	exit 1
}

# ----- names: the machine's own /etc is not touched
cp -a /etc etc && mount --bind etc /etc || exit 1
rm -f /etc/hosts /etc/resolv.conf /etc/nsswitch.conf
cat >/etc/hosts <<END
127.0.0.1 localhost policy.example
10.77.0.2 hole.example
127.0.0.1 second.example
127.0.0.7 second.example
fd77::2 six.example
fd77::3 six.example
fd77::4 six.example
127.0.0.1 six.example
::1 both.example
127.0.0.1 both.example
END
echo 'hosts: files dns' >/etc/nsswitch.conf
echo 'nameserver 127.0.0.1' >/etc/resolv.conf
ip link set lo up
# A host that never answers: what is sent to it arrives at a link that has another address.
ip link add fe-hole type veth peer fe-wall && ip addr add 10.77.0.1/24 dev fe-hole &&
	ip link set fe-hole up && ip link set fe-wall up &&
	ip neigh add 10.77.0.2 lladdr 02:00:00:00:00:02 dev fe-hole &&
	ip addr add fd77::1/64 dev fe-hole nodad || exit 1
for i in 2 3 4; do ip neigh add fd77::$i lladdr 02:00:00:00:00:02 dev fe-hole || exit 1; done

server() { # ADDRESS:PORT CERT REST...: a server for nginx
	printf 'server { listen %s ssl; ssl_certificate %s.pem; ssl_certificate_key %s.key;' \
		"$1" "$dir/$2" "$dir/$2"
	shift 2
	echo "$*" '}'
}
nginx_conf() { # SERVERS...
	cat <<-END
		daemon off; pid $dir/nginx.pid; error_log $dir/error.log; user root; worker_processes 1;
		events { worker_connections 64; }
		http {
			access_log off; root $dir/www; default_type text/plain;
			$(nginx_folders)
			$*
		}
	END
}
run_nginx() { # PORT: with nginx.conf; until there is an answer
	nginx -p "$dir" -c "$dir/nginx.conf" 2>nginx.log &
	pids="$pids $!"
	for _ in $(seq 50); do
		$ask "$fetch" "https://policy.example:$1/" trusted.pem file | grep -q status=200 && break
		sleep 0.1
	done
	sed 's/^/# /' nginx.log
}
