#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What lazaret-policy makes, held against the specification by tools that share no code with
# it: canonical form by jq, key ids by sha256sum, signatures by openssl.
set -u
. "${src:?}/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit
tool=$O/policy/lazaret-policy

# canonical FILTER FILE: members in order, no blanks, and in strings only " and \ escaped.
canonical() { jq -cjS "$1" "$2" | sed 's/\\n/\n/g'; }

{
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem
	openssl pkey -in rsa.pem -pubout -out rsa.pub
	"$tool" keygen --no-passphrase --type p384 big.pem
	"$tool" keygen --no-passphrase team.pem
	"$tool" init --no-passphrase all --threshold root=2 --threshold targets=2 \
		--public targets=rsa.pub --public targets=big.pub fleet
	"$tool" sign --key rsa.pem --key big.pem fleet "$src/docs/example-policy.json"
	"$tool" delegate --key rsa.pem --key big.pem --paths 'a/*' --public team.pub fleet team
	echo x >x
	"$tool" add-target --key team.pem --role team --as a/x fleet x
	"$tool" sign fleet
	"$tool" rotate --no-passphrase all fleet root snapshot
	"$tool" publish fleet www
} >log 2>&1
ok $? 'a repository with roots, a rotation and a team'
cd www || exit

wrong=0 count=0
for file in metadata/*.json; do
	for id in $(jq -r '.signed | .keys // .delegations.keys // {} | keys[]' "$file"); do
		count=$((count + 1))
		is=$(canonical "(.signed.keys // .signed.delegations.keys)[\"$id\"]" "$file" | sha256sum)
		[ "${is%% *}" = "$id" ] || wrong=$((wrong + 1))
		jq -rj "(.signed.keys // .signed.delegations.keys)[\"$id\"].keyval.public" "$file" >"../$id.pem"
		jq -r "(.signed.keys // .signed.delegations.keys)[\"$id\"].scheme" "$file" >"../$id.scheme"
	done
done
[ $count -gt 8 ] && [ $wrong = 0 ]
ok $? "$count key ids are the hashes of their keys"

wrong=0 count=0
for file in metadata/*.json; do
	canonical .signed "$file" >../signed
	while read -r id sig; do
		count=$((count + 1))
		# shellcheck disable=SC2059
		printf "$(sed 's|..|\\x&|g' <<<"$sig")" >../sig
		case $(cat "../$id.scheme") in
		*p384) set -- -sha384 ;;
		*p256) set -- -sha256 ;;
		*) set -- -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-2 ;;
		esac
		openssl dgst "$@" -verify "../$id.pem" -signature ../sig ../signed >/dev/null 2>&1 ||
			wrong=$((wrong + 1))
	done < <(jq -r '.signatures[] | .keyid + " " + .sig' "$file")
done
[ $count -gt 8 ] && [ $wrong = 0 ]
ok $? "openssl verifies $count signatures"

wrong=0
for file in metadata/*.json; do
	jq -e '.signed | (._type | type == "string") and (.spec_version | test("^1\\.0\\.[0-9]+$")) and
		(.version | . > 0 and . == floor) and (.expires | test("^[0-9-]{10}T[0-9:]{8}Z$"))' \
		"$file" >/dev/null || wrong=$((wrong + 1))
done
ok $wrong 'each file has the members of its head, in their form'

snapshot=$(jq -r '.signed.meta["snapshot.json"].version' metadata/timestamp.json)
wrong=0
while read -r name version length hash; do
	file=metadata/$version.$name
	is=$(sha256sum <"$file")
	[ "$(stat -c %s "$file")" = "$length" ] && [ "${is%% *}" = "$hash" ] || wrong=$((wrong + 1))
done < <(jq -r '.signed.meta | to_entries[] | [.key, .value.version, .value.length, .value.hashes.sha256] | join(" ")' \
	metadata/timestamp.json "metadata/$snapshot.snapshot.json")
ok $wrong 'lengths and hashes are those of the files named'
echo "1..$n"
