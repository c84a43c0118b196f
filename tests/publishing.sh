#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The commands of docs/publishing.md, in their order, in an empty folder.
set -u
. "${src:?}/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export EXAMPLE=$src/docs/example-policy.json PATH=$work/bin:$PATH REAL=$O/policy/lazaret-policy

# Nobody is there to type a passphrase, and opening sealed keys would take a minute in all.
mkdir "$work/bin"
cat >"$work/bin/lazaret-policy" <<'EOF_TOOL'
#!/bin/sh
name=$1
shift
case $name in
init | rotate) exec "$REAL" "$name" --no-passphrase all "$@" ;;
keygen) exec "$REAL" "$name" --no-passphrase "$@" ;;
*) exec "$REAL" "$name" "$@" ;;
esac
EOF_TOOL
chmod +x "$work/bin/lazaret-policy"

block=
finish() { # runs what was collected; the first command of it names the test
	(cd "$work" && bash -euc "$block") >"$work/.out" 2>&1
	ok $? "${block%%$'\n'*}"
}
evidence() { cat "$work/.out"; }

inside=
while IFS= read -r line; do
	case $inside$line in
	'```sh') inside=1 block= ;;
	'1```') inside='' && finish ;;
	1*) block+=$line$'\n' ;;
	esac
done <"$src/docs/publishing.md"
names=$("$O/policy/lazaret-policy" --help | sed -n 's/^  lazaret-policy \([a-z-]*\) .*/\1/p')
missing=
for name in $names; do
	grep -q "^[! ]*lazaret-policy $name " "$src/docs/publishing.md" "$src/docs/feeds.md" || missing+=" $name"
done
[ "$n" -gt 6 ] && [ -n "$names" ] && [ -z "$missing" ]
ok $? "each subcommand is shown${missing:+, but not:$missing}"
echo "1..$n"
