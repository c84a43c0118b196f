// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/io.h"
#include "agent/base/span.h"
#include "agent/posture/antivirus.h"
#include "agent/posture/remembered.h"
#include "agent/posture/unit.h"

#define ANSWER_MAX    256
#define CLOCKS_DIFFER 86400 /* seconds: another time zone's clamd, a mirror ahead of us */
#define START_MAX     600   /* seconds: on a small board, all of ClamAV's signatures */
#define PROBE	      "answer"

/* The configuration's socket is that of the ClamAV that is built in; a policy's has its own. */
static const char *socket_of(const struct antivirus *a)
{
	return a->provider == &provider_clamav && a->host->clamd ? a->host->clamd
								 : a->provider->answer.socket;
}

/* It protects nobody yet; but to start it anew would only have it begin again. */
static void tell_starting(struct antivirus *a, int64_t age)
{
	char todo[160], is[SPAN_TEXT];

	snprintf(todo, sizeof(todo), "give it time to read its signatures; see systemctl status %s",
		 a->unit);
	antivirus_tell(a, true, PROBE, GRADE_FAIL, todo,
		       "%s was started %s ago and does not answer on %s yet", a->base,
		       span_text((uint64_t)age, is), socket_of(a));
}

/* What is no socket answers nobody, and keeps a socket from being made there. */
static bool tell_no_socket(struct antivirus *a)
{
	const char *at = socket_of(a);
	struct stat st;

	if (fstatat(a->host->root, at + 1, &st, 0) < 0 || S_ISSOCK(st.st_mode))
		return false;
	antivirus_tell(a, true, PROBE, GRADE_FAIL, "remove it, and start its unit anew",
		       "%s is no socket: %s cannot answer there", at, a->base);
	return true;
}

static void tell_silent(struct antivirus *a, int err)
{
	static const char closed[] = "let lazaretd ask: chmod o+x its folder, o+rw its socket; see "
				     "SocketMode= of its unit";
	const bool nobody = err == -ENOENT || err == -ECONNREFUSED;
	const bool mute = err == -ETIMEDOUT || err == -ECONNRESET || err == -EPIPE;
	const bool runs = unit_is_populated(a->host->root, a->unit);
	const int64_t age = a->host->now - unit_begun(a->host->root, a->unit).tv_sec;
	const char *at = socket_of(a);
	char todo[160];

	snprintf(todo, sizeof(todo), "start it: systemctl %s %s",
		 nobody && !runs ? "start" : "restart", a->unit);
	if (tell_no_socket(a))
		return;
	if (nobody && !runs)
		antivirus_tell(a, true, PROBE, GRADE_FAIL, todo,
			       "%s is not running: nobody listens on %s", a->base, at);
	else if ((nobody || mute) && runs && age >= 0 && age < START_MAX)
		tell_starting(a, age);
	else if (nobody || mute)
		antivirus_tell(a, true, PROBE, GRADE_FAIL, todo, "%s does not answer on %s",
			       a->base, at);
	else
		antivirus_tell(a, true, PROBE, GRADE_UNKNOWN, err == -EACCES ? closed : todo,
			       "cannot ask %s on %s: %s", a->base, at, strerror(-err));
}

void antivirus_judge_age(struct antivirus *a, const char *probe, const char *whose,
			 const struct clamd_version *v)
{
	int64_t age = a->host->now - v->made;
	char is[SPAN_TEXT], may[SPAN_TEXT], number[16] = "";

	if (v->version) /* when a file was written tells none */
		snprintf(number, sizeof(number), " %u", v->version);
	if (age < -CLOCKS_DIFFER) {
		antivirus_tell(a, true, probe, GRADE_UNKNOWN, "see that this host's clock is right",
			       "%s signatures%s are from the future, so their age is not known",
			       whose, number);
		return;
	}
	age = age < 0 ? 0 : age;
	span_text((uint64_t)age, is);
	span_text(a->req->with.antivirus.signatures_max_age, may);
	if ((uint64_t)age > a->req->with.antivirus.signatures_max_age) {
		antivirus_tell(a, true, probe, GRADE_FAIL, "see why no newer ones come",
			       "%s signatures%s are %s old; the policy allows %s", whose, number,
			       is, may);
		return;
	}
	antivirus_tell(a, true, probe, GRADE_PASS, NULL, "%s signatures%s are %s old", whose,
		       number, is);
	if (*v->engine)
		snprintf(a->good, sizeof(a->good), "%s answers; its signatures %u are %s old",
			 v->engine, v->version, is);
}

/* The version of the signatures it has loaded, as far as it says; or 0. */
static uint32_t judge_version(struct antivirus *a, const char *answer)
{
	struct clamd_version v = { 0 };

	if (clamd_version_parse(answer, &v) < 0)
		antivirus_tell(a, true, "loaded", GRADE_UNKNOWN, "see systemctl status of its unit",
			       "%s names its signatures as \"%.80s\"", a->base, answer);
	else if (!v.version)
		antivirus_tell(a, true, "loaded", GRADE_FAIL, "fetch them: freshclam",
			       "%s has no daily signatures", v.engine);
	else
		antivirus_judge_age(a, "loaded", "the loaded", &v);
	a->loaded = v.version > 0;
	return v.version;
}

