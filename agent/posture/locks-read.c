// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/ini.h"
#include "agent/base/io.h"
#include "agent/posture/locks-parts.h"
#include "agent/posture/locks.h"

#define FILE_MAX    (1024 * 1024)
#define PLUGIN	    "etc/dnf/plugins/versionlock.conf"
#define PLUGIN_LIST "/etc/dnf/plugins/versionlock.list"
#define TOML	    "etc/dnf/versionlock.toml"
#define ZYPP_LOCKS  "etc/zypp/locks"

DEFINE_DROP(deb822, deb822_close)
DEFINE_DROP(unpack, unpack_close)

static struct lock *add_lock(struct repos *r, const char *file, unsigned line, bool only)
{
	struct lock *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	snprintf(l->pin.file, sizeof(l->pin.file), "/%.70s", file);
	l->pin.line = line;
	l->only = only;
	l->next = r->locks;
	r->locks = l;
	return l;
}

static const char *keep(struct repos *r, const char *text, size_t len)
{
	return arena_copy(&r->texts, text, len);
}

static int add_condition(struct repos *r, struct lock *l, bool of_arch, const char *op,
			 struct word value)
{
	struct condition *c = &l->conditions[l->n];

	if (l->n == CONDITIONS_MAX)
		return 0;
	c->of_arch = of_arch;
	snprintf(c->op, sizeof(c->op), "%s", op);
	c->value = keep(r, value.p, value.len);
	if (!c->value)
		return -ENOMEM;
	l->n++;
	return 0;
}

/* "bash-0:5.1.8-6.el9.*", and with "!" before it what must not be installed. */
static int add_pattern(struct repos *r, const char *file, unsigned line, const char *text)
{
	bool bar = *text == '!';
	struct nevra n = { 0 };
	struct lock *l;
	int err;

	text += bar;
	/* A name alone locks nothing: all its versions are what is locked. */
	if (!nevra_split((struct word){ text, strlen(text) }, &n) && !bar)
		return 0;
	if (!n.name.len)
		n.name = (struct word){ text, strlen(text) };
	l = add_lock(r, file, line, !bar);
	if (!l)
		return -ENOMEM;
	l->name = keep(r, n.name.p, n.name.len);
	err = l->name ? 0 : -ENOMEM;
	if (err == 0 && n.evr.len)
		err = add_condition(r, l, false, "", n.evr);
	if (err == 0 && n.arch.len)
		err = add_condition(r, l, true, "", n.arch);
	return err;
}

/* Lines, by their number; the text is changed. */
static char *next_line(char **rest, unsigned *number)
{
	char *line = strsep(rest, "\n");

	if (!line)
		return NULL;
	++*number;
	line += strspn(line, " \t");
	line[strcspn(line, "\r")] = '\0';
	for (size_t n = strlen(line); n && (line[n - 1] == ' ' || line[n - 1] == '\t');)
		line[--n] = '\0';
	return line;
}

struct plugin {
	bool enabled;
	char list[256];
};

static int set_plugin(void *ctx, const struct ini_line *l, struct fault *fault)
{
	struct plugin *p = ctx;

	(void)fault;
	if (!strcmp(l->key, "enabled"))
		p->enabled = ini_is_true(l->value);
	if (!strcmp(l->key, "locklist"))
		snprintf(p->list, sizeof(p->list), "%s", l->value);
	return 0;
}

static int read_text(int root, const char *name, char **ret)
{
	size_t len;

	return io_read(root, name, FILE_MAX, ret, &len);
}

/* Of dnf 4, by its plugin. */
static int read_plugin(int root, struct repos *r)
{
	struct plugin p = { .enabled = true, .list = PLUGIN_LIST };
	_free_ char *conf = NULL, *text = NULL;
	char *rest, *line;
	unsigned number = 0;
	size_t len;
	int err = 0;

	if (io_read(root, PLUGIN, FILE_MAX, &conf, &len) < 0)
		return 0;
	ini_parse(INI_YUM, conf, len, set_plugin, &p, NULL);
	if (!p.enabled || *p.list != '/' || read_text(root, p.list + 1, &text) < 0)
		return 0;
	rest = text;
	while (err == 0 && (line = next_line(&rest, &number)))
		if (*line && *line != '#')
			err = add_pattern(r, p.list + 1, number, line);
	return err;
}

