// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>

#include "agent/posture/posture.h"

/* From good to bad. */
static const int badness[GRADE_COUNT] = {
	[GRADE_PASS] = 0,
	[GRADE_UNKNOWN] = 1,
	[GRADE_FAIL] = 2,
};

/* The row that was the last one is among those that it now stands for. */
static void crowd(struct finding *f, enum grade grade, bool demanded)
{
	struct evidence *e = &f->evidence[EVIDENCE_MAX - 1];

	f->n_crowded += f->n_crowded ? 1 : 2;
	if (demanded && (!e->demanded || badness[grade] > badness[e->grade]))
		e->grade = grade;
	e->demanded |= demanded;
	snprintf(e->probe, sizeof(e->probe), "more");
	snprintf(e->what, sizeof(e->what), "%zu more were looked at, and find no room here",
		 f->n_crowded);
}

static void tell(struct finding *f, const char *probe, enum grade grade, bool demanded,
		 const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));

static void tell(struct finding *f, const char *probe, enum grade grade, bool demanded,
		 const char *fmt, va_list ap)
{
	struct evidence *e = &f->evidence[f->n_evidence];

	if (f->n_evidence == EVIDENCE_MAX) {
		crowd(f, grade, demanded);
		return;
	}
	f->n_evidence++;
	snprintf(e->probe, sizeof(e->probe), "%s", probe);
	vsnprintf(e->what, sizeof(e->what), fmt, ap);
	e->grade = grade;
	e->demanded = demanded;
}

void finding_tell(struct finding *f, const char *probe, enum grade grade, const char *todo,
		  const char *fmt, ...)
{
	va_list ap;

	if (badness[grade] > badness[f->grade]) {
		f->grade = grade;
		va_start(ap, fmt);
		vsnprintf(f->what, sizeof(f->what), fmt, ap);
		va_end(ap);
		snprintf(f->todo, sizeof(f->todo), "%s", todo ? todo : "");
	}
	va_start(ap, fmt);
	tell(f, probe, grade, true, fmt, ap);
	va_end(ap);
}

void finding_note(struct finding *f, const char *probe, enum grade grade, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(f, probe, grade, false, fmt, ap);
	va_end(ap);
}
