// SPDX-License-Identifier: GPL-2.0-or-later
/* Several people sign: drafts, who has signed them, and a root whose keys change. */
#include <sys/stat.h>

#include "tests/unit/publisher-lab.h"
#include "tests/unit/test.h"

#define POLICY                                                                               \
	"echo '{\"mode\":\"audit\",\"look_every\":\"5min\",\"requirements\":[{\"id\":\"f\"," \
	"\"check\":\"firewall\",\"grace\":\"0s\"}]}' >policy.json"
#define OPEN "--no-passphrase all"

/* Three people with keys of their own, two of whom must sign, each on another machine. */
static void test_signers(void **state)
{
	struct lab *l = *state;

	expect(l, POLICY "; for i in a b c; do $P keygen --no-passphrase $i.pem; done", 0, "");
	expect(l, "$P init --public targets=a.pub " OPEN " --threshold targets=2 repo", 1,
	       "a threshold of 2 needs as many keys for targets");
	expect(l,
	       "$P init " OPEN " --threshold root=2 --public root=a.pub --public root=b.pub "
	       "--public targets=c.pub --public targets=b.pub --threshold targets=2 repo",
	       3, "draft/root.json waits: version 1 has 0 of 2 signatures; missing: a, b\n");
	expect(l, "$P sign repo policy.json", 3, "missing: a, b\n");
	expect(l, "mv repo/draft/root.json . && $P cosign --key a.pem root.json </dev/null", 1,
	       "not agreed to (--yes agrees)");
	expect(l, "$P cosign --yes --key a.pem root.json", 0, "  role targets: 2 of ");
	expect(l, "$P cosign --yes --key a.pem root.json", 1, "these keys have signed it");
	expect(l, "$P cosign --yes --key c.pem root.json", 0, "signed; ");
	expect(l, "mv root.json repo/draft/ && $P sign repo", 3,
	       "draft/root.json waits: version 1 has 1 of 2 signatures; missing: b\n");
	expect(l, "$P sign --key b.pem repo", 3,
	       "draft/targets.json waits: version 1 has 1 of 2 signatures; missing: c\n");
	/* A stranger's signature went out with the promotion. */
	expect(l, "grep -c keyid\\\" repo/metadata/1.root.json", 0, "2\n");
	expect(l, "$P publish repo web", 3, "not published:\ndraft/targets.json waits");
	expect(l, "ls web", 2, "");
	/* Another policy meanwhile makes it another draft, of the same version, without b's word.
	 */
	expect(l, "$P sign --key c.pem repo policy.json", 3,
	       "version 1 has 1 of 2 signatures; missing: b");
	expect(l, "$P sign --key b.pem repo", 0, "signed as version 1\n");
	expect(l, "$P publish repo web && $P verify web", 0, "policy version 1, mode audit");
	expect(l, "$P sign repo", 0, "signed as version 1\n");
	expect(l, "$P show repo", 0, "targets: version 1, expires ");
	expect(l, "$P show --json repo", 0, "\"waiting\":[]");
}

/* Drafts that are not what they should be go nowhere. */
static void test_bad_drafts(void **state)
{
	struct lab *l = *state;

	expect(l,
	       POLICY "; $P init " OPEN " repo && $P sign repo policy.json && $P publish repo web",
	       0, "");
	expect(l,
	       "mkdir -p repo/draft; cp repo/metadata/1.targets.json repo/draft/targets.json; $P "
	       "sign repo; "
	       "ls repo/draft",
	       0, "signed as version 1\n");
	expect(l,
	       "sed 's/\"version\": 1/\"version\": 7/' repo/metadata/1.targets.json "
	       ">repo/draft/targets.json; $P sign repo",
	       1, "draft of targets: is version 7, and the next is 2");
	expect(l, "$P publish repo web", 1, "not published: a draft has all its signatures");
	expect(l, "echo '{' >repo/draft/targets.json; $P sign repo", 1, "draft/targets.json: ");
	expect(l, "rm repo/draft/*; rm repo/targets/*; $P publish repo web", 1,
	       ".policy.json: the server");
	expect(l,
	       "cp web/targets/* repo/targets/; echo >>repo/metadata/1.snapshot.json; $P publish "
	       "repo web",
	       1, "not published: metadata/1.snapshot.json: ");
	expect(l, "cp web/metadata/* repo/metadata/; $P publish repo web; $P verify web", 0,
	       "valid until ");
	expect(l, "$P add-target --as ../x repo policy.json", 1, "../x: no name for a target");
	expect(l, "$P add-target --role x repo policy.json", 1, "no role x is delegated to here");
	expect(l, "$P remove-target repo x", 1, "targets lists no target x");
	expect(l, "$P delegate --paths x repo team", 2, "usage: lazaret-policy delegate");
	expect(l, "$P delegate --paths x --public repo/keys/root-1.pub repo root", 1,
	       "delegates to the top-level role root");
	expect(l, "$P delegate --revoke repo team", 1, "targets does not delegate to team");
	expect(l, "ls repo/draft", 0, "");
}

/* A team may vouch for its own names only; its lost key is replaced without its help. */
static void test_team(void **state)
{
	struct lab *l = *state;

	expect(l,
	       POLICY "; $P keygen --no-passphrase team.pem; $P keygen --no-passphrase new.pem; "
		      "$P init " OPEN " repo && $P sign repo policy.json",
	       0, "");
	expect(l, "$P delegate --paths 'a/*' --public team.pub repo team && $P publish repo web", 0,
	       "");
	expect(l,
	       "cp -r web team; echo x >x; $P add-target --key team.pem --role team --as b/x team "
	       "x",
	       1, "team may not vouch for b/x");
	expect(l, "$P add-target --key team.pem --role team --as a/x team x", 0,
	       "the draft of team has its signatures");
	expect(l, "cp team/draft/team.json repo/draft/ && $P sign repo", 1, "a/");
	expect(l, "cp -r team/targets/. repo/targets && $P sign repo && $P publish repo web", 0,
	       "");
	expect(l, "test -f web/targets/a/*.x && $P show repo", 0, "  target a/x\n");
	expect(l,
	       "$P delegate --paths 'a/*' --public new.pub repo team && $P publish repo web && "
	       "$P verify web",
	       0, "note: team is not signed by those who may sign it now");
	expect(l, "$P show repo", 0, "NOT signed by those who may sign it now");
	expect(l,
	       "$P add-target --key new.pem --role team --as a/y repo x && $P sign repo && "
	       "$P publish repo web",
	       0, "");
	expect(l, "$P delegate --revoke repo team && $P publish repo web && $P verify web", 0,
	       "valid");
}

/* A rotation that cannot be written leaves no new keys and no new root. */
static void test_rotation_fails(void **state)
{
	struct lab *l = *state;

	expect(l, POLICY "; $P init " OPEN " repo && $P sign repo policy.json && ls repo/* >before",
	       0, "");
	expect(l,
	       "touch repo/draft.x; rmdir repo/draft; mv repo/draft.x repo/draft; "
	       "$P rotate " OPEN " repo root targets",
	       1, "not rotated: draft");
	expect(l, "rm repo/draft; mkdir repo/draft; ls repo/* | diff before -", 0, "");
	expect(l, "$P rotate " OPEN " repo root targets && $P publish repo web && $P verify web", 0,
	       "valid");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_signers),
		ROW(test_bad_drafts),
		ROW(test_team),
		ROW(test_rotation_fails),
	};

	return cmocka_run_group_tests_name("team", tests, NULL, NULL);
}
