# SPDX-License-Identifier: GPL-2.0-or-later
# Of what leak.sh has written into `dir`: a line for each row, and the totals.  One process: a
# kernel in emulation would take a minute for a grep a row.
#   elsewhere=1: not the kernel that the rows were made on, so some may have nothing to try
function ids(file, into,   line) {
	while ((getline line <(dir "/" file)) > 0)
		into[line] = 1
}

function tell(good, what, rest) {
	printf "%sok %d - %s%s\n", good ? "" : "not ", ++told, what, rest
	bad += !good
}

function dead(what, why) {
	not_live++
	if (elsewhere)
		print "# not live on this kernel: " what
	else
		tell(0, what)
	print "# " why
}

BEGIN {
	ids("missing", missing)
	ids("failed.O", failed_before)
	ids("failed.I", failed_then)
	ids("arrived.O", before)
	ids("arrived.I", then)
	while ((getline line <threats) > 0)
		text = text " " line
	gsub(/[ \t]+/, " ", text)
}

{
	id = $1
	state = $2
	what = substr($0, length(id) + length(state) + 3)
	name = substr(what, 7)
	rows[state]++
}

id in missing {
	print "# not tried, this kernel has no such device: " what
	not_there++
	next
}

# What could be set up before and cannot be now was not tried.
!(id in failed_before) && id in failed_then {
	dead(what, "it could not be tried in quarantine (row " id ")")
	next
}

!(id in before) {
	dead(what, "nothing arrives without the quarantine either (row " id ")")
	next
}

state == "held" && id in then {
	leaks++
	tell(0, what)
	print "# leaks (row " id ")"
	next
}

state == "held" {
	held++
	tell(1, what)
}

state == "todo" {
	tell(1, what, id in then ? " # TODO leaks as yet" : " # TODO held by now: promise it")
}

state == "known" && index(text, name) {
	tell(1, what, " # known: see docs/threats.md" (id in then ? "" : " (but held)"))
}

state == "known" && !index(text, name) {
	tell(0, what)
	print "# docs/threats.md does not say \"" name "\""
}

END {
	print "1.." told
	for (s in rows)
		printf "# %s: %d ways\n", s, rows[s]
	printf "# %d held, %d leaks in what is promised, %d not live, %d not on this kernel\n", held, leaks,
		not_live, not_there
	exit bad > 0
}
