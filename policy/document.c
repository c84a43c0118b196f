// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "policy/allow.h"
#include "policy/distro.h"
#include "policy/document.h"
#include "policy/json.h"
#include "policy/requirement.h"

#define MINUTE 60
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define YEAR   (365 * DAY)

static const char *const mode_names[] = {
	[MODE_AUDIT] = "audit",
	[MODE_ENFORCE] = "enforce",
};

static int read_mode(struct reader *r, const struct member *m, json_t *value, void *field)
{
	const char *name = json_string_value(value);

	(void)m;
	for (size_t i = 0; name && i < COUNT(mode_names); i++)
		if (!strcmp(mode_names[i], name)) {
			*(enum policy_mode *)field = (enum policy_mode)i;
			return 0;
		}
	return reader_refuse_value(r, value, "is neither \"audit\" nor \"enforce\"");
}

static int read_provider(struct reader *r, json_t *item, void *into)
{
	struct policy *p = into;
	struct provider *new = &p->providers[p->n_providers];
	int err = provider_read(r, item, new);

	for (size_t i = 0; err == 0 && i < p->n_providers; i++)
		if (!strcmp(p->providers[i].name, new->name))
			return reader_refuse(r, "providers[%zu] has the name \"%s\" too", i,
					     new->name);
	p->n_providers++;
	return err;
}

/* Before the requirements, which name them. */
static int read_providers(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct policy *p = field;

	p->providers = calloc(PROVIDERS_MAX, sizeof(*p->providers));
	if (!p->providers)
		return -ENOMEM;
	return reader_array(r, m, value, read_provider, p);
}

static int read_then(struct reader *r, const struct member *m, json_t *value, void *field)
{
	const char *then = json_string_value(value);

	(void)m;
	if (!then || (strcmp(then, "keep") && strcmp(then, "quarantine")))
		return reader_refuse_value(r, value, "is neither \"keep\" nor \"quarantine\"");
	*(bool *)field = !strcmp(then, "quarantine");
	return 0;
}

static const struct member stale_members[] = {
	{ "after", reader_span, offsetof(struct stale, after), true, HOUR, YEAR },
	{ "then", read_then, offsetof(struct stale, quarantine), true, 0, 0 },
};
static const struct shape stale_shape = SHAPE(stale_members);

static int read_stale(struct reader *r, const struct member *m, json_t *value, void *field)
{
	(void)m;
	return reader_object(r, &stale_shape, value, field);
}

static const struct member policy_members[] = {
	{ "mode", read_mode, offsetof(struct policy, mode), true, 0, 0 },
	{ "contact", reader_text, offsetof(struct policy, contact), false, 0, POLICY_TEXT_MAX },
	{ "look_every", reader_span, offsetof(struct policy, look_every), false, 5, DAY },
	{ "providers", read_providers, 0, false, 1, PROVIDERS_MAX },
	{ "requirements", requirements_read, 0, true, 1, POLICY_REQUIREMENTS },
	{ "allow", allow_read, offsetof(struct policy, allow), false, 0, 0 },
	{ "stale", read_stale, offsetof(struct policy, stale), false, 0, 0 },
	{ "release", release_read, offsetof(struct policy, release), false, 0, 0 },
	{ "exempt", exempt_read, offsetof(struct policy, exempt), false, 0, EXEMPT_MAX },
	{ "captive_portal", portal_read, offsetof(struct policy, portal), false, 0, 0 },
};
static const struct shape policy_shape = SHAPE(policy_members);

DEFINE_DROP(policy, policy_free)

static int parse_text(const char *text, size_t len, json_t **ret, struct fault *fault)
{
	if (len > POLICY_FILE_MAX)
		return fault_set(fault, -EINVAL, "longer than %d bytes", POLICY_FILE_MAX);
	return json_read(text, len, ret, fault);
}

/* One host has one distribution, so also one feed. */
static int check_feeds(struct reader *r, const struct policy *p)
{
	const char *first = "";

	for (size_t i = 0; i < p->n_requirements; i++) {
		const struct requirement *q = &p->requirements[i];
		const char *feed = q->check == CHECK_PATCHES ? q->with.patches.feed : "";

		if (*first && *feed && strcmp(first, feed))
			return reader_refuse(r, "requirements[%zu].feed is another than \"%s\"", i,
					     first);
		first = *feed ? feed : first;
	}
	return 0;
}

/* One host restarts for one reason at a time, by one set of windows. */
static int check_reboot(struct reader *r, const struct policy *p)
{
	bool before = false;

	for (size_t i = 0; i < p->n_requirements; i++) {
		const struct requirement *q = &p->requirements[i];
		bool has = q->check == CHECK_PATCHES && q->with.patches.reboot.given;

		if (has && before)
			return reader_refuse(r, "requirements[%zu].reboot: another one has it too",
					     i);
		before |= has;
	}
	return 0;
}

/* What no single member can know. */
static int check_whole(struct reader *r, json_t *root, const struct policy *p)
{
	json_t *allow = json_object_get(root, "allow");
	int err;

	/* Else the host could never fetch the policy that lets it go. */
	if (p->mode == MODE_ENFORCE && !json_array_size(json_object_get(allow, "policy")))
		return reader_refuse(r,
				     "mode \"enforce\" needs allow.policy: the servers from which "
				     "a host in quarantine fetches the next policy");
	err = check_reboot(r, p);
	return err < 0 ? err : check_feeds(r, p);
}

static void inherit_contact(struct policy *p)
{
	for (size_t i = 0; i < p->n_requirements; i++)
		if (!p->requirements[i].contact[0])
			memcpy(p->requirements[i].contact, p->contact, sizeof(p->contact));
}

int policy_parse(const char *text, size_t len, struct policy **ret, struct fault *fault)
{
	_drop_(drop_policy) struct policy *p = calloc(1, sizeof(*p));
	struct reader r = { .text = text, .len = len, .fault = fault, .ctx = p };
	_drop_(drop_json) json_t *root = NULL;
	int err;

	if (!p)
		return -ENOMEM;
	p->allow.dhcp_any = true;
	err = parse_text(text, len, &root, fault);
	if (err == 0)
		err = reader_object(&r, &policy_shape, root, p);
	if (err == 0)
		err = check_whole(&r, root, p);
	if (err < 0)
		return err;
	err = portal_allow_probe(&p->portal, &p->allow);
	if (err == -E2BIG)
		return reader_refuse(&r, "captive_portal: allow leaves no room for its probe");
	if (err < 0)
		return err;
	inherit_contact(p);
	*ret = take(p);
	return 0;
}

struct policy *policy_free(struct policy *p)
{
	if (!p)
		return NULL;
	free(p->requirements);
	free(p->providers);
	allow_free(&p->allow);
	release_clear(&p->release);
	exempt_clear(&p->exempt);
	free(p);
	return NULL;
}

int policy_parse_allow(const char *text, size_t len, struct allow *ret, struct fault *fault)
{
	struct reader r = { .text = text, .len = len, .fault = fault };
	_drop_(drop_json) json_t *root = NULL;
	int err = parse_text(text, len, &root, fault);

	return err ? err : allow_read(&r, NULL, root, ret);
}
