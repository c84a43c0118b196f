#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every way to switch ClamAV off that is known to us, on a real host: each is seen for what it is,
# the remedy meant for it brings ClamAV back, and a fresh look, with the test file of
# antivirus found, agrees.  How long both took is told.  `antivirus.sh bench` prints a line for make
# bench: how long lazaretd takes from the removal of its package to a look that passes.
set -u
. "${src:?}/tests/lab/begin.sh"
. "$src/tests/lab/antivirus-host.sh"
lab_enter "$0" "$@"
bench=${1:-}
[ "$bench" != bench ] || ok() { [ "$1" = 0 ] || echo "$2: failed" >&2; }
antivirus_host

# The whole ladder, as no other remedy brings a package back.
reinstalled() {
	at sh -c 'systemctl stop lazaretd; rm -rf /var/lib/lazaret/agent/*; systemctl start lazaretd'
	lab_wait 40 passes >/dev/null && at apt-get -y -o DPkg::Lock::Timeout=60 remove clamav-daemon || return 1
	lab_wait 60 passes
}
if [ "$bench" = bench ]; then
	in_force enforced
	for i in 1 2 3; do reinstalled || echo "reinstall $i: failed" >&2; done | sort -n |
		awk '{ a[NR] = $1 } END { printf "antivirus reinstalled after its removal\t%.1f\ts\t10\t8\n", a[int((NR + 1) / 2)] / 1000 }'
	exit 0
fi

at sh -c 'chattr +i /usr/sbin/clamd; lsattr /usr/sbin/clamd; ! rm /usr/sbin/clamd' && grep -q '^-*i.* /usr' "$LAB_DIR/said"
ok $? "chattr +i takes hold here: $(tail -n 1 "$LAB_DIR/said")"
look && grep -q ' fail: locks: /usr/sbin/clamd cannot be replaced: chattr +i' "$LAB_DIR/said"
ok $? 'a program that nobody can replace is told, and fails nothing'
at chattr -i /usr/sbin/clamd

# It came up without signatures, and nobody told it when they came.
lacks() { ! look && grep -q '^fail: .*has no daily signatures' "$LAB_DIR/said"; }
at sh -c 'mkdir /root/late; mv /var/lib/clamav/daily.c?d /root/late; systemctl restart clamav-daemon'
lab_wait 10 lacks >/dev/null && at sh -c 'mv /root/late/* /var/lib/clamav/' && lacks &&
	probe mend antivirus-enable && grep -q '^having it read' "$LAB_DIR/said" && lab_wait 10 look >/dev/null
ok $? 'signatures that it has not read: antivirus-enable has it read them'

# --- stopped ----------------------------------------------------------------------------
off start 'not running' 'systemctl stop clamav-daemon.service clamav-daemon.socket'
off start 'not running' 'systemctl stop clamav-daemon.socket; systemctl kill -s KILL clamav-daemon; sleep 0.1'
off start 'is stopped' 'systemctl kill --signal=SIGSTOP clamav-daemon.service'
off start 'is frozen' 'systemctl freeze clamav-daemon.service'
off start 'is frozen' 'echo 1 >/sys/fs/cgroup/system.slice/clamav-daemon.service/cgroup.freeze; sleep 0.1'
# A database whose reading does not end while somebody may still write it.
slow=/var/lib/clamav/slow.ndb
at systemctl reset-failed clamav-daemon # all these starts may be too many at once
off start 'was started .* ago and does not answer on .* yet' \
	"mkfifo $slow; systemctl restart clamav-daemon; (sleep 1.5; exec 3<>$slow; rm $slow) >/dev/null 2>&1 &"
at sh -c "mkfifo $slow; systemctl --no-block restart clamav-daemon
	(sleep 2; mv /usr/sbin/clamd /root) >/dev/null 2>&1 &"
