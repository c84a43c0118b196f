// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "policy/deadlines.h"
#include "policy/reader.h"

#define HOUR 3600ull
#define DAY  (24 * HOUR)
#define YEAR (365 * DAY)

const struct deadlines deadlines_preset = {
	.given = true,
	.unnamed = SEVERITY_MEDIUM,
	.allowed = {
		[SEVERITY_CRITICAL] = { 7 * DAY, 5 * DAY, 3 * DAY, 2 * DAY, DAY },
		[SEVERITY_HIGH] = { 30 * DAY, 14 * DAY, 7 * DAY, 4 * DAY, 2 * DAY },
		[SEVERITY_MEDIUM] = { 60 * DAY, 45 * DAY, 30 * DAY, 14 * DAY, 7 * DAY },
		[SEVERITY_LOW] = { 180 * DAY, 90 * DAY, 60 * DAY, 45 * DAY, 30 * DAY },
	},
};

static int read_severity(struct reader *r, const struct member *m, json_t *value, void *field)
{
	const char *name = json_string_value(value);

	(void)m;
	for (int i = SEVERITY_LOW; name && i < SEVERITIES; i++)
		if (!strcmp(severity_names[i], name)) {
			*(enum severity *)field = (enum severity)i;
			return 0;
		}
	return reader_refuse_value(r, value,
				   "is no severity; there are: low, medium, high, critical");
}

static int read_risk(struct reader *r, const struct member *m, json_t *value, void *field)
{
	json_int_t risk = json_integer_value(value);

	(void)m;
	if (!json_is_integer(value) || risk < 1 || risk > RISKS)
		return reader_refuse_value(r, value, "is no risk; give 1 to 5, five the highest");
	*(unsigned *)field = (unsigned)risk;
	return 0;
}

static int read_count(struct reader *r, const struct member *m, json_t *value, void *field)
{
	const char *text = json_string_value(value);

	(void)m;
	if (!text || (strcmp(text, "always") && strcmp(text, "reachable")))
		return reader_refuse_value(r, value, "is neither \"always\" nor \"reachable\"");
	*(bool *)field = !strcmp(text, "reachable");
	return 0;
}

struct filling {
	const struct member *member;
	uint64_t *next;
};

static int read_one(struct reader *r, json_t *item, void *into)
{
	struct filling *f = into;

	return reader_span(r, f->member, item, f->next++);
}

static int read_row(struct reader *r, const struct member *m, json_t *value, void *field)
{
	const struct member row = { .min = 0, .max = RISKS }, span = { .min = 0, .max = m->max };
	struct filling f = { &span, field };

	if (json_is_array(value) && json_array_size(value) != RISKS)
		return reader_refuse(r, "give %d spans, for the risks 1 to 5", RISKS);
	return reader_array(r, &row, value, read_one, &f);
}

#define ROW(name, severity)                                                         \
	{                                                                           \
		name, read_row, (severity)*RISKS * sizeof(uint64_t), false, 0, YEAR \
	}

static const struct member row_members[] = {
	ROW("critical", SEVERITY_CRITICAL),
	ROW("high", SEVERITY_HIGH),
	ROW("medium", SEVERITY_MEDIUM),
	ROW("low", SEVERITY_LOW),
};
static const struct shape row_shape = SHAPE(row_members);

static int check_risks(struct reader *r, const uint64_t *row, const char *name)
{
	for (unsigned i = 1; i < RISKS; i++)
		if (row[i] > row[i - 1])
			return reader_refuse(r,
					     "%s: a host of risk %u has longer than one of risk %u",
					     name, i + 1, i);
	return 0;
}

/* A policy may give some of the rows; what comes of them and the presets has to make sense. */
static int check_rows(struct reader *r, const struct deadlines *d)
{
	int err = 0;

	for (int s = SEVERITY_LOW; s < SEVERITIES && err == 0; s++) {
		err = check_risks(r, d->allowed[s], severity_names[s]);
		for (unsigned i = 0; err == 0 && s > SEVERITY_LOW && i < RISKS; i++)
			if (d->allowed[s][i] > d->allowed[s - 1][i])
				err = reader_refuse(r, "%s has longer than %s on a host of risk %u",
						    severity_names[s], severity_names[s - 1],
						    i + 1);
	}
	return err;
}

static int read_allowed(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct deadlines *d = field;
	int err = reader_object(r, &row_shape, value, d->allowed);

	(void)m;
	return err < 0 ? err : check_rows(r, d);
}

static const struct member members[] = {
	{ "risk", read_risk, offsetof(struct deadlines, risk), false, 0, 0 },
	{ "unknown", read_severity, offsetof(struct deadlines, unnamed), false, 0, 0 },
	{ "count", read_count, offsetof(struct deadlines, reachable), false, 0, 0 },
	{ "allowed", read_allowed, 0, false, 0, 0 },
};
static const struct shape shape = SHAPE(members);

int deadlines_read(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct deadlines d = deadlines_preset;
	int err = reader_object(r, &shape, value, &d);

	(void)m;
	if (err == 0)
		*(struct deadlines *)field = d;
	return err;
}

unsigned deadlines_risk(const struct deadlines *d, unsigned own)
{
	unsigned risk = own > d->risk ? own : d->risk;

	if (!risk)
		return RISK_DEFAULT;
	return risk < RISKS ? risk : RISKS;
}

enum severity deadlines_severity(const struct deadlines *d, enum severity s)
{
	return s == SEVERITY_UNKNOWN ? d->unnamed : s;
}

uint64_t deadlines_allowed(const struct deadlines *d, enum severity s, unsigned risk)
{
	return d->allowed[deadlines_severity(d, s)][risk - 1];
}
