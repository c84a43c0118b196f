# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a host is served with in the lab: antivirus databases, package repositories and
# certificates.  Sourced.

# In hex, as scanners would take a script that has it for the file itself.
lab_eicar=58354f2150254041505b345c505a58353428505e2937434329377d2445494341522d5354414e44
lab_eicar+=4152442d414e544956495255532d544553542d46494c452124482b482a

# lab_clamdb main|daily VERSION EPOCH FILE.cud - a signature database of any age.  clamd loads
# .cud without a signature of ClamAV's; it finds the text LAB-NAME-VERSION.
lab_clamdb() {
	local name=$1 version=$2 epoch=$3 out=$4 dir head text

	dir=$(mktemp -d)
	text=$(printf 'LAB-%s-%s' "$name" "$version" | od -An -v -tx1 | tr -d ' \n')
	head="ClamAV-VDB:$(LC_ALL=C date -u -d "@$epoch" '+%d %b %Y %H-%M +0000'):$version:1:90"
	echo 'of the lab' >"$dir/COPYING"
	echo "Lab.$name$version:0:*:$text" >"$dir/$name.ndb"
	# The test file of antivirus, which ClamAV's own databases know (eicar.org).
	[ "$name" != daily ] || echo "Lab.Eicar:0:0:$lab_eicar" >>"$dir/$name.ndb"
	printf '%s:X:X:lab:%s\n%s.ndb:%s:%s\n' "$head" "$epoch" "$name" \
		"$(stat -c %s "$dir/$name.ndb")" "$(sha256sum <"$dir/$name.ndb" | cut -d' ' -f1)" \
		>"$dir/$name.info"
	(cd "$dir" && tar --format=ustar --owner=0 --group=0 --mtime="@$epoch" -cf - \
		COPYING "$name.info" "$name.ndb" | gzip -n >body)
	# The header fills 512 bytes with blanks; what follows is hashed into it.
	printf '%-512s' "$head:$(md5sum <"$dir/body" | cut -d' ' -f1):X:lab:$epoch" >"$out"
	cat "$dir/body" >>"$out"
	rm -rf "$dir"
}

# lab_clam_databases DIR EPOCH - what clamd needs to start, as of that day.
lab_clam_databases() {
	mkdir -p "$1"
	lab_clamdb main 62 "$2" "$1/main.cud"
	lab_clamdb daily 27000 "$2" "$1/daily.cud"
	# The unit's condition looks for main.* and daily.* of two kinds only; empty ones do.
	: >"$1/main.inc"
	: >"$1/daily.inc"
}

# lab_provider [MEMBER] - ClamAV as we ship it, but for its databases, which are the lab's; and with
# one member more.
lab_provider() {
	sed -e 's/\(daily\|main\)\.cvd/\1.cud/' -e "s|^\t\"remedies\"|${1:+\t$1,\n}&|" \
		"$src/docs/providers/clamav.json"
}

# lab_agent LAYER - lazaretd with its helpers and remedies, as `make install` puts them.
# shellcheck disable=SC2154
lab_agent() {
	mkdir -p "$1/usr/lib/lazaret" "$1/usr/lib/systemd/system" "$1/usr/lib/sysusers.d" \
		"$1/usr/lib/tmpfiles.d" "$1/usr/bin" "$1/usr/sbin" "$1/etc/lazaret"
	install "$O"/agent/remedy/lazaret-* "$O/agent/clerk/lazaret-clerk" "$O/tests/lab/probe" "$1/usr/lib/lazaret/"
	install "$O/agent/lazaretd" "$1/usr/sbin/"
	install "$O/agent/lazaret" "$1/usr/bin/"
	: >"$1/etc/lazaret/lazaret.conf"
	(cd "$O/systemd" && install -m 644 lazaretd.service lazaret.slice lazaret-remedy-* \
		lazaret-witness* lazaret-legacy* lazaret-clerk* lazaret-health* lazaret-keep* "$1/usr/lib/systemd/system/")
	install -m 644 "$src/systemd/sysusers.d/lazaret.conf" "$1/usr/lib/sysusers.d/"
	install -m 644 "$src/systemd/tmpfiles.d/lazaret.conf" "$1/usr/lib/tmpfiles.d/"
}

# lab_deb PACKAGE VERSION FOLDER - a small package with one configuration file.
lab_deb() {
	local t

	t=$(mktemp -d) && chmod 755 "$t"
	mkdir -p "$t/DEBIAN" "$t/etc" "$t/usr/share/$1" "$3"
	echo "conf $2" >"$t/etc/$1.conf"
	echo "$2" >"$t/usr/share/$1/version"
	echo "/etc/$1.conf" >"$t/DEBIAN/conffiles"
	printf '%s\n' "Package: $1" "Version: $2" 'Architecture: all' \
		'Maintainer: Lab <lab@example.invalid>' 'Description: a package of the lab' \
		>"$t/DEBIAN/control"
	dpkg-deb --root-owner-group --build "$t" "$3/" >/dev/null
	rm -rf "$t"
}