probe mend antivirus-start
[ $? = 1 ] && grep -q '^failed: /usr/sbin/clamd is not there' "$LAB_DIR/said"
ok $? "its program goes while it is waited for: $(tail -n 1 "$LAB_DIR/said")"
at sh -c "mv /root/clamd /usr/sbin; rm $slow; systemctl restart clamav-daemon"
lab_wait 10 look >/dev/null
off start 'is frozen' 'echo 1 >/sys/fs/cgroup/system.slice/cgroup.freeze; sleep 0.1'
# A slice's limit no remedy lifts, so none may cost what still works.  The lab's own cgroups have
# none: it is put where a hybrid has its other tree.
at sh -c 'u=/sys/fs/cgroup/unified; mkdir $u && mount -t tmpfs lab $u && mkdir -p $u/system.slice/clamav-daemon.service &&
	echo "1000 100000" >$u/system.slice/cpu.max && pgrep -x clamd >/root/was'
look
r=$?
[ $r = 1 ] && grep -q '^fail: .*gets less than a twentieth' "$LAB_DIR/said"
ok $? "its slice starves it: $(head -n 1 "$LAB_DIR/said")"
for remedy in enable restore reinstall; do probe mend antivirus-$remedy; done
r=$?
[ $r = 1 ] && grep -q '^failed: .*its slice starves it' "$LAB_DIR/said"
ok $? "which no installation changes: $(tail -n 1 "$LAB_DIR/said")"
at sh -c 'pgrep -x clamd | cmp - /root/was'
ok $? "and it is not stopped for that$(cat "$LAB_DIR/said")"
at sh -c 'umount /sys/fs/cgroup/unified && rmdir /sys/fs/cgroup/unified'
# Of two only the one that fails is repaired, and neither keeps the other from it.
without_ghost() { probe mend antivirus-start; [ $? = 1 ] && grep -q '^failed: .*ghost is not there' "$LAB_DIR/said"; }
in_force ghost
at systemctl stop clamav-daemon.service clamav-daemon.socket
without_ghost && grep -q '^starting ClamAV' "$LAB_DIR/said" && look
ok $? 'stopped, ClamAV is started though another product cannot be'
without_ghost && ! grep -q '^starting ClamAV' "$LAB_DIR/said"
ok $? 'as it runs, it is left alone'
in_force 1

