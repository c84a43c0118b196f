#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# No object depends on a header of a floor above its own; policy/ and netfilter/ ignore
# each other.  Reads the compiler's dependency files; the order is the root Kbuild's.
set -eu

find "$O" -type f -name '*.d' -exec cat {} + | awk -v top="$src/" -v out="$O/" '
FILENAME != "-" {
	for (i = 3; i <= NF && $1 == "obj-y"; i++)
		floors[++n] = $i
	next
}
# The floor of a path: that of the longest folder that holds it.
function floor(path,   i, best, len) {
	for (i = 1; i <= n; i++)
		if (index(path, floors[i]) == 1 && length(floors[i]) > len) {
			best = i
			len = length(floors[i])
		}
	return best + 0
}
# lazaret-hold lays the quarantine that the policy names: the one program on both sides.
function stranger(object, header) {
	if (object ~ /^netfilter\/(lazaret-)?hold\.o$/)
		return 0
	return (object ~ /^netfilter\// && header ~ /^policy\//) ||
	       (object ~ /^policy\// && header ~ /^netfilter\//)
}
{
	for (i = 1; i <= NF; i++) {
		if ($i ~ /\.o:$/) {
			object = substr($i, 1, length($i) - 1)
			sub("^" out, "", object)
			objects++
			continue
		}
		if (index($i, top) != 1 || $i !~ /\.h$/)
			continue
		header = substr($i, length(top) + 1)
		if (floor(header) > floor(object))
			print "# " object " reaches up to " header > "/dev/stderr"
		else if (stranger(object, header))
			print "# " object " must not know " header > "/dev/stderr"
		else
			continue
		bad++
	}
}
END {
	print bad || !objects ? "not ok 1 - floors" : "ok 1 - floors"
	print "1..1"
	exit bad || !objects
}' "$src/Kbuild" -
