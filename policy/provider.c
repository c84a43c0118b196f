// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "policy/json.h"
#include "policy/provider.h"
#include "policy/reader.h"
#include "policy/word.h"

#define PROVIDER_FILE_MAX (64 * 1024)

static const char *const part_names[PART_COUNT] = {
	[PART_DAEMON] = "daemon",
	[PART_UPDATER] = "updater",
	[PART_ON_ACCESS] = "on-access",
};
static const char *const tongue_names[] = {
	[TONGUE_CLAMD] = "clamd", [TONGUE_TEXT] = "text", [TONGUE_COMMAND] = "command"
};
static const char *const vintage_names[] = {
	[VINTAGE_CLAMAV] = "clamav", [VINTAGE_MTIME] = "mtime"
};
static const char *const chronicle_names[] = { [CHRONICLE_FRESHCLAM] = "freshclam" };

#define AT(of, member) offsetof(struct of, member)

/* A row of a table of names; the first that are NULL cannot be chosen. */
static int choose(struct reader *r, json_t *value, const char *const *names, size_t n, int *ret)
{
	const char *name = json_string_value(value);
	char reason[120] = "is none of:";
	size_t len = strlen(reason);

	for (size_t i = 0; i < n; i++) {
		if (name && names[i] && !strcmp(names[i], name)) {
			*ret = (int)i;
			return 0;
		}
		if (names[i] && len < sizeof(reason))
			len += (size_t)snprintf(reason + len, sizeof(reason) - len, " %s",
						names[i]);
	}
	return reader_refuse_value(r, value, reason);
}

static int read_part(struct reader *r, const struct member *m, json_t *value, void *field)
{
	int part = 0, err = choose(r, value, part_names, PART_COUNT, &part);

	(void)m;
	*(enum part *)field = (enum part)part;
	return err;
}

static int read_tongue(struct reader *r, const struct member *m, json_t *value, void *field)
{
	int tongue = 0, err = choose(r, value, tongue_names, COUNT(tongue_names), &tongue);

	(void)m;
	*(enum tongue *)field = (enum tongue)tongue;
	return err;
}

static int read_vintage(struct reader *r, const struct member *m, json_t *value, void *field)
{
	int vintage = 0, err = choose(r, value, vintage_names, COUNT(vintage_names), &vintage);

	(void)m;
	*(enum vintage *)field = (enum vintage)vintage;
	return err;
}

static int read_chronicle(struct reader *r, const struct member *m, json_t *value, void *field)
{
	int from = 0, err = choose(r, value, chronicle_names, COUNT(chronicle_names), &from);

	(void)m;
	*(enum chronicle *)field = (enum chronicle)from;
	return err;
}

static int read_health(struct reader *r, const struct member *m, json_t *value, void *field)
{
	const char *names[HEALTH_COUNT];
	int row = 0, err;

	(void)m;
	for (int i = 0; i < HEALTH_COUNT; i++)
		names[i] = health_menu[i].name;
	err = choose(r, value, names, HEALTH_COUNT, &row);
	*(enum health *)field = (enum health)row;
	return err;
}

static int read_number(struct reader *r, const struct member *m, json_t *value, void *field)
{
	json_int_t n = json_integer_value(value);

	(void)m;
	if (!json_is_integer(value) || n < 0)
		return reader_refuse_value(r, value, "is not a whole number from 0 on");
	*(uint64_t *)field = (uint64_t)n;
	return 0;
}

/* Lists of texts: each row is read as the list's kind of text. */
typedef int (*row_read)(struct reader *r, const struct member *m, json_t *value, void *field);

static int read_rows(struct reader *r, json_t *value, size_t least, row_read read,
		     struct texts *into)
{
	const struct member row = { .max = PROVIDER_TEXT_MAX };
	size_t depth = strlen(r->path), i;
	json_t *item;
	int err = 0;

	if (!json_is_array(value))
		return reader_refuse_value(r, value, "is not a list");
	if (json_array_size(value) < least || json_array_size(value) > PROVIDER_ROWS)
		return reader_refuse(r, "%zu items; %zu to %d are read", json_array_size(value),
				     least, PROVIDER_ROWS);
	json_array_foreach(value, i, item) {
		snprintf(r->path + depth, sizeof(r->path) - depth, "[%zu]", i);
		err = read(r, &row, item, into->rows[i]);
		r->path[depth] = '\0';
		if (err < 0)
			return err;
	}
	into->n = i;
	return 0;
}

static int read_packages(struct reader *r, const struct member *m, json_t *value, void *field)
{
	(void)m;
	return read_rows(r, value, 1, word_package, field);
}

static int read_file_names(struct reader *r, const struct member *m, json_t *value, void *field)
{
	(void)m;
	return read_rows(r, value, 0, word_file, field);
}

