// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/io.h"
#include "agent/base/span.h"
#include "agent/posture/clamd.h"
#include "agent/posture/posture.h"

#define CLAMD_PROGRAM "usr/sbin/clamd"
#define ANSWER_MAX    256
#define CLOCKS_DIFFER 86400 /* seconds: another time zone's clamd, a mirror ahead of us */

static void say_silent(const struct host *host, int err, struct finding *f)
{
	bool nobody = err == -ENOENT || err == -ECONNREFUSED;
	bool silent = err == -ETIMEDOUT || err == -ECONNRESET || err == -EPIPE;
	struct stat st;

	f->grade = nobody || silent ? GRADE_FAIL : GRADE_UNKNOWN;
	if (nobody && fstatat(host->root, CLAMD_PROGRAM, &st, 0) < 0 && errno == ENOENT) {
		snprintf(f->what, sizeof(f->what), "clamd is not installed: no /%s", CLAMD_PROGRAM);
		snprintf(f->todo, sizeof(f->todo), "install it: apt-get install clamav-daemon");
	} else if (nobody) {
		snprintf(f->what, sizeof(f->what), "clamd is not running: nobody listens on %s",
			 host->clamd);
		snprintf(f->todo, sizeof(f->todo), "start it: systemctl start clamav-daemon");
	} else if (silent) {
		snprintf(f->what, sizeof(f->what), "clamd does not answer on %s", host->clamd);
		snprintf(f->todo, sizeof(f->todo), "restart it: systemctl restart clamav-daemon");
	} else {
		snprintf(f->what, sizeof(f->what), "cannot ask clamd on %s: %s", host->clamd,
			 strerror(-err));
		snprintf(f->todo, sizeof(f->todo), "see systemctl status clamav-daemon");
	}
}

static void judge_age(const struct requirement *req, const struct host *host,
		      const struct clamd_version *v, struct finding *f)
{
	int64_t age = host->now - v->made;
	char is[SPAN_TEXT], may[SPAN_TEXT];

	if (age < -CLOCKS_DIFFER) {
		snprintf(f->what, sizeof(f->what),
			 "clamd's signatures %u are from the future, so their age is not known",
			 v->version);
		snprintf(f->todo, sizeof(f->todo), "see that this host's clock is right");
		return;
	}
	age = age < 0 ? 0 : age;
	span_text((uint64_t)age, is);
	span_text(req->with.antivirus.signatures_max_age, may);
	if ((uint64_t)age > req->with.antivirus.signatures_max_age) {
		f->grade = GRADE_FAIL;
		snprintf(f->what, sizeof(f->what),
			 "clamd's signatures %u are %s old; the policy allows %s", v->version, is,
			 may);
		snprintf(f->todo, sizeof(f->todo), "see why freshclam brings no newer ones");
		return;
	}
	f->grade = GRADE_PASS;
	snprintf(f->what, sizeof(f->what), "%s answers; its signatures %u are %s old", v->engine,
		 v->version, is);
}

static void judge_version(const struct requirement *req, const struct host *host,
			  const char *answer, struct finding *f)
{
	struct clamd_version v;

	if (clamd_version_parse(answer, &v) < 0) {
		snprintf(f->what, sizeof(f->what), "clamd names its signatures as \"%.80s\"",
			 answer);
		snprintf(f->todo, sizeof(f->todo), "see systemctl status clamav-daemon");
	} else if (!v.version) {
		f->grade = GRADE_FAIL;
		snprintf(f->what, sizeof(f->what), "%s has no daily signatures", v.engine);
		snprintf(f->todo, sizeof(f->todo), "fetch them: freshclam");
	} else {
		judge_age(req, host, &v, f);
	}
}

/* Active is not running: clamd is there only when it answers, and answers soon. */
void look_antivirus(const struct requirement *req, const struct host *host, struct finding *ret)
{
	uint64_t begun = io_boot_ms(), spent;
	struct finding f = { .grade = GRADE_UNKNOWN };
	char answer[ANSWER_MAX];
	int r = clamd_ask(host->clamd, "PING", answer, sizeof(answer), CLAMD_WAIT_MS);

	if (r == 0 && strcmp(answer, "PONG"))
		r = -EPROTO;
	spent = io_boot_ms() - begun;
	if (r == 0)
		r = spent >= CLAMD_WAIT_MS ? -ETIMEDOUT
					   : clamd_ask(host->clamd, "VERSION", answer,
						       sizeof(answer), CLAMD_WAIT_MS - (int)spent);
	if (r < 0)
		say_silent(host, r, &f);
	else
		judge_version(req, host, answer, &f);
	*ret = f;
}
