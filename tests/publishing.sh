#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The commands of docs/publishing.md, in their order, in an empty folder.
set -u
: "${src:?}" "${O:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export EXAMPLE=$src/docs/example-policy.json PATH=$O/policy:$PATH

n=0
block=
finish() { # runs what was collected; the first command of it names the test
	n=$((n + 1))
	if (cd "$work" && bash -euc "$block") >"$work/.out" 2>&1; then
		echo "ok $n - ${block%%$'\n'*}"
	else
		echo "not ok $n - ${block%%$'\n'*}"
		sed 's/^/# /' "$work/.out"
	fi
}

inside=
while IFS= read -r line; do
	case $inside$line in
	'```sh') inside=1 block= ;;
	'1```') inside='' && finish ;;
	1*) block+=$line$'\n' ;;
	esac
done <"$src/docs/publishing.md"
names=$("$O/policy/lazaret-policy" --help | sed -n 's/^  lazaret-policy \([a-z]*\) .*/\1/p')
missing=
for name in $names; do
	grep -q "^lazaret-policy $name " "$src/docs/publishing.md" || missing+=" $name"
done
n=$((n + 1))
[ "$n" -gt 7 ] && [ -n "$names" ] && [ -z "$missing" ] || printf 'not '
echo "ok $n - each subcommand is shown${missing:+, but not:$missing}"
echo "1..$n"
