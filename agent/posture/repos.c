// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/ini.h"
#include "agent/base/io.h"
#include "agent/posture/locks.h"
#include "agent/posture/parts.h"
#include "agent/posture/repos.h"

#define FILE_MAX (1024 * 1024)
#define TEXT_MAX 1024 /* of name, version and architecture together */

DEFINE_DROP(repos, repos_free)

static void free_rules(struct rule *rules)
{
	while (rules) {
		struct rule *next = rules->next;

		free(rules);
		rules = next;
	}
}

struct repos *repos_free(struct repos *r)
{
	for (size_t i = 0; r && i < r->n_all; i++) {
		free_rules(r->rows[i].excludes);
		free_rules(r->rows[i].includes);
	}
	if (r) {
		free_rules(r->excludes);
		free_rules(r->includes);
		locks_free(r->locks);
		arena_free(&r->texts);
	}
	free(r);
	return NULL;
}

struct reading {
	struct repos *repos;
	const char *file;
	bool overrides; /* what is said is of repositories that are known already */
	int err;	/* the first doubt */
	struct fault *fault;
};

/* Each word of a list is a rule of its own: "kernel*, *.i686". */
static int add_rules(struct reading *r, struct rule **list, char *value, unsigned line)
{
	char *rest = value, *word;

	while ((word = strsep(&rest, ", \t"))) {
		size_t n = strlen(word);
		struct rule *rule;

		if (!n)
			continue;
		rule = calloc(1, sizeof(*rule) + n + 1);
		if (!rule)
			return -ENOMEM;
		memcpy(rule->text, word, n);
		snprintf(rule->pin.file, sizeof(rule->pin.file), "/%s", r->file);
		rule->pin.line = line;
		rule->next = *list;
		*list = rule;
	}
	return 0;
}

static int set_rules(struct reading *r, const char *key, char *value, unsigned line,
		     struct rule **excludes, struct rule **includes)
{
	if (!strcmp(key, "exclude") || !strcmp(key, "excludepkgs"))
		return add_rules(r, excludes, value, line);
	if (!strcmp(key, "includepkgs"))
		return add_rules(r, includes, value, line);
	return 0;
}

/* What says that files lie elsewhere than where we look. */
static int check_place(struct reading *r, const char *key, const char *value, unsigned line)
{
	static const struct {
		const char *key;
		const char *usual[3];
	} rows[] = {
		{ "cachedir", { "/var/cache/dnf", "/var/cache/libdnf5", "" } },
		{ "system_cachedir", { "/var/cache/libdnf5", "", "" } },
		{ "reposdir", { "/etc/yum.repos.d", "", "" } },
	};
	size_t n = strlen(value);

	while (n && value[n - 1] == '/')
		n--;
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool usual = false;

		if (strcmp(key, rows[i].key))
			continue;
		for (int k = 0; k < 3; k++)
			usual |= strlen(rows[i].usual[k]) == n && n &&
				 !memcmp(rows[i].usual[k], value, n);
		if (!usual && !r->err)
			r->err = fault_set(r->fault, -EXDEV,
					   "/%s:%u: dnf keeps its files elsewhere (%s)", r->file,
					   line, key);
	}
	return 0;
}

static int set_main(struct reading *r, const struct ini_line *l)
{
	check_place(r, l->key, l->value, l->number);
	return set_rules(r, l->key, l->value, l->number, &r->repos->excludes, &r->repos->includes);
}

static int set_repo(struct reading *r, struct repo *repo, const struct ini_line *l, char *value)
{
	const char *key = l->key;

	if (!strcmp(key, "enabled"))
		repo->enabled = ini_is_true(value);
	else if (!strcmp(key, "priority"))
		repo->priority = (int)strtol(value, NULL, 10);
	else if (!strcmp(key, "skip_if_unavailable"))
		repo->optional = ini_is_true(value);
	else if (!strcmp(key, "module_hotfixes"))
		repo->hotfixes = ini_is_true(value);
	return set_rules(r, key, value, l->number, &repo->excludes, &repo->includes);
}

static struct repo *find_repo(struct repos *all, const char *id)
{
	for (size_t i = 0; i < all->n_all; i++)
		if (!strcmp(all->rows[i].id, id))
			return &all->rows[i];
	return NULL;
}

/* The one of a section; NULL with the reason in r->err. */
static struct repo *make_repo(struct reading *r, const char *id)
{
	struct repos *all = r->repos;
	struct repo *repo = find_repo(all, id);

	if (repo)
		return repo;
	if (all->n_all == REPOS_MAX) {
		if (!r->err)
			r->err = fault_set(r->fault, -E2BIG, "more than %d repositories",
					   REPOS_MAX);
		return NULL;
	}
	repo = &all->rows[all->n_all];
	*repo = (struct repo){ .priority = REPO_PRIORITY, .enabled = true };
	repo->id = arena_copy(&all->texts, id, strlen(id));
	if (repo->id)
		all->n_all++;
	return repo->id ? repo : NULL;
}

static int override(struct reading *r, const struct ini_line *l)
{
	int err = 0;

	for (size_t i = 0; i < r->repos->n_all && err == 0; i++) {
		_free_ char *copy = strdup(l->value);

		if (!copy)
			return -ENOMEM;
		if (fnmatch(l->section, r->repos->rows[i].id, 0) == 0)
			err = set_repo(r, &r->repos->rows[i], l, copy);
	}
	return err;
}

