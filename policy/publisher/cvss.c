// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "policy/publisher/cvss.h"

/* The base metrics with the values they may have (CVSS 3.1, section 7.4). */
enum { AV, AC, PR, UI, S, C, I, A, METRICS };

static const struct {
	const char *name, *values;
	double weights[4];
} metrics[METRICS] = {
	[AV] = { "AV", "NALP", { 0.85, 0.62, 0.55, 0.2 } },
	[AC] = { "AC", "LH", { 0.77, 0.44 } },
	[PR] = { "PR", "NLH", { 0.85, 0.62, 0.27 } },
	[UI] = { "UI", "NR", { 0.85, 0.62 } },
	[S] = { "S", "UC", { 0, 1 } },
	[C] = { "C", "HLN", { 0.56, 0.22, 0 } },
	[I] = { "I", "HLN", { 0.56, 0.22, 0 } },
	[A] = { "A", "HLN", { 0.56, 0.22, 0 } },
};

/* What a changed scope makes of the privileges that are required. */
static const double changed_pr[] = { 0.85, 0.68, 0.5 };

/* Each base metric once; others, of time and environment, do not matter. */
static bool read_metric(const char *p, size_t len, int chosen[METRICS])
{
	for (int m = 0; m < METRICS; m++) {
		size_t n = strlen(metrics[m].name);
		const char *value;

		if (len != n + 2 || memcmp(p, metrics[m].name, n) || p[n] != ':')
			continue;
		value = strchr(metrics[m].values, p[n + 1]);
		if (!value || !*value || chosen[m] >= 0)
			return false;
		chosen[m] = (int)(value - metrics[m].values);
		return true;
	}
	return true;
}

static bool read_vector(const char *vector, int chosen[METRICS])
{
	const char *p = vector;

	if (strncmp(p, "CVSS:3.0/", 9) && strncmp(p, "CVSS:3.1/", 9))
		return false;
	for (p += 9; *p; p += *p == '/') {
		size_t len = strcspn(p, "/");

		if (!read_metric(p, len, chosen))
			return false;
		p += len;
	}
	for (int m = 0; m < METRICS; m++)
		if (chosen[m] < 0)
			return false;
	return true;
}

static double power(double x, int n)
{
	double y = 1;

	while (n--)
		y *= x;
	return y;
}

/* "Roundup" of appendix A: to tenths, in whole numbers, so that 4.02 does not become 4.1 twice. */
static int round_up(double score)
{
	int64_t n = (int64_t)(score * 100000 + 0.5);

	return (int)(n % 10000 ? n / 10000 + 1 : n / 10000);
}

int cvss_score(const char *vector)
{
	int chosen[METRICS] = { -1, -1, -1, -1, -1, -1, -1, -1 };
	double w[METRICS], isc, impact, exploitability, score;
	bool changed;

	if (!read_vector(vector, chosen))
		return -EINVAL;
	for (int m = 0; m < METRICS; m++)
		w[m] = metrics[m].weights[chosen[m]];
	changed = chosen[S] == 1;
	if (changed)
		w[PR] = changed_pr[chosen[PR]];
	isc = 1 - (1 - w[C]) * (1 - w[I]) * (1 - w[A]);
	impact = changed ? 7.52 * (isc - 0.029) - 3.25 * power(isc - 0.02, 15) : 6.42 * isc;
	exploitability = 8.22 * w[AV] * w[AC] * w[PR] * w[UI];
	if (impact <= 0)
		return 0;
	score = changed ? 1.08 * (impact + exploitability) : impact + exploitability;
	return round_up(score < 10 ? score : 10);
}

enum severity cvss_severity(const char *vector)
{
	static const int from[SEVERITIES] = {
		[SEVERITY_LOW] = 1,
		[SEVERITY_MEDIUM] = 40,
		[SEVERITY_HIGH] = 70,
		[SEVERITY_CRITICAL] = 90,
	};
	int score = cvss_score(vector), s = SEVERITY_CRITICAL;

	while (s > SEVERITY_UNKNOWN && score < from[s])
		s--;
	return (enum severity)s;
}