# --- units ------------------------------------------------------------------------------
wants=multi-user.target.wants/clamav-daemon.service control=/etc/systemd/system.control
off enable 'not enabled' "systemctl disable clamav-daemon.service; ln -s /dev/null /etc/systemd/system/$wants
	mkdir -p $control/${wants%/*}; : >$control/$wants; chattr +i /etc/systemd/system/${wants%/*}"
off enable "is masked by $control" "systemctl mask --now clamav-daemon.service clamav-daemon.socket
	chattr +i /etc/systemd/system; ln -s /dev/null $control/clamav-daemon.service
	mkdir -p /usr/local/lib/systemd/system; ln -s /dev/null /usr/local/lib/systemd/system/clamav-daemon.socket"
off enable 'is masked by /run' 'systemctl mask --runtime clamav-daemon.service'
off enable 'is masked by /etc' ": >$etc; systemctl daemon-reload"
vendor=/usr/lib/systemd/system/clamav-daemon.service
off enable 'not as it was packaged\|does not answer' \
	"printf '[Service]\nExecStart=/bin/sleep infinity\n' >/root/sleep; mount --bind /root/sleep $vendor
	systemctl daemon-reload; systemctl restart clamav-daemon" "covered by a mount over $vendor"
off enable "is overridden by $etc" \
	"printf '[Service]\nExecStart=/bin/sleep infinity\n' >$etc
	systemctl daemon-reload; systemctl restart clamav-daemon" "overridden by $etc"
at sh -c "mkdir -p $etc.d; printf '[Service]\nEnvironment=http_proxy=http://192.0.2.9\n' >$etc.d/proxy.conf
	chmod 600 $etc.d/proxy.conf"
off enable 'sets ConditionPathExists\|sets what cannot be read' \
	"printf '[Unit]\nConditionPathExists=/nowhere\n' >$etc.d/no.conf
	systemctl daemon-reload; systemctl restart clamav-daemon"
off enable "$etc.d sets what cannot be read" \
	"printf '[Service]\nCPUQuota=1%%\n' >$etc.d/no.conf; chmod 600 $etc.d/*; chmod 700 $etc.d
	chattr +i $etc.d; systemctl daemon-reload"
off enable "is overridden by $etc" "mkdir -p /opt/lib/systemd/system; ln -s /opt/lib/systemd/system/${etc##*/} $etc
	printf '[Service]\nExecStart=/bin/sleep infinity\n' >/opt/lib/systemd/system/${etc##*/}
	mkdir ${etc%.*}.socket.d; printf '[Socket]\nSocketMode=0600\n' >${etc%.*}.socket.d/no.conf
	systemctl daemon-reload; systemctl stop clamav-daemon.socket clamav-daemon
	systemctl start clamav-daemon.socket; chmod 700 /run/clamav"
off enable 'sets one name too many' "mkdir -p /etc/systemd/system/clamav-.service.d
	for i in 1 2 3 4 5 6 7 8 9; do ln -s /usr/lib/systemd/system/${etc##*/} /etc/systemd/system/alias\$i.service; done
	printf '[Unit]\nConditionPathExists=/nowhere\n' >/etc/systemd/system/clamav-.service.d/no.conf
	systemctl daemon-reload; systemctl restart clamav-daemon"
at sh -c 'rm /etc/systemd/system/alias*.service'
off enable 'sets CPUQuota' 'systemctl set-property --runtime clamav-daemon.service CPUQuota=1%'
off enable 'sets CPUQuota' 'systemctl set-property clamav-daemon.service CPUQuota=1%'
at test -e $etc.d/extend.conf -a -e $etc.d/proxy.conf
ok $? "the distribution's own drop-in stays, and the administrator's that decides nothing"
off enable 'not running\|does not answer' "printf '[Service]\nWorkingDirectory=/nowhere\n' >$etc.d/where.conf
	systemctl daemon-reload; systemctl stop clamav-daemon.socket; systemctl restart clamav-daemon"
at grep -q CPUQuota $etc.d/.no.conf.set-aside.2 && at grep -q Condition $etc.d/.no.conf.set-aside &&
	at test -e $etc.d/.proxy.conf.set-aside
ok $? 'what was set aside before is not lost'

# --- what it needs besides ---------------------------------------------------------------
off enable 'the account clamav is gone' "systemctl stop clamav-daemon.socket clamav-daemon; userdel -f clamav
	chattr +i /var/log/clamav/clamav.log /var/log/clamav"
at stat -c %U /var/lib/clamav
grep -qx clamav "$LAB_DIR/said"
ok $? 'and its files are its own again'
off enable 'clamd.ctl is no socket' "systemctl stop clamav-daemon.socket clamav-daemon; rm -f /run/clamav/clamd.ctl
	mkdir /run/clamav/clamd.ctl; echo garbage >/var/lib/clamav/x.ndb"
at test -s /var/lib/clamav/.x.ndb.set-aside && grep -q '^it cannot load /var/lib/clamav/x.ndb' "$LAB_DIR/mended"
ok $? 'and what it could not load is set aside'
# Copied there by root, for whom alone they are: good all the same.
off enable 'not running\|does not answer' "cd /var/lib/clamav; echo 'Mine:0:*:4d494e45' >mine.ndb
	chown root: daily.cud mine.ndb; chmod 600 daily.cud mine.ndb
	systemctl stop clamav-daemon.socket; systemctl restart clamav-daemon; sleep 0.2"
at sh -c 'cd /var/lib/clamav && stat -c %a daily.cud mine.ndb'
[ "$(tr '\n' ' ' <"$LAB_DIR/said")" = '644 644 ' ] && grep -q '^it cannot load .*mine.ndb' "$LAB_DIR/mended"
ok $? 'signatures that only root may read are opened, not set aside'

# --- configuration ----------------------------------------------------------------------
conf=/etc/clamav/clamd.conf
off restore 'hides what is behind it' \
	"chown clamav:adm $conf; chmod 604 $conf; printf '#\\0\nExcludePath ^/\n' >>$conf; systemctl restart clamav-daemon"
off restore 'ScanELF no is not allowed' "sed -i 's/^ScanELF .*/ScanELF no/' $conf; chattr +i $conf"
off restore 'ExcludePath ^/ is not allowed' \
	"cp -p $conf /root/clamd.conf; echo 'ExcludePath ^/' >>/root/clamd.conf; mount --bind /root/clamd.conf $conf"
off restore 'MaxFileSize 1K is not allowed' "sed -i 's/^MaxFileSize .*/MaxFileSize 1K/' $conf"
off restore 'not running\|LocalSocket' \
	"sed -i 's|^LocalSocket .*|LocalSocket /tmp/elsewhere|' $conf
	systemctl stop clamav-daemon.socket; systemctl restart clamav-daemon.service"
off restore 'TemporaryDirectory /sys is not allowed' "echo 'TemporaryDirectory /sys' >>$conf; systemctl restart clamav-daemon"
at grep -c '^# set aside by lazaret: ' $conf
[ "$(cat "$LAB_DIR/said")" = 6 ]
ok $? 'what was set aside can be read in the file'
# What reads it once goes on with what it has read; who wrote it has ten seconds to restart it.
scans() { at clamdscan --no-summary /srv/sample; grep -q "$1" "$LAB_DIR/said"; } # PATTERN
at sh -c 'printf LAB-daily-27000 >/srv/sample; chmod 644 /srv/sample'
scans FOUND
ok $? 'a sample is found'
at sh -c "cp -p $conf /root/good; echo 'ExcludePath ^/' >>$conf; systemctl restart clamav-daemon
	until clamdscan --ping 1; do :; done; cat /root/good >$conf; clamdscan --reload"
scans ': OK'
ok $? 'with a line that is gone again, and RELOAD, it is not'
off start "clamd runs since before $conf was changed" 'sleep 11'
scans FOUND
ok $? "and again: $(cat "$LAB_DIR/said")"
at stat -c '%U:%G %a' $conf && grep -q 'clamav:adm 604' "$LAB_DIR/said"
ok $? 'the file belongs to whom it did'

# Beside the signatures: what is scanned, and how.  Feeds bring what only names kinds of mail.
db=/var/lib/clamav mail='0:0:582d53696576653a20:Mail:CL_TYPE_ANY:CL_TYPE_MAIL'
finds() { at clamdscan --no-summary --fdpass "$1"; grep -q "^$1: .* FOUND" "$LAB_DIR/said"; } # FILE
at sh -c "printf 'MZ\\220\\0LAB-daily-27000' >/srv/program; cd $db; printf '%s\n' $mail >feed.ftm
	printf '0:0:4d5a:No:CL_TYPE_ANY:CL_TYPE_IGNORED\n' >.no.FTM; systemctl restart clamav-daemon"
lab_wait 10 look >/dev/null
! finds /srv/program
ok $? "a program that is not scanned: $(cat "$LAB_DIR/said")"
off restore "$db/.no.FTM keeps kinds of files from being scanned" :
at test -e $db/feed.ftm -a -e $db/..no.FTM.set-aside && finds /srv/program
ok $? "and is again: $(cat "$LAB_DIR/said")"
at sh -c "chown clamav: $db/feed.ftm; chmod 640 $db/feed.ftm; pgrep -x clamd >/root/was"
look
grep -q "^unknown: lazaretd may not read $db/feed.ftm" "$LAB_DIR/said"
ok $? "a feed's that is the feed's alone: $(head -n 1 "$LAB_DIR/said")"
probe mend antivirus-enable && look && at sh -c 'pgrep -x clamd | cmp - /root/was'
ok $? "antivirus-enable has it read, and what works goes on$(cat "$LAB_DIR/said")"
off restore "$db/no.cfg keeps kinds of files from being scanned" \
	"printf 'ARCHIVE:0x0:1:255\n' >$db/no.cfg; systemctl restart clamav-daemon"
at rm $db/feed.ftm

# --- packages and files -----------------------------------------------------------------
off reinstall 'cannot be executed' 'chmod -x /usr/sbin/clamd' '/usr/sbin/clamd cannot be executed'
off reinstall 'not installed' 'apt-mark hold clamav-daemon; apt-get -y --allow-change-held-packages remove clamav-daemon' \
	'/usr/sbin/clamd is not there'
# Holds: of what was removed, be it the engine that it needs, with no sources of the host's; of what
# is there and damaged, which is not made newer; and when the remedy is cut off.
holds() { at sh -c 'dpkg --get-selections | sed -n "s/[[:space:]]*hold$//p"'; [ "$(cat "$LAB_DIR/said")" = "$1" ]; ok $? "on hold: $1"; } # PACKAGES
off reinstall 'not installed' "apt-get update; apt-get -y remove clamav-daemon
	dpkg --force-depends -r $library; apt-mark hold clamav-daemon ${library%:*}
	rm -rf /var/lib/apt/lists/*; mv /etc/apt/sources.list /root"
holds "clamav-daemon
$library"
at sh -c "apt-mark unhold $library; cp /root/sources.list /etc/apt; mv /etc/apt/preferences /root"
off reinstall 'not installed' 'rm /usr/sbin/clamd'
! grep -q 'going on' "$LAB_DIR/mended"
ok $? 'in its version, beside a newer one'
at sed -i 1d /etc/apt/sources.list
off reinstall 'not installed' 'rm /usr/sbin/clamd'
holds clamav-daemon
at sh -c 'rm /usr/sbin/clamd; mv /srv/repo/pool /srv/repo/away'
probe mend antivirus-reinstall
[ $? = 1 ] && grep -q '^failed: on hold as clamav-daemon=' "$LAB_DIR/said"
ok $? "which nobody has: $(tail -n 1 "$LAB_DIR/said")"
at mv /srv/repo/away /srv/repo/pool
at sh -c 'mv /root/preferences /root/sources.list /etc/apt/; apt-mark unhold clamav-daemon
	apt-get -y remove clamav-daemon; echo clamav-daemon hold | dpkg --set-selections'
lab_exec host timeout -s KILL 30 sh -c 'until pgrep -f "[d]pkg .*--unpack"; do :; done
	systemctl kill -s KILL "lazaret-remedy-*"' >/dev/null 2>&1 &
probe mend antivirus-reinstall
wait $!
at dpkg --get-selections clamav-daemon
! grep -q hold "$LAB_DIR/said"
ok $? 'a remedy is cut off while the hold is lifted'
at sh -c 'dpkg --configure -a; rm /usr/sbin/clamd'
off reinstall 'not installed' :
holds clamav-daemon
at apt-mark unhold clamav-daemon
# Without the package's own file, another of that name is all there is.
at sh -c "apt-get -y remove clamav-daemon; rm -f $etc; printf '[Service]\nExecStart=/bin/sleep infinity\n' >$etc
	systemctl daemon-reload; systemctl start clamav-daemon"
probe mend antivirus-enable
[ $? = 1 ] && grep -q '^failed: /usr/sbin/clamd is not there: no start changes that' "$LAB_DIR/said"
ok $? "what another runs under its name is not waited for: $(tail -n 1 "$LAB_DIR/said")"
off reinstall 'not installed' : '/usr/sbin/clamd is not there'
off reinstall 'not installed' \
	'printf "Package: clamav*\nPin: release *\nPin-Priority: -1\n" >/etc/apt/preferences.d/no
	apt-get -y purge clamav-daemon; chattr +i /usr/sbin'
! grep -q 'own sources' "$LAB_DIR/mended"
ok $? "past a pin of the host's"
at dpkg-query -W -f '${Version}\n' clamav-daemon
! grep -q 99.0 "$LAB_DIR/said"
ok $? "and from its own release: $(cat "$LAB_DIR/said")"
off reinstall 'cannot be executed' \
	'rm /etc/apt/preferences.d/no; dpkg-statoverride --update --add root root 0600 /usr/sbin/clamd; mv /etc/apt/sources.list /root; rm -rf /var/lib/apt/lists/*'
off reinstall 'not installed' \
	'mv /root/sources.list /etc/apt; rm /usr/sbin/clamd; chattr +i /usr/share/doc/clamav-daemon/copyright
	echo "path-exclude=/usr/sbin/*" >/etc/dpkg/dpkg.cfg.d/no
	echo "APT::Get::Simulate 1; APT::Get::Download-Only 1; Dir::Bin::dpkg \"/bin/true\";" >/etc/apt/apt.conf.d/no'
at sh -c 'mv /usr/sbin/clamd /root; echo no-act >/etc/dpkg/dpkg.cfg.d/no'
probe mend antivirus-reinstall
[ $? = 1 ] && grep -q '^failed: /etc/dpkg/dpkg.cfg.d/no tells dpkg "no-act"' "$LAB_DIR/said"
ok $? "dpkg is told to do nothing: $(tail -n 1 "$LAB_DIR/said")"
at sh -c 'mv /root/clamd /usr/sbin; rm /etc/dpkg/dpkg.cfg.d/no'
off reinstall 'clamd.conf is gone' "rm $conf; dpkg --force-depends -r $library
	echo set clamav-daemon/debconf false | debconf-communicate"
off reinstall 'clamd.conf is no regular file' "rm $conf; mkfifo $conf"
at rm /etc/clamav/.clamd.conf.set-aside # to read it would not end
off reinstall 'not running\|does not answer' "sed -i 's/^ReadTimeout.*/ReadTimeout/; s/^MaxThreads.*/MaxThreads/' $conf; systemctl stop clamav-daemon.socket
	echo ExecStartPre=/bin/false >>$etc.d/extend.conf; systemctl daemon-reload; systemctl restart clamav-daemon; sleep 0.2"
at grep -qx 'ReadTimeout' /etc/clamav/.clamd.conf.set-aside
ok $? 'a configuration that clamd cannot read is kept beside the new one'
at grep -q 'false' $etc.d/.extend.conf.set-aside
ok $? "so is the distribution's own drop-in with which it does not start"
# An answer that its script asks for again for ever, and packages from the policy's sources alone.
off reinstall 'not running\|does not answer' "mv /etc/apt/sources.list /root; rm -rf /var/lib/apt/lists/*
	echo set clamav-daemon/BytecodeTimeout true | debconf-communicate
	sed -i 's/^ReadTimeout.*/ReadTimeout/; /^BytecodeTimeout/d' $conf; systemctl stop clamav-daemon.socket; systemctl restart clamav-daemon; sleep 0.2"
at mv /root/sources.list /etc/apt
off reinstall 'not as it was packaged' 'dpkg-divert --quiet --local --rename --add /usr/sbin/clamd
	cp -p /usr/sbin/clamd.distrib /usr/sbin/clamd; echo >>/usr/sbin/clamd; rm /usr/lib/*/libclamav.so.*
	mount --bind /bin/sleep /usr/sbin/clamd'

# Detection goes on from memory; only fetching or putting signatures there again mends it.
at sh -c 'mkdir /root/away; mv /var/lib/clamav/daily.c?d /root/away'
look
r=$?
[ $r = 1 ] && grep -q '^fail: no signatures are stored' "$LAB_DIR/said"
ok $? "signatures deleted under a running clamd: $(head -n 1 "$LAB_DIR/said")"
probe mend antivirus-reinstall
[ $? = 1 ] && grep -q '^failed: .*only lacks new signatures' "$LAB_DIR/said"
ok $? "which no installation mends: $(tail -n 1 "$LAB_DIR/said")"
# Its updater, begun anew, looks for them at once: here in a folder.  Such copies nobody else may read.
# A damaged one it would take for that of the mirror.
at sh -c 'mkdir /srv/mirror; mv /root/away/daily.cud /srv/mirror/; mv /root/away/* /var/lib/clamav/
	head -c 512 /srv/mirror/daily.cud >/var/lib/clamav/daily.cud
	cp /etc/clamav/freshclam.conf /root/
	printf "%s\n" "DatabaseCustomURL file:///srv/mirror/daily.cud" "ExcludeDatabase main" \
		"ExcludeDatabase daily" "ExcludeDatabase bytecode" >>/etc/clamav/freshclam.conf
	printf "[Unit]\nConditionPathExists=/nowhere\n" >'$etc.d/no.conf'; systemctl daemon-reload
	chattr +i /var/lib/clamav'
probe mend antivirus-enable
t0=$(lab_now)
grep -q '^set aside /var/lib/clamav/daily.cud' "$LAB_DIR/said" && ! grep -q '^it cannot load' "$LAB_DIR/said"
ok $? 'a damaged one is set aside before the daemon meets it'
lab_wait 10 look >/dev/null && grep -q 'lazaretd may not read /var/lib/clamav/daily.cud' "$LAB_DIR/said"
ok $? "but antivirus-enable does, by its updater: fetched after $(($(lab_now) - t0)) ms"
at systemctl is-active clamav-freshclam
ok $? "and it goes on: $(cat "$LAB_DIR/said")"
at sh -c 'cp /root/freshclam.conf /etc/clamav/; systemctl mask --now clamav-freshclam'
echo "1..$n"
