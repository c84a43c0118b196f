#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The units as they are installed: systemd understands them, each starts a program that is
# there, each remedy has its pair, and no sandbox is weaker than its figure.
set -u
. "${src:?}/tests/tap.sh"
PATH=$PATH:/usr/sbin:/sbin
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
units=$dir/root/usr/lib/systemd/system

make -s -C "$src" O="$O" DESTDIR="$dir/root" install >"$dir/log" 2>&1
ok $? 'make install fills a folder'

# What a reader of an installed page is sent to is installed as well.
make -s -C "$src" O="$O" DESTDIR="$dir/root" install-publisher >"$dir/log" 2>&1
dead=$(cd "$dir/root/usr/share/doc" && for page in lazaret*/*.md; do
	grep -o ']([^)#]*' "$page" | cut -c3- | while read -r to; do
		case $to in '' | *://*) continue ;; esac
		[ -e "${page%/*}/$to" ] || echo " $page: $to"
	done
done)
for page in $(sed -n 's/^\.Pa \(\/usr\/share[^ ]*\).*/\1/p' "$src"/docs/*.[18]); do
	[ -e "$dir/root$page" ] || dead="$dead $page"
done
ok "$([ -e "$dir/root/usr/share/doc/lazaret-publisher/providers/clamav.json" ] && [ -z "$dead" ]; echo $?)" \
	"no link of an installed page is dead$dead"

# One folder after the other, as whoever builds first and then thinks of the prefix.
for prefix in /usr /usr/local; do
	make -s -C "$src" O="$dir/elsewhere" prefix=$prefix "$dir/elsewhere/systemd/lazaret-remedy-host-reboot@.service"
done >"$dir/log" 2>&1
grep -q '^ExecStart=/usr/local/lib/lazaret/lazaret-remedy host-reboot$' "$dir/elsewhere/systemd/lazaret-remedy-host-reboot@.service"
ok $? 'another prefix gets into units that were made before'

sed -n 's/^ExecStart=-*\([^ ]*\).*/\1/p' "$units"/lazaret*.service | sort -u >"$dir/programs"
bad=0
while read -r program; do
	[ -x "$dir/root$program" ] || { echo "# $program is not installed"; bad=1; }
done <"$dir/programs"
ok "$([ -s "$dir/programs" ] && [ $bad = 0 ]; echo $?)" 'every unit starts a program that is installed'

"$dir/root/usr/lib/lazaret/lazaret-remedy" --list | sort >"$dir/menu"
for kind in .socket @.service; do
	(cd "$units" && for u in lazaret-remedy-*"$kind"; do
		u=${u#lazaret-remedy-}
		echo "${u%"$kind"}"
	done) | sort >"$dir/units"
	diff "$dir/menu" "$dir/units" | sed 's/^/# /'
	cmp -s "$dir/menu" "$dir/units"
	ok $? "each remedy of the menu, and nothing else, has its $kind"
done

# A remedy that its daemon gave up on would still run, beside the next one.
span_of() { sed -n "s/^$1=//p" "$units/lazaret-remedy-patches-install@.service"; } # KEY
seconds() { systemd-analyze timespan "$1" | sed -n 's/.*s: *\([0-9]*\)000000$/\1/p'; }
runs=$(($(seconds "$(span_of RuntimeMaxSec)") + $(seconds "$(span_of TimeoutStopSec)")))
number() { sed -n "s/^#define $1 *\([0-9]*\).*/\1/p" "$src/$2"; } # NAME FILE
waits=$(($(number REMEDY_LIMIT_MAX policy/menu.h) + $(number ENDING_SECONDS agent/mend.c)))
ok "$([ "$runs" -gt 60 ] && [ $waits -gt "$runs" ]; echo $?)" \
	"lazaretd waits $waits s for a remedy, whose unit ends after $runs s at the latest"

# It counts from the start, and antivirus-start waits for its turn beforehand.
warm=$(($(number WAIT_SECONDS agent/remedy/main.c) +
	$(sed -n 's/.*"antivirus-start", CHECK_ANTIVIRUS, \([0-9]*\).*/\1/p' "$src/policy/menu.c")))
limit=$(seconds "$(span_of RuntimeMaxSec)")
ok "$([ $warm -gt 3600 ] && [ $warm -lt "$limit" ]; echo $?)" \
	"antivirus-start waits and works for $warm s at most, and its unit ends after $limit s"

# Whom the daemon expects in the slice a drop-in brings there, and all that is ours is in it.
sed -n '/ services\[\] = {/,/};/p' "$src/netfilter/who.c" | grep -o '[a-z-]*\.service' | sort >"$dir/expected"
(cd "$units" && grep -l '^Slice=lazaret.slice$' -- *.service.d/lazaret.conf | sed 's|\.d/.*||') |
	sort >"$dir/joined"
diff "$dir/expected" "$dir/joined" | sed 's/^/# /'
ok "$([ -s "$dir/expected" ] && cmp -s "$dir/expected" "$dir/joined"; echo $?)" \
	"each service that a repair needs joins lazaret.slice"
stray=$(cd "$units" && grep -L '^Slice=lazaret.slice$' -- lazaret*.service)
ok "$([ -z "$stray" ] && [ -e "$units/lazaret.slice" ]; echo $?)" "and each of ours is in it$stray"

# systemd shuts a socket for good that is asked more often than its limit.
shuts=$(cd "$units" && grep -L '^TriggerLimitIntervalSec=0$' -- lazaret*.socket)
ok "$([ -z "$shuts" ]; echo $?)" "each socket may be asked at any rate$shuts"

# A helper that foreign bytes broke takes neither the host's memory nor its processes, and what it
# makes is nobody else's to read.
loose=$(cd "$units" && for key in MemoryMax TasksMax UMask; do
	grep -L "^$key=" -- lazaret-fetch@* lazaret-vet@* lazaret-witness@* lazaret-legacy@* lazaret-clerk@* lazaret-health@* lazaret-keep@*
done)
ok "$([ -z "$loose" ]; echo $?)" "the helpers' memory, tasks and files are bounded$loose"

# By io_uring calls and sockets would be had that the filters and address families refuse.
open=$(cd "$units" && grep -L '^SystemCallFilter=~.*@aio' -- lazaretd.service lazaret-fetch@* lazaret-vet@* lazaret-witness@* \
	lazaret-legacy@* lazaret-clerk@* lazaret-keep@* lazaret-hold.service lazaret-sleep.service)
ok "$([ -z "$open" ]; echo $?)" "no program of ours has io_uring$open"
grep -q '^SystemCallFilter=~setsockopt ' "$units/lazaret-legacy@.service"
ok $? 'who reads the rules of iptables-legacy cannot lay them'

# Who reads what strangers wrote could otherwise write to the memory of lazaretd.
same=$(cd "$units" && grep -l '^User=lazaret$' -- lazaret-*@.service)
ok "$([ -z "$same" ]; echo $?)" "nobody whom lazaretd asks is lazaretd's user$same"

# Verified beside this machine's own units, with a program that this machine has.
mkdir "$dir/verify"
for u in "$units"/lazaret*; do
	sed 's|^ExecStart=.*|ExecStart=/bin/true|' "$u" >"$dir/verify/${u##*/}"
done
said=$(cd "$dir/verify" && for u in *.service; do
	SYSTEMD_UNIT_PATH="$dir/verify:" systemd-analyze verify --man=no "./${u/@./@x.}" 2>&1
done)
[ -z "$said" ] || echo "$said" | sed 's/^/# /'
ok "$([ -z "$said" ]; echo $?)" 'systemd-analyze verify has nothing to say'

score() { # UNIT LIMIT, in tenths
	local is

	is=$(systemd-analyze security --offline=true --no-pager "$units/$1" 2>/dev/null |
		sed -n 's/.*exposure level for [^:]*: \([0-9]*\)\.\([0-9]\).*/\1\2/p')
	echo "# $1: ${is:-no score} of at most $2 tenths"
	ok "$([ -n "$is" ] && [ "$is" -le "$2" ]; echo $?)" "the sandbox of $1 holds its figure"
}
score lazaretd.service 12
score lazaret-fetch@.service 11
score lazaret-vet@.service 5
score lazaret-witness@.service 9
score lazaret-legacy@.service 13
score lazaret-clerk@.service 6
score lazaret-health@.service 6
score lazaret-keep@.service 9
score lazaret-hold.service 12
score lazaret-sleep.service 8
while read -r remedy; do
	score "lazaret-remedy-$remedy@.service" 40
done <"$dir/menu"
echo "1..$n"
