// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/posture/firewall.h"
#include "agent/posture/likeness.h"

#define ADVICE_LIKE "undo the change; or, when it is wanted: lazaret firewall --accept"

static const char *day_of(int64_t at, char day[24])
{
	time_t t = at;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(day, 24, "%Y-%m-%d %H:%M UTC", &tm);
	return day;
}

static void tell(const struct like *like, enum grade grade, const char *what, struct finding *f)
{
	if (like_demanded(like))
		finding_tell(f, PROBE_LIKENESS, grade, ADVICE_LIKE, "%s", what);
	else
		finding_note(f, PROBE_LIKENESS, grade, "%s", what);
}

void tell_likeness(const struct requirement *req, const struct host *host, const struct survey *s,
		   struct finding *f)
{
	const struct like *like = &req->with.firewall.like;
	const struct kept_firewall *k = host->firewall;
	char what[200], day[24], differs[110];

	if (!k && like_demanded(like))
		tell(like, GRADE_UNKNOWN, "there is no memory to keep a firewall in", f);
	if (!k)
		return;
	finding_note(f, "fingerprint", GRADE_PASS, "%s", k->now.text);
	if (like_names(like, k->now.digest)) {
		return tell(like, GRADE_PASS, "it is one that the policy names", f);
	}
	if (like->n && !like->last_good) {
		return tell(like, GRADE_FAIL, "it is none of those that the policy names", f);
	}
	if (!k->at) {
		return tell(like, s->without_baseline ? GRADE_PASS : GRADE_FAIL,
			    "none is kept yet; the first one that is good will be", f);
	}
	day_of(k->at, day);
	if (!likeness_differs(&k->now, &k->good, differs, sizeof(differs))) {
		snprintf(what, sizeof(what), "as it was kept on %s", day);
		return tell(like, GRADE_PASS, what, f);
	}
	if (f->unread)
		return tell(like, GRADE_UNKNOWN, "not all of its rules could be read", f);
	snprintf(what, sizeof(what), "not as kept on %s: %s", day, differs);
	tell(like, GRADE_FAIL, what, f);
}
