// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/release.h"
#include "policy/stamp.h"
#include "policy/token.h"

#define MINUTE	 60
#define WEEK	 (7 * 86400)
#define KEYS_MAX 16

static bool is_key(const json_t *k)
{
	const json_t *value = json_object_get(k, "keyval");

	return json_is_string(json_object_get(k, "keytype")) &&
	       json_is_string(json_object_get(k, "scheme")) &&
	       json_is_string(json_object_get(value, "public"));
}

/* What is in them is for who checks a signature: lazaretd has no use for it. */
static int read_key(struct reader *r, json_t *item, void *into)
{
	struct release_rule *rule = into;
	json_t *other;
	size_t i;

	if (!is_key(item))
		return reader_refuse(r, "is not a key; `lazaret-policy release --public FILE` "
					"writes it");
	json_array_foreach(rule->keys, i, other)
		if (json_equal(other, item))
			return reader_refuse(r, "is there twice");
	return json_array_append(rule->keys, item) < 0 ? -ENOMEM : 0;
}

static int read_keys(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct release_rule *rule = field;

	rule->keys = json_array();
	return rule->keys ? reader_array(r, m, value, read_key, rule) : -ENOMEM;
}

static int read_threshold(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct release_rule *rule = field;
	json_int_t n = json_integer_value(value);

	(void)m;
	if (!json_is_integer(value) || n < 1 || n > (json_int_t)json_array_size(rule->keys) ||
	    n > TOKEN_SIGNS)
		return reader_refuse_value(r, value,
					   "is not from 1 to the number of keys, or to 4");
	rule->threshold = n;
	return 0;
}

static const struct member release_members[] = {
	{ "keys", read_keys, 0, true, 1, KEYS_MAX },
	{ "threshold", read_threshold, 0, false, 0, 0 },
	{ "max", reader_span, offsetof(struct release_rule, max), true, MINUTE, WEEK },
	{ "report", reader_bool, offsetof(struct release_rule, report), false, 0, 0 },
};
static const struct shape release_shape = SHAPE(release_members);

int release_read(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct release_rule *rule = field;

	(void)m;
	rule->threshold = 1;
	rule->report = true;
	return reader_object(r, &release_shape, value, rule);
}

void release_clear(struct release_rule *rule)
{
	json_decref(rule->keys);
	*rule = (struct release_rule){ 0 };
}

static int read_host(struct reader *r, const struct member *m, json_t *value, void *field)
{
	const char *text = json_string_value(value);

	(void)m;
	if (!text || host_read(text, field) < 0)
		return reader_refuse_value(r, value,
					   "is not a host's id, as `lazaret status` shows it");
	return 0;
}

static int read_date(struct reader *r, const struct member *m, json_t *value, void *field)
{
	const char *text = json_string_value(value);

	(void)m;
	if (!text || stamp_parse(text, field) < 0)
		return reader_refuse_value(
			r, value,
			"is not a time in UTC; write for instance \"2030-01-31T12:00:00Z\"");
	return 0;
}

static const struct member exempt_members[] = {
	{ "host", read_host, offsetof(struct exemption, host), true, 0, 0 },
	{ "until", read_date, offsetof(struct exemption, until), true, 0, 0 },
	{ "reason", reader_text, offsetof(struct exemption, reason), true, 0, EXEMPT_REASON },
};
static const struct shape exempt_shape = SHAPE(exempt_members);

static int read_exemption(struct reader *r, json_t *item, void *into)
{
	struct exemptions *e = into;
	int err = reader_object(r, &exempt_shape, item, &e->list[e->n]);

	e->n += err == 0;
	return err;
}

int exempt_read(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct exemptions *e = field;

	e->list = calloc(EXEMPT_MAX, sizeof(*e->list));
	return e->list ? reader_array(r, m, value, read_exemption, e) : -ENOMEM;
}

void exempt_clear(struct exemptions *e)
{
	free(e->list);
	*e = (struct exemptions){ 0 };
}

const struct exemption *exempt_find(const struct exemptions *e, const uint8_t host[HOST_ID])
{
	const struct exemption *found = NULL;

	for (size_t i = 0; i < e->n; i++)
		if (!memcmp(e->list[i].host, host, HOST_ID) &&
		    (!found || e->list[i].until > found->until))
			found = &e->list[i];
	return found;
}