static int read_paths(struct reader *r, const struct member *m, json_t *value, void *field)
{
	(void)m;
	return read_rows(r, value, 1, word_path, field);
}

static int read_never(struct reader *r, const struct member *m, json_t *value, void *field)
{
	(void)m;
	return read_rows(r, value, 1, reader_text, field);
}

static int read_only(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct provider_setting *s = field;

	(void)m;
	s->has_only = true;
	return read_rows(r, value, 0, reader_text, &s->only);
}

static int read_at_least(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct provider_setting *s = field;

	s->has_at_least = true;
	return read_number(r, m, value, &s->at_least);
}

#define TEXT(of, member, how, needed)                                       \
	{                                                                   \
#member, how, AT(of, member), needed, 0, PROVIDER_TEXT_MAX, \
	}

static const struct member unit_members[] = {
	{ "unit", word_unit, AT(provider_unit, name), true, 0, PROVIDER_TEXT_MAX },
	{ "part", read_part, AT(provider_unit, part), true, 0, 0 },
	TEXT(provider_unit, program, word_path, false),
	{ "drop_ins", read_file_names, AT(provider_unit, drop_ins), false, 0, 0 },
};
static const struct shape unit_shape = SHAPE(unit_members);

static const struct member answer_members[] = {
	{ "speaks", read_tongue, AT(provider_answer, speaks), true, 0, 0 },
	TEXT(provider_answer, socket, word_path, false),
	TEXT(provider_answer, send, reader_text, false),
	TEXT(provider_answer, expect, reader_text, false),
	{ "ask", read_health, AT(provider_answer, ask), false, 0, 0 },
};
static const struct shape answer_shape = SHAPE(answer_members);

static const struct member signatures_members[] = {
	{ "from", read_vintage, AT(provider_signatures, from), true, 0, 0 },
	{ "files", read_paths, AT(provider_signatures, files), true, 0, 0 },
	{ "base", read_paths, AT(provider_signatures, base), false, 0, 0 },
};
static const struct shape signatures_shape = SHAPE(signatures_members);

static const struct member updates_members[] = {
	{ "from", read_chronicle, AT(provider_updates, from), true, 0, 0 },
	TEXT(provider_updates, file, word_path, true),
};
static const struct shape updates_shape = SHAPE(updates_members);

static const struct member setting_members[] = {
	TEXT(provider_setting, file, word_config_path, true),
	TEXT(provider_setting, key, word_package, true),
	{ "of", read_part, AT(provider_setting, of), false, 0, 0 },
	{ "only", read_only, 0, false, 0, 0 },
	{ "never", read_never, AT(provider_setting, never), false, 0, 0 },
	{ "at_least", read_at_least, 0, false, 0, 0 },
};
static const struct shape setting_shape = SHAPE(setting_members);

static const struct member source_members[] = {
	TEXT(provider_source, uri, word_uri, true),
	TEXT(provider_source, suite, word_file, true),
	TEXT(provider_source, component, word_file, true),
	TEXT(provider_source, keyring, word_file, true),
};
static const struct shape source_shape = SHAPE(source_members);

static int read_unit(struct reader *r, json_t *item, void *into)
{
	struct provider *p = into;

	return reader_object(r, &unit_shape, item, &p->units[p->n_units++]);
}

static int read_setting(struct reader *r, json_t *item, void *into)
{
	struct provider *p = into;
	struct provider_setting *s = &p->settings[p->n_settings++];
	int err = reader_object(r, &setting_shape, item, s);

	if (err == 0 && !s->has_only && !s->never.n && !s->has_at_least)
		return reader_refuse(r, "says nothing; give it only, never or at_least");
	return err;
}

static int read_source(struct reader *r, json_t *item, void *into)
{
	struct provider *p = into;

	return reader_object(r, &source_shape, item, &p->sources[p->n_sources++]);
}

static int read_remedy(struct reader *r, json_t *item, void *into)
{
	int remedy = json_is_string(item) ? remedy_find(json_string_value(item)) : -ENOENT;
	struct provider *p = into;

	if (remedy < 0 || remedy_menu[remedy].check != CHECK_ANTIVIRUS)
		return reader_refuse_value(r, item, "is not a remedy of check antivirus");
	if (provider_has(p, (enum remedy)remedy))
		return reader_refuse_value(r, item, "is there twice");
	p->remedies[p->n_remedies++] = (enum remedy)remedy;
	return 0;
}

static int read_units(struct reader *r, const struct member *m, json_t *value, void *field)
{
	return reader_array(r, m, value, read_unit, field);
}

