# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced first by tests of the real daemon in a network of its own, as alone.sh makes it.
. "${src:?}/tests/netns/alone.sh"
mkdir -p "$dir/run" "$dir/bin" "$dir/state"

# configure [LINES...]: these, and the folders; what is appended to the file is the agent's.
configure() {
	printf '%s\n' "$@" '[Agent]' "StateDirectory=$dir/state" "RuntimeDirectory=$dir/run" \
		"HelperDirectory=$dir/bin" >"$dir/lazaret.conf"
}
# Without them no policy comes and nothing is repaired.
link_helpers() {
	for helper in agent/fetch/lazaret-fetch policy/lazaret-vet agent/remedy/lazaret-remedy; do
		ln -sf "$O/$helper" "$dir/bin/"
	done
}
start() {
	"$O/agent/lazaretd" --foreground --config "$dir/lazaret.conf" >"$dir/log" 2>&1 &
	pid=$!
}
stop() { # [SIGNAL]
	kill -"${1:-TERM}" $pid
	wait $pid 2>/dev/null
	pid=
}
ask() { "$O/agent/lazaret" --socket "$dir/run/agent/control.sock" "$@" >"$dir/said" 2>&1; }
is() { ask status; grep -q "^$1" "$dir/said"; } # STATE