static int on_set(void *ctx, const struct ini_line *l, struct fault *fault)
{
	struct reading *r = ctx;
	struct repo *repo;

	(void)fault;
	if (!strcmp(l->section, "main"))
		return set_main(r, l);
	if (!*l->section)
		return 0;
	if (r->overrides)
		return override(r, l);
	repo = make_repo(r, l->section);
	if (!repo)
		return r->err ? 0 : -ENOMEM;
	return set_repo(r, repo, l, l->value);
}

static int read_file(void *ctx, int root, const char *name)
{
	struct reading *r = ctx;
	_free_ char *text = NULL;
	struct fault why = { 0 };
	size_t len;
	int err = io_read(root, name, FILE_MAX, &text, &len);

	if (parts_lack(err))
		return 0;
	r->file = name;
	if (err == 0)
		err = ini_parse(INI_YUM, text, len, on_set, r, &why);
	r->file = NULL;
	if (err < 0 && err != -ENOMEM && !r->err)
		r->err = fault_set(r->fault, err, "/%s: %s", name,
				   *why.why ? why.why : strerror(-err));
	return err == -ENOMEM ? err : 0;
}

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && !strcmp(name + n - m, end);
}

static int is_part(const struct dirent *e)
{
	return *e->d_name != '.' && (ends_in(e->d_name, ".repo") || ends_in(e->d_name, ".conf"));
}

static int read_folder(struct reading *r, int root, const char *folder)
{
	int err = parts_read(root, folder, is_part, read_file, r, r->fault);

	if (err < 0 && err != -ENOMEM && !r->err)
		r->err = err;
	return err == -ENOMEM ? err : 0;
}

static int read_zypp(struct reading *r, int root)
{
	return read_folder(r, root, ZYPP_REPOS);
}

/* In the order in which a later word counts before an earlier one. */
static int read_dnf(struct reading *r, int root)
{
	static const char *const folders[] = { DNF_REPOS, "etc/distro.repos.d",
					       "usr/share/dnf5/repos.d" };
	int err = read_folder(r, root, "etc/dnf/libdnf5.conf.d");

	if (err == 0)
		err = read_file(r, root, DNF_CONF);
	for (size_t i = 0; i < COUNT(folders) && err == 0; i++)
		err = read_folder(r, root, folders[i]);
	r->overrides = true;
	return err < 0 ? err : read_folder(r, root, "etc/dnf/repos.override.d");
}

static int by_priority(const void *a, const void *b)
{
	const struct repo *p = a, *q = b;
	int r = q->enabled - p->enabled;

	if (!r)
		r = (p->priority > q->priority) - (p->priority < q->priority);
	return r ? r : strcmp(p->id, q->id);
}

static void settle(struct repos *all)
{
	if (all->n_all)
		qsort(all->rows, all->n_all, sizeof(*all->rows), by_priority);
	while (all->n < all->n_all && all->rows[all->n].enabled)
		all->n++;
}

int repos_read(int root, struct repos **ret, struct fault *fault)
{
	_drop_(drop_repos) struct repos *all = calloc(1, sizeof(*all));
	struct reading r = { .repos = all, .fault = fault };
	struct stat st;
	int err = all ? 0 : -ENOMEM;

	if (err == 0 && fstatat(root, ZYPP_REPOS, &st, 0) == 0)
		err = read_zypp(&r, root);
	if (err == 0)
		all->zypp = all->n_all > 0;
	if (err == 0 && !all->zypp)
		err = read_dnf(&r, root);
	if (err == 0)
		err = locks_read(root, all);
	if (err < 0)
		return err;
	settle(all);
	*ret = take(all);
	return r.err;
}

/* As dnf compares: with the name, and with it and what else a glob can be about. */
static bool fits(const char *glob, const struct nevra *n)
{
	const struct word evr = n->evr;
	const char *colon = evr.len ? memchr(evr.p, ':', evr.len) : NULL;
	size_t epoch = colon ? (size_t)(colon + 1 - evr.p) : 0;
	int name = (int)n->name.len, arch = (int)n->arch.len, vr = (int)(evr.len - epoch);
	char texts[5][TEXT_MAX];

	snprintf(texts[0], TEXT_MAX, "%.*s", name, n->name.p);
	snprintf(texts[1], TEXT_MAX, "%.*s.%.*s", name, n->name.p, arch, n->arch.p);
	snprintf(texts[2], TEXT_MAX, "%.*s-%.*s", name, n->name.p, vr, evr.p + epoch);
	snprintf(texts[3], TEXT_MAX, "%.*s-%.*s.%.*s", name, n->name.p, vr, evr.p + epoch, arch,
		 n->arch.p);
	snprintf(texts[4], TEXT_MAX, "%.*s-%s%.*s.%.*s", name, n->name.p,
		 epoch ? "" : "0:", (int)evr.len, evr.p, arch, n->arch.p);
	for (int i = 0; i < 5; i++)
		if (fnmatch(glob, texts[i], 0) == 0)
			return true;
	return false;
}

static const struct rule *find_rule(const struct rule *rules, const struct nevra *n)
{
	while (rules && !fits(rules->text, n))
		rules = rules->next;
	return rules;
}

const struct pin *repos_keep_back(const struct repos *r, const struct repo *repo,
				  const struct nevra *offered, struct word installed)
{
	const struct rule *includes = r->includes ? r->includes : repo->includes;
	const struct rule *rule = find_rule(r->excludes, offered);

	if (!rule)
		rule = find_rule(repo->excludes, offered);
	if (rule)
		return &rule->pin;
	if (includes && !find_rule(r->includes, offered) && !find_rule(repo->includes, offered))
		return &includes->pin;
	return locks_find(r->locks, offered, installed);
}
