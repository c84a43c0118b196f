#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What reads the sources without running them finds nothing to say.
set -u
cd "$src" || exit 1

# A && B || C and a test's $? as they are meant, and what the caller sets ($src, $O).
known=SC2015,SC2154,SC2319

report() { # NUMBER WHAT FINDINGS
	if [ -z "$3" ]; then
		echo "ok $1 - $2"
	else
		printf '%s\n' "$3" | sed '/warning:\|error:/s/^/# /'
		echo "not ok $1 - $2"
	fi
}

# It does not know the cleanup attribute, so it sees leaks where there are none; nor that a
# function of another file has written its output when it returned 0.  The sanitized tests and
# the compiler look for those.
blind=unix.Malloc,core.NullDereference,core.NonNullParamChecker,core.CallAndMessage
blind=$blind,core.UndefinedBinaryOperatorResult,core.uninitialized,unix.cstring.NullArg

analyze() {
	# Of newer ones, for the same reasons.
	for checker in unix.StdCLibraryFunctions unix.Stream; do
		! clang -cc1 -analyzer-checker-help | grep -q "^  $checker " || blind=$blind,$checker
	done
	# Each function by itself, and with what it calls up to a number of states: with seven times as
	# many it takes three times as long in all, and comes to no return that these two do not.
	for depth in ipa=none max-nodes=30000; do
		# shellcheck disable=SC2016
		make -s O="$O" list-sources | grep -v '^tests/\|^agent/base/err\.c$' | blind=$blind depth=$depth \
			xargs -P 2 -n 4 sh -c 'clang --analyze -Xclang -analyzer-output=text \
				-Xclang -analyzer-disable-checker="$blind" -Xclang -analyzer-config -Xclang $depth \
				-std=gnu11 -D_GNU_SOURCE -I. \
				-include "$O/include/generated/autoconf.h" -include tests/analyze.h \
				"$@" 2>&1' clang
	done
}

scripts() {
	grep -rlE --exclude-dir=.git --exclude-dir='build*' '^#!/bin/(ba)?sh' . |
		xargs shellcheck -x -P SCRIPTDIR -f gcc -S warning -e "$known" 2>&1
}

report 1 'clang --analyze' "$(analyze)"
report 2 'shellcheck' "$(scripts)"
echo 1..2