static void tell_proof(struct antivirus *a, long at)
{
	char ago[SPAN_TEXT];

	antivirus_tell(a, true, "proof", GRADE_PASS, NULL, "it found the test file %s ago",
		       span_text((uint64_t)(a->host->now - at), ago));
}

/* Another process, or one with other signatures, has proved nothing yet. */
static bool still_proves(const struct proof *p, const struct proof *now, uint64_t every)
{
	return p->at && p->at <= now->at && (uint64_t)(now->at - p->at) < every &&
	       p->pid == now->pid && p->version == now->version;
}

/* Detecting is what it is for; a proof that failed is tried again at each look. */
static void probe_proof(struct antivirus *a, uint32_t version)
{
	uint64_t every = a->req->with.antivirus.proof_every;
	const char *name = a->provider->name;
	const struct proof was = remembered_proof(a->host->remembered, name);
	struct proof p = { a->host->now, a->pid, version };
	int r;

	if (!every)
		return;
	if (still_proves(&was, &p, every)) {
		tell_proof(a, was.at);
		return;
	}
	r = clamd_prove(socket_of(a), CLAMD_WAIT_MS);
	p.at = r == 0 ? p.at : 0;
	remembered_set_proof(a->host->remembered, name, &p);
	if (r == 0)
		tell_proof(a, a->host->now);
	else if (r == -ENOMSG)
		antivirus_tell(a, true, "proof", GRADE_FAIL, "see its configuration and signatures",
			       "%s took the test file of antivirus for clean", a->base);
	else
		antivirus_tell(a, true, "proof", GRADE_UNKNOWN, "see systemctl status of its unit",
			       "%s did not say what it thinks of the test file: %s", a->base,
			       strerror(-r));
}

/* Active is not running: clamd is there only when it answers, and answers soon. */
static void ask_clamd(struct antivirus *a)
{
	uint64_t begun = io_boot_ms(), spent;
	const char *at = socket_of(a);
	char answer[ANSWER_MAX];
	int r = clamd_ask(at, "PING", answer, sizeof(answer), CLAMD_WAIT_MS);

	if (r == 0 && strcmp(answer, "PONG"))
		r = -EPROTO;
	spent = io_boot_ms() - begun;
	if (r == 0)
		r = spent >= CLAMD_WAIT_MS ? -ETIMEDOUT
					   : clamd_ask(at, "VERSION", answer, sizeof(answer),
						       CLAMD_WAIT_MS - (int)spent);
	if (r < 0) {
		tell_silent(a, r);
		return;
	}
	antivirus_tell(a, true, PROBE, GRADE_PASS, NULL, "%s answers on %s", a->base, at);
	probe_proof(a, judge_version(a, answer));
}

static void ask_text(struct antivirus *a)
{
	const struct provider_answer *how = &a->provider->answer;
	int r = socket_expect(how->socket, how->send, how->expect, CLAMD_WAIT_MS);

	if (r == -EPROTO)
		antivirus_tell(a, true, PROBE, GRADE_FAIL, "see systemctl status of its unit",
			       "%s answers otherwise than \"%s\"", a->base, how->expect);
	else if (r < 0)
		tell_silent(a, r);
	else
		antivirus_tell(a, true, PROBE, GRADE_PASS, NULL, "%s answers \"%s\"", a->base,
			       how->expect);
}

static void put_command(const char *const *argv, char *ret, size_t room)
{
	size_t n = 0;

	for (; *argv && n < room; argv++)
		n += (size_t)snprintf(ret + n, room - n, "%s%s", n ? " " : "", *argv);
}

/* lazaretd has it asked (agent/health.h). */
static void tell_health(struct antivirus *a)
{
	static const char nobody[] = "see systemctl status lazaret-health.socket";
	const struct health_entry *e = &health_menu[a->provider->answer.ask];
	struct health_word w;
	char command[80], todo[160];

	put_command(e->argv, command, sizeof(command));
	snprintf(todo, sizeof(todo), "see what %s says; systemctl restart %.40s", command, a->unit);
	if (!remembered_health(a->host->remembered, a->provider->answer.ask, a->host->now,
			       HEALTH_MAX_AGE, &w))
		antivirus_tell(a, true, PROBE, GRADE_UNKNOWN, nobody, "nobody has asked %s yet",
			       e->argv[0]);
	else if (w.err == -EIO)
		antivirus_tell(a, true, PROBE, GRADE_FAIL, todo, "%s", w.why);
	else if (w.err < 0)
		antivirus_tell(a, true, PROBE, GRADE_UNKNOWN, nobody, "%s", w.why);
	else
		antivirus_tell(a, true, PROBE, GRADE_PASS, NULL, "%s says that it works",
			       e->argv[0]);
}

void probe_answer(struct antivirus *a)
{
	if (a->halted)
		return;
	switch (a->provider->answer.speaks) {
	case TONGUE_CLAMD: ask_clamd(a); return;
	case TONGUE_TEXT: ask_text(a); return;
	case TONGUE_COMMAND: tell_health(a); return;
	case TONGUE_NONE: return;
	}
}
