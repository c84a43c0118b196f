// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/distro.h"
#include "policy/document.h"
#include "policy/json.h"
#include "policy/requirement-check.h"
#include "policy/requirement.h"

#define MINUTE 60
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define YEAR   (365 * DAY)

/* What the path of a feed is made of. */
#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/"

static int read_id(struct reader *r, const struct member *m, json_t *value, void *field)
{
	const char *id = json_string_value(value);

	if (!id || !*id || id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-")])
		return reader_refuse_value(r, value,
					   "is not an id; use small letters, digits and hyphens");
	return reader_text(r, m, value, field);
}

static int read_check(struct reader *r, const struct member *m, json_t *value, void *field)
{
	int check = json_is_string(value) ? check_find(json_string_value(value)) : -ENOENT;
	char reason[120] = "is not a check; there are:";
	size_t n = strlen(reason);

	(void)m;
	if (check >= 0) {
		*(enum check *)field = (enum check)check;
		return 0;
	}
	for (size_t i = 0; i < CHECK_COUNT && n < sizeof(reason); i++)
		n += (size_t)snprintf(reason + n, sizeof(reason) - n, "%s %s", i ? "," : "",
				      check_names[i]);
	return reader_refuse_value(r, value, reason);
}

static int refuse_remedy(struct reader *r, json_t *item, enum check check)
{
	char reason[160];
	size_t n = (size_t)snprintf(reason, sizeof(reason),
				    "is not a remedy of check %s; there are:", check_names[check]);
	const char *comma = "";

	for (size_t i = 0; i < REMEDY_COUNT && n < sizeof(reason); i++) {
		if (remedy_menu[i].check != check)
			continue;
		n += (size_t)snprintf(reason + n, sizeof(reason) - n, "%s %s", comma,
				      remedy_menu[i].name);
		comma = ",";
	}
	return reader_refuse_value(r, item, reason);
}

static int read_remedy(struct reader *r, json_t *item, void *into)
{
	int remedy = json_is_string(item) ? remedy_find(json_string_value(item)) : -ENOENT;
	struct requirement *q = into;

	if (remedy < 0 || remedy_menu[remedy].check != q->check)
		return refuse_remedy(r, item, q->check);
	for (size_t i = 0; i < q->n_remedies; i++)
		if (q->remedies[i] == (enum remedy)remedy)
			return reader_refuse_value(r, item, "is there twice");
	q->remedies[q->n_remedies++] = (enum remedy)remedy;
	return 0;
}

static int read_remedies(struct reader *r, const struct member *m, json_t *value, void *field)
{
	return reader_array(r, m, value, read_remedy, field);
}

static int read_tug(struct reader *r, const struct member *m, json_t *value, void *field)
{
	const char *text = json_string_value(value);
	enum tug *tug = field;

	(void)m;
	if (!text || (strcmp(text, "tell") && strcmp(text, "quarantine")))
		return reader_refuse_value(r, value, "is neither \"tell\" nor \"quarantine\"");
	*tug = strcmp(text, "tell") ? TUG_QUARANTINE : TUG_TELL;
	return 0;
}

static int read_updates(struct reader *r, const struct member *m, json_t *value, void *field)
{
	const char *text = json_string_value(value);
	bool *all = field;

	(void)m;
	if (!text || (strcmp(text, "security") && strcmp(text, "all")))
		return reader_refuse_value(r, value, "is neither \"security\" nor \"all\"");
	*all = !strcmp(text, "all");
	return 0;
}

static int read_patch_state(struct reader *r, json_t *item, void *into)
{
	int state = json_is_string(item) ? patch_state_find(json_string_value(item)) : -ENOENT;
	unsigned *bits = into;

	if (state < 0)
		return reader_refuse_value(r, item,
					   "is no state of a patch; there are: fix-available, "
					   "restart-needed, held, not-offered, no-fix");
	if (*bits & 1u << state)
		return reader_refuse_value(r, item, "is there twice");
	*bits |= 1u << state;
	return 0;
}

static int read_fails_on(struct reader *r, const struct member *m, json_t *value, void *field)
{
	unsigned *bits = field;

	*bits = 0;
	return reader_array(r, m, value, read_patch_state, field);
}

static int read_unit(struct reader *r, json_t *item, void *into)
{
	const char *name = json_string_value(item);
	struct requirement *q = into;

	if (!name || !unit_name_is_service(name))
		return reader_refuse_value(r, item,
					   "is no service by its whole name, like "
					   "\"nginx.service\"");
	for (size_t i = 0; i < q->with.patches.n_restart; i++)
		if (!strcmp(q->with.patches.restart[i], name))
			return reader_refuse_value(r, item, "is there twice");
	strcpy(q->with.patches.restart[q->with.patches.n_restart++], name);
	return 0;
}

static int read_restart(struct reader *r, const struct member *m, json_t *value, void *field)
{
	return reader_array(r, m, value, read_unit, field);
}

/* A target's path in which this host's distribution is filled in (distro.h). */
static int read_feed(struct reader *r, const struct member *m, json_t *value, void *field)
{
	static const struct distro longest = { "opensuse-tumbleweed", "20260131" };
	const char *feed = json_string_value(value);
	char target[POLICY_FEED_MAX];

	if (!feed || distro_fill(feed, &longest, target, sizeof(target)) < 0 || *target == '/' ||
	    feed[strspn(feed, PLAIN "{}")])
		return reader_refuse_value(r, value,
					   "is not a feed's target, like "
					   "\"advisories/{id}-{version}.feed\"");
	return reader_text(r, m, value, field);
}

/* The policy's own go before the one that is built in; NULL. */
static const struct provider *find_provider(const struct policy *p, const char *name)
{
	for (size_t i = 0; name && i < p->n_providers; i++)
		if (!strcmp(p->providers[i].name, name))
			return &p->providers[i];
	return name && !strcmp(name, provider_clamav.name) ? &provider_clamav : NULL;
}

static int read_provider_name(struct reader *r, const struct member *m, json_t *value, void *field)
{
	const struct provider *found = find_provider(r->ctx, json_string_value(value));

	(void)m;
	if (found) {
		*(const struct provider **)field = found;
		return 0;
	}
	return reader_refuse_value(r, value, "is neither \"clamav\" nor among the providers");
}

/* `check` comes before `remedies`, which are judged by it. */
#define REQUIREMENT_MEMBERS                                                                   \
	{ "id", read_id, offsetof(struct requirement, id), true, 1, POLICY_ID_MAX },          \
		{ "check", read_check, offsetof(struct requirement, check), true, 0, 0 },     \
		{ "grace", reader_span, offsetof(struct requirement, grace), true, 0, YEAR }, \
		{ "remedies", read_remedies, 0, false, 0, REQUIREMENT_REMEDIES },             \
		{ "remedy_limit", reader_span, offsetof(struct requirement, remedy_limit),    \
		  false,	  MINUTE,      REMEDY_LIMIT_MAX },                            \
		{ "tug", read_tug, offsetof(struct requirement, tug), false, 0, 0 },          \
	{                                                                                     \
		"contact", reader_text, offsetof(struct requirement, contact), false, 0,      \
			POLICY_TEXT_MAX                                                       \
	}

static const struct member patches_members[] = {
	REQUIREMENT_MEMBERS,
	{ "feed", read_feed, offsetof(struct requirement, with.patches.feed), false, 1,
	  POLICY_FEED_MAX },
	{ "index_max_age", reader_span, offsetof(struct requirement, with.patches.index_max_age),
	  false, MINUTE, YEAR },
	{ "updates", read_updates, offsetof(struct requirement, with.patches.all_updates), false, 0,
	  0 },
	{ "fails_on", read_fails_on, offsetof(struct requirement, with.patches.fails_on), false, 1,
	  PATCH_STATES },
	{ "deadlines", deadlines_read, offsetof(struct requirement, with.patches.deadlines), false,
	  0, 0 },
	{ "restart", read_restart, 0, false, 1, RESTART_UNITS },
	{ "reboot", reboot_read, offsetof(struct requirement, with.patches.reboot), false, 0, 0 },
};
static const struct member antivirus_members[] = {
	REQUIREMENT_MEMBERS,
	{ "signatures_max_age", reader_span,
	  offsetof(struct requirement, with.antivirus.signatures_max_age), false, MINUTE, YEAR },
	{ "provider", read_provider_name, offsetof(struct requirement, with.antivirus.provider),
	  false, 0, 0 },
	{ "proof_every", reader_span, offsetof(struct requirement, with.antivirus.proof_every),
	  false, MINUTE, YEAR },
	{ "updater", reader_bool, offsetof(struct requirement, with.antivirus.updater), false, 0,
	  0 },
	{ "updater_max_age", reader_span,
	  offsetof(struct requirement, with.antivirus.updater_max_age), false, MINUTE, YEAR },
	{ "on_access", reader_bool, offsetof(struct requirement, with.antivirus.on_access), false,
	  0, 0 },
};
static const struct member firewall_members[] = {
	REQUIREMENT_MEMBERS,
	{ "exposed", exposed_read, offsetof(struct requirement, with.firewall.exposed), false, 0,
	  EXPOSED_MAX },
	{ "baseline", reader_bool, offsetof(struct requirement, with.firewall.baseline), false, 0,
	  0 },
	{ "like", like_read, offsetof(struct requirement, with.firewall.like), false, 1, LIKE_MAX },
};

/* What a requirement may say depends on its check; also what it is when it says nothing. */
static const struct {
	struct shape shape;
	struct requirement absent;
} kinds[CHECK_COUNT] = {
	[CHECK_PATCHES] = { SHAPE(patches_members),
			    { .with.patches = { .index_max_age = 7 * DAY,
						.fails_on = PATCHES_FAIL_ON } } },
	[CHECK_ANTIVIRUS] = { SHAPE(antivirus_members),
			      { .with.antivirus = { .signatures_max_age = 7 * DAY } } },
	[CHECK_FIREWALL] = { SHAPE(firewall_members), { .grace = 0 } },
};

static int read_requirement(struct reader *r, json_t *item, void *into)
{
	const char *name = json_string_value(json_object_get(item, "check"));
	int check = name ? check_find(name) : -ENOENT;
	struct policy *p = into;
	struct requirement *q = &p->requirements[p->n_requirements];
	int err;

	/* A check that is none is refused by its own row, whichever table that stands in. */
	check = check < 0 ? CHECK_FIREWALL : check;
	*q = kinds[check].absent;
	if (check == CHECK_ANTIVIRUS)
		q->with.antivirus.provider = find_provider(p, provider_clamav.name);
	err = reader_object(r, &kinds[check].shape, item, q);
	err = err < 0 ? err : requirement_check(r, q);
	if (err < 0)
		return err;
	for (size_t i = 0; i < p->n_requirements; i++)
		if (!strcmp(p->requirements[i].id, q->id))
			return reader_refuse(r, "requirements[%zu] has the id \"%s\" too", i,
					     q->id);
	p->n_requirements++;
	return 0;
}

int requirements_read(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct policy *p = field;

	p->requirements = calloc(POLICY_REQUIREMENTS, sizeof(*p->requirements));
	if (!p->requirements)
		return -ENOMEM;
	return reader_array(r, m, value, read_requirement, p);
}