/* "key = \"value\"" in place; NULL: another key. */
static char *toml_value(char *line, const char *key)
{
	size_t n = strlen(key);
	char *end;

	if (strncmp(line, key, n))
		return NULL;
	line += n + strspn(line + n, " \t");
	if (*line++ != '=')
		return NULL;
	line += strspn(line, " \t");
	if (*line != '"' && *line != '\'')
		return NULL;
	end = strchr(line + 1, *line);
	if (!end)
		return NULL;
	*end = '\0';
	return line + 1;
}

/* What is being read of one [[packages.conditions]]. */
struct toml {
	struct repos *repos;
	struct lock *lock;
	const char *key, *op;
};

static int read_toml_line(struct toml *t, char *line, unsigned number)
{
	char *value;

	if (!strcmp(line, "[[packages]]")) {
		t->lock = add_lock(t->repos, TOML, number, true);
		t->key = t->op = "";
		return t->lock ? 0 : -ENOMEM;
	}
	if (!t->lock)
		return 0;
	if ((value = toml_value(line, "name"))) {
		t->lock->name = keep(t->repos, value, strlen(value));
		return t->lock->name ? 0 : -ENOMEM;
	}
	if ((value = toml_value(line, "key")))
		t->key = value;
	if ((value = toml_value(line, "comparator")))
		t->op = value;
	value = toml_value(line, "value");
	if (!value || (strcmp(t->key, "evr") && strcmp(t->key, "arch")))
		return 0;
	return add_condition(t->repos, t->lock, !strcmp(t->key, "arch"), t->op,
			     (struct word){ value, strlen(value) });
}

/* Of dnf5. */
static int read_toml(int root, struct repos *r)
{
	struct toml t = { .repos = r, .key = "", .op = "" };
	_free_ char *text = NULL;
	unsigned number = 0;
	char *rest, *line;
	int err = 0;

	if (read_text(root, TOML, &text) < 0)
		return 0;
	rest = text;
	while (err == 0 && (line = next_line(&rest, &number)))
		err = read_toml_line(&t, line, number);
	return err;
}

enum { TYPE, NAME, VERSION, FIELDS };
static const struct word fields[FIELDS] = {
	[TYPE] = WORD("type"),
	[NAME] = WORD("solvable_name"),
	[VERSION] = WORD("version"),
};

/* "version: >= 1.2" */
static int add_version(struct repos *r, struct lock *l, struct word v)
{
	char op[4] = "";
	size_t n = 0;

	while (n < v.len && n < 2 && memchr("<>=!", v.p[n], 4))
		n++;
	memcpy(op, n ? v.p : "=", n ? n : 1);
	while (n < v.len && v.p[n] == ' ')
		n++;
	return add_condition(r, l, false, op, (struct word){ v.p + n, v.len - n });
}

static int add_zypp(struct repos *r, const struct word *v, unsigned line)
{
	struct lock *l;

	if (!v[NAME].len || (v[TYPE].len && !word_is(v[TYPE], "package", 7)))
		return 0;
	l = add_lock(r, ZYPP_LOCKS, line, false);
	if (!l)
		return -ENOMEM;
	l->stays = true;
	l->name = keep(r, v[NAME].p, v[NAME].len);
	if (!l->name)
		return -ENOMEM;
	return v[VERSION].len ? add_version(r, l, v[VERSION]) : 0;
}

static int read_zypp(int root, struct repos *r)
{
	_close_ int fd = openat(root, ZYPP_LOCKS, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	_drop_(drop_unpack) struct unpack *in = NULL;
	_drop_(drop_deb822) struct deb822 *d = NULL;
	struct word v[FIELDS];
	int err;

	if (fd < 0)
		return 0;
	err = unpack_open(fd, "", FILE_MAX, &in, NULL);
	if (err == 0)
		err = deb822_open(in, fields, FIELDS, &d);
	if (err == 0)
		deb822_by_hand(d);
	while (err == 0 && deb822_next(d, v, NULL) > 0)
		err = add_zypp(r, v, deb822_line(d));
	return err;
}

int locks_read(int root, struct repos *r)
{
	int err;

	if (r->zypp)
		return read_zypp(root, r);
	err = read_plugin(root, r);
	return err < 0 ? err : read_toml(root, r);
}