static int read_answer(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct provider_answer *a = field;
	int err = reader_object(r, &answer_shape, value, a);

	(void)m;
	if (err == 0 && (a->speaks == TONGUE_TEXT) != (*a->send && *a->expect))
		return reader_refuse(r, "send and expect belong to \"text\", and to nothing else");
	if (err == 0 && (a->speaks == TONGUE_COMMAND) != (a->ask != HEALTH_NONE))
		return reader_refuse(r, "ask belongs to \"command\", and to nothing else");
	if (err == 0 && (a->speaks == TONGUE_COMMAND) == (*a->socket != '\0'))
		return reader_refuse(r, "socket belongs to \"clamd\" and \"text\", which need it");
	return err;
}

static int read_signatures(struct reader *r, const struct member *m, json_t *value, void *field)
{
	(void)m;
	return reader_object(r, &signatures_shape, value, field);
}

static int read_updates(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct provider_updates *u = field;
	int err = reader_object(r, &updates_shape, value, u);

	(void)m;
	/* Who reads it may read what others may not. */
	if (err == 0 && strncmp(u->file, "/var/log/", strlen("/var/log/")))
		return reader_refuse(r, "file is not below /var/log");
	return err;
}

static int read_settings(struct reader *r, const struct member *m, json_t *value, void *field)
{
	return reader_array(r, m, value, read_setting, field);
}

static int read_sources(struct reader *r, const struct member *m, json_t *value, void *field)
{
	return reader_array(r, m, value, read_source, field);
}

static int read_remedies(struct reader *r, const struct member *m, json_t *value, void *field)
{
	return reader_array(r, m, value, read_remedy, field);
}

static const struct member provider_members[] = {
	{ "name", word_name, AT(provider, name), true, 0, PROVIDER_NAME_MAX },
	TEXT(provider, title, reader_text, true),
	{ "packages", read_packages, AT(provider, packages), false, 0, 0 },
	{ "libraries", read_packages, AT(provider, libraries), false, 0, 0 },
	{ "account", word_name, AT(provider, account), false, 0, PROVIDER_NAME_MAX },
	{ "units", read_units, 0, true, 1, PROVIDER_ROWS },
	{ "answer", read_answer, AT(provider, answer), false, 0, 0 },
	{ "signatures", read_signatures, AT(provider, signatures), false, 0, 0 },
	{ "updates", read_updates, AT(provider, updates), false, 0, 0 },
	{ "settings", read_settings, 0, false, 1, PROVIDER_SETTINGS },
	{ "sources", read_sources, 0, false, 1, PROVIDER_ROWS },
	{ "remedies", read_remedies, 0, true, 0, PROVIDER_REMEDIES },
};
static const struct shape provider_shape = SHAPE(provider_members);

static size_t count_files(const struct provider *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_settings; i++)
		n += provider_file(p, i) != NULL;
	return n;
}

/* What no single member can know. */
static int check_provider(struct reader *r, const struct provider *p)
{
	if (count_files(p) > PROVIDER_ROWS)
		return reader_refuse(r, "settings of %zu files; %d are read", count_files(p),
				     PROVIDER_ROWS);
	if (provider_has(p, REMEDY_ANTIVIRUS_REINSTALL) && !p->packages.n)
		return reader_refuse(r, "antivirus-reinstall needs packages");
	if (provider_has(p, REMEDY_ANTIVIRUS_RESTORE) && !p->n_settings)
		return reader_refuse(r, "antivirus-restore needs settings");
	if (p->n_sources && !provider_has(p, REMEDY_ANTIVIRUS_REINSTALL))
		return reader_refuse(r, "sources are of use to antivirus-reinstall only");
	for (size_t i = 0; i < p->n_units; i++)
		if (p->units[i].part == PART_DAEMON && *p->units[i].program)
			return 0;
	return reader_refuse(r, "no unit is the daemon and has a program");
}

int provider_read(struct reader *r, json_t *value, struct provider *ret)
{
	int err = reader_object(r, &provider_shape, value, ret);

	return err ? err : check_provider(r, ret);
}

int provider_parse(const char *text, size_t len, struct provider *ret, struct fault *fault)
{
	struct reader r = { .text = text, .len = len, .fault = fault };
	_drop_(drop_json) json_t *root = NULL;
	int err;

	if (len > PROVIDER_FILE_MAX)
		return fault_set(fault, -EINVAL, "longer than %d bytes", PROVIDER_FILE_MAX);
	err = json_read(text, len, &root, fault);
	return err ? err : provider_read(&r, root, ret);
}

const char *provider_file(const struct provider *p, size_t row)
{
	const char *file = p->settings[row].file;

	while (row-- > 0)
		if (!strcmp(p->settings[row].file, file))
			return NULL;
	return file;
}

bool provider_has(const struct provider *p, enum remedy remedy)
{
	for (size_t i = 0; i < p->n_remedies; i++)
		if (p->remedies[i] == remedy)
			return true;
	return false;
}
