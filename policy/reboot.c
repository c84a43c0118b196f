// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "policy/reader.h"
#include "policy/reboot.h"

static int read_window(struct reader *r, json_t *item, void *into)
{
	const char *text = json_string_value(item);
	struct reboot_rule *rule = into;

	/* The bound is the array's, which reader_array() has checked. */
	if (!text || window_parse(text, &rule->windows[rule->n_windows]) < 0)
		return reader_refuse_value(r, item,
					   "is no window, like \"02:00-04:00\" or \"Mon-Fri,Sun "
					   "22:00-01:30\"");
	rule->n_windows++;
	return 0;
}

static int read_windows(struct reader *r, const struct member *m, json_t *value, void *field)
{
	return reader_array(r, m, value, read_window, field);
}

static int read_users(struct reader *r, const struct member *m, json_t *value, void *field)
{
	const char *text = json_string_value(value);

	(void)m;
	if (!text || (strcmp(text, "wait") && strcmp(text, "ignore")))
		return reader_refuse_value(r, value, "is neither \"wait\" nor \"ignore\"");
	*(bool *)field = !strcmp(text, "ignore");
	return 0;
}

static const struct member members[] = {
	{ "window", read_windows, 0, false, 1, REBOOT_WINDOWS },
	{ "users", read_users, offsetof(struct reboot_rule, despite_users), false, 0, 0 },
	{ "force", reader_bool, offsetof(struct reboot_rule, force), false, 0, 0 },
	{ "notice", reader_span, offsetof(struct reboot_rule, notice), false, 0,
	  REBOOT_NOTICE_MAX },
};
static const struct shape shape = SHAPE(members);

int reboot_read(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct reboot_rule rule = { .given = true, .notice = REBOOT_NOTICE };
	int err = reader_object(r, &shape, value, &rule);

	(void)m;
	if (err == 0 && json_object_get(value, "users") && !rule.n_windows)
		err = reader_refuse(r, "users is of no use without window");
	if (err == 0)
		*(struct reboot_rule *)field = rule;
	return err;
}
