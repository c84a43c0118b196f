# shellcheck shell=sh disable=SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
# What test scripts tell, as TAP.  Sourced first; the script's last line is: echo "1..$n".
: "${src:?}" "${O:?}"
n=0 failed=0
check_log=/dev/null # takes what the commands of `check` print

# A script that knows what explains a failure has an `evidence` of its own, which prints it.
evidence() { :; }

ok() { # STATUS WHAT
	n=$((n + 1))
	[ "$1" = 0 ] && echo "ok $n - $2" && return
	failed=1
	echo "not ok $n - $2"
	evidence 2>&1 | sed 's/^/# /'
}

check() { # WHAT COMMAND...: passes when the command does
	what=$1
	shift
	"$@" >>"$check_log" 2>&1
	ok $? "$what"
}

not() { ! "$@"; }

wait_for() { # SECONDS COMMAND...: until it succeeds
	tries=$(($1 * 20))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $((tries -= 1)) -gt 0 ] || return 1
		sleep 0.05
	done
}

quit() { # WHY: nothing after this can be tested
	ok 1 "$*"
	echo "1..$n"
	exit 1
}

skip() { # WHY: nothing can be tested on this machine
	echo "1..0 # SKIP $*"
	exit 0
}

# For nginx, in http: its folders, which are only there where it is installed.
nginx_folders() {
	for part in client_body proxy fastcgi uwsgi scgi; do echo "${part}_temp_path $dir/nginx-$part;"; done
}

needs() { # TOOL...
	for tool; do
		command -v "$tool" >/dev/null || PATH=$PATH:/usr/sbin:/sbin
		command -v "$tool" >/dev/null || skip "needs $tool"
	done
}