# lab_repack ROOT PACKAGE FOLDER - the package of an installed one, so that the lab's own mirror
# can serve it.
lab_repack() {
	local t f

	t=$(mktemp -d) && chmod 755 "$t" && mkdir -p "$t/DEBIAN" "$3"
	chroot "$1" dpkg-query -s "$2" | awk '/^[^ ]/ { drop = /^(Status|Conffiles):/ } !drop' \
		>"$t/DEBIAN/control"
	for f in preinst postinst prerm postrm config templates conffiles triggers; do
		[ ! -e "$1/var/lib/dpkg/info/$2.$f" ] ||
			cp -p "$1/var/lib/dpkg/info/$2.$f" "$t/DEBIAN/$f"
	done
	(cd "$1" && while read -r f; do
		f=${f#/}
		if [ -d "$f" ]; then
			mkdir -p "$t/$f"
		elif [ -e "$f" ] || [ -L "$f" ]; then
			cp -a --parents "$f" "$t/"
		fi
	done <"var/lib/dpkg/info/$2.list")
	dpkg-deb --root-owner-group -Znone --build "$t" "$3/" >/dev/null
	rm -rf "$t"
}

# lab_apt_repo DIR SUITE... - signs what is in DIR/pool/SUITE as repositories; the public key
# becomes DIR/lab.gpg.  A suite named *-security carries Debian's label for those, and
# the code name of the release of this machine, whose packages the lab's hosts have.
lab_apt_repo() {
	local dir=$1 suite d arch label code

	shift
	arch=$(dpkg --print-architecture)
	# gpg's socket must fit in 108 bytes, so its folder cannot be below a long path.
	export GNUPGHOME
	GNUPGHOME=$(mktemp -d "/tmp/lazaret-gpg-$(lab_mark).XXXXXX")
	if [ -e "$dir.key" ]; then
		gpg --batch -q --import "$dir.key"
	else
		gpg --batch -q --pinentry-mode loopback --passphrase '' \
			--quick-gen-key 'Lab Repository <lab@example.invalid>' ed25519 sign never
		(umask 077 && gpg --batch -q --export-secret-keys >"$dir.key")
		gpg --batch -q --export >"$dir/lab.gpg"
	fi
	for suite in "$@"; do
		d=$dir/dists/$suite label=Debian code=$suite
		if [ "${suite%-security}" != "$suite" ]; then
			label=Debian-Security
			code=$(. /etc/os-release && echo "$VERSION_CODENAME")-security
		fi
		mkdir -p "$dir/pool/$suite" "$d/main/binary-$arch"
		(cd "$dir" && apt-ftparchive packages "pool/$suite") >"$d/main/binary-$arch/Packages"
		rm -f "$d/Release" "$d/InRelease"
		apt-ftparchive -o APT::FTPArchive::Release::Origin=Debian \
			-o APT::FTPArchive::Release::Label=$label \
			-o APT::FTPArchive::Release::Suite="$suite" \
			-o APT::FTPArchive::Release::Codename="$code" \
			-o APT::FTPArchive::Release::Architectures="$arch" \
			-o APT::FTPArchive::Release::Components=main release "$d" >"$dir/Release.new"
		mv "$dir/Release.new" "$d/Release"
		gpg --batch -q --clearsign -o "$d/InRelease" "$d/Release"
	done
	gpgconf --kill all
	rm -rf "$GNUPGHOME"
	unset GNUPGHOME
}

# lab_ca DIR - a private certificate authority: DIR/ca.pem and its key.
lab_ca() {
	mkdir -p "$1"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
		-subj '/CN=Example Office CA' -keyout "$1/ca.key" -out "$1/ca.pem" \
		-addext 'basicConstraints=critical,CA:TRUE' \
		-addext 'keyUsage=critical,keyCertSign,cRLSign' 2>/dev/null
}

# lab_certificate DIR HOST - DIR/HOST.pem and DIR/HOST.key, signed by lab_ca's.
lab_certificate() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" \
		-addext "subjectAltName=DNS:$2" -keyout "$1/$2.key" -out "$1/$2.csr" 2>/dev/null &&
		openssl x509 -req -in "$1/$2.csr" -CA "$1/ca.pem" -CAkey "$1/ca.key" -days 30 \
			-copy_extensions copy -out "$1/$2.pem" 2>/dev/null
	rm -f "$1/$2.csr"
}
