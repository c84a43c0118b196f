// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/ini.h"
#include "agent/base/io.h"
#include "agent/base/proxy.h"
#include "agent/base/span.h"
#include "agent/base/wire.h"
#include "agent/config.h"
#include "agent/mirrors.h"

#define BLANKS " \t"

DEFINE_DROP(config, config_free)

struct key;
typedef int (*key_set)(struct config *c, const struct key *k, const char *value,
		       struct fault *fault);

static int set_path(struct config *c, const struct key *k, const char *value, struct fault *fault);
static int set_url(struct config *c, const struct key *k, const char *value, struct fault *fault);
static int set_proxy(struct config *c, const struct key *k, const char *value, struct fault *fault);
static int set_span(struct config *c, const struct key *k, const char *value, struct fault *fault);
static int set_risk(struct config *c, const struct key *k, const char *value, struct fault *fault);

#define AT(member) offsetof(struct config, member)

static const struct key {
	const char *section, *name;
	key_set set;
	size_t at;
	const char *preset;
	uint64_t min, max; /* of a span, in seconds */
} keys[] = {
	{ "Policy", "URL", set_url, AT(url), "", 0, 0 },
	{ "Policy", "Proxy", set_proxy, AT(proxy), PROXY_ENVIRONMENT, 0, 0 },
	{ "Policy", "CA", set_path, AT(ca), "/etc/ssl/certs/ca-certificates.crt", 0, 0 },
	{ "Policy", "Certificate", set_path, AT(certificate), "", 0, 0 },
	{ "Policy", "PrivateKey", set_path, AT(private_key), "", 0, 0 },
	{ "Policy", "Refresh", set_span, AT(refresh), "15min", 10, 7 * 86400 },
	{ "Policy", "Timeout", set_span, AT(timeout), "30s", 1, 600 },
	{ "Agent", "StateDirectory", set_path, AT(state_dir), "/var/lib/lazaret", 0, 0 },
	{ "Agent", "RuntimeDirectory", set_path, AT(runtime_dir), "/run/lazaret", 0, 0 },
	{ "Agent", "HelperDirectory", set_path, AT(helper_dir), LIBEXEC_DIR, 0, 0 },
	{ "Agent", "Risk", set_risk, AT(risk), "", 0, 0 },
	{ "Agent", "HostRoot", set_path, AT(host_root), "/", 0, 0 },
	{ "Agent", "ClamdSocket", set_path, AT(clamd_socket), "/run/clamav/clamd.ctl", 0, 0 },
};

#define N_KEYS COUNT(keys)

static int set_text(struct config *c, const struct key *k, const char *value)
{
	char **at = (char **)((char *)c + k->at);
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(*at);
	*at = copy;
	return 0;
}

static int set_path(struct config *c, const struct key *k, const char *value, struct fault *fault)
{
	if (*value && *value != '/')
		return fault_set(fault, -EINVAL, "%s=%s: give an absolute path", k->name, value);
	return set_text(c, k, value);
}

static int set_url(struct config *c, const struct key *k, const char *value, struct fault *fault)
{
	size_t n = 0, len;

	for (const char *p = value + strspn(value, BLANKS); *p;
	     p += len + strspn(p + len, BLANKS)) {
		len = strcspn(p, BLANKS);
		if (len >= WIRE_URL_MAX || strncmp(p, "https://", 8) || p[len - 1] != '/')
			return fault_set(fault, -EINVAL,
					 "%s=%.*s: give a folder, https://host/ with a slash at "
					 "the end",
					 k->name, (int)len, p);
		if (++n > MIRRORS_MAX)
			return fault_set(fault, -EINVAL, "%s=: give %d addresses at most", k->name,
					 MIRRORS_MAX);
	}
	return set_text(c, k, value);
}

/* The value is not repeated: there may be a password in it. */
static int set_proxy(struct config *c, const struct key *k, const char *value, struct fault *fault)
{
	bool word = !strcmp(value, PROXY_NONE) || !strcmp(value, PROXY_ENVIRONMENT);

	if (!word && (strncmp(value, "http://", 7) || strlen(value) >= WIRE_URL_MAX))
		return fault_set(fault, -EINVAL,
				 "%s=: give http://[user:password@]host:port, " PROXY_ENVIRONMENT
				 " or " PROXY_NONE,
				 k->name);
	return set_text(c, k, value);
}

static int set_span(struct config *c, const struct key *k, const char *value, struct fault *fault)
{
	char min[SPAN_TEXT], max[SPAN_TEXT];
	uint64_t seconds;

	if (span_parse(value, &seconds) < 0)
		return fault_set(fault, -EINVAL, "%s=%s: give a span of time such as 15min",
				 k->name, value);
	if (seconds < k->min || seconds > k->max)
		return fault_set(fault, -ERANGE, "%s=%s: give a span from %s to %s", k->name, value,
				 span_text(k->min, min), span_text(k->max, max));
	*(uint64_t *)((char *)c + k->at) = seconds;
	return 0;
}

static int set_risk(struct config *c, const struct key *k, const char *value, struct fault *fault)
{
	if (*value && (strlen(value) != 1 || *value < '1' || *value > '5'))
		return fault_set(fault, -EINVAL, "%s=%s: give 1 to 5, five the most critical",
				 k->name, value);
	c->risk = *value ? (uint64_t)(*value - '0') : 0;
	return 0;
}

static int set(void *ctx, const struct ini_line *l, struct fault *fault)
{
	bool known = false;

	for (size_t i = 0; i < N_KEYS; i++) {
		if (strcmp(keys[i].section, l->section))
			continue;
		known = true;
		if (!strcmp(keys[i].name, l->key))
			return keys[i].set(ctx, &keys[i], *l->value ? l->value : keys[i].preset,
					   fault);
	}
	return known ? fault_set(fault, -EINVAL, "[%s] has no key %s=", l->section, l->key)
		     : fault_set(fault, -EINVAL, "there is no section [%s]", l->section);
}

static int load_file(int dir, const char *name, const char *shown, struct config *c,
		     struct fault *fault)
{
	_free_ char *text = NULL;
	size_t len;
	int r = io_read(dir, name, INI_FILE_MAX, &text, &len);

	if (r < 0)
		return fault_set(fault, r, "%s: cannot read it: %s%s", shown, strerror(-r),
				 r == -EACCES ? "; lazaretd's user must be able to (chmod o+r)"
					      : "");
	r = ini_parse(INI_SYSTEMD, text, len, set, c, fault);
	if (r < 0) {
		if (fault && fault->line)
			fault_prefix(fault, "%s:%u", shown, fault->line);
		else
			fault_prefix(fault, "%s", shown);
	}
	return r;
}

static int is_conf(const struct dirent *e)
{
	const char *dot = strrchr(e->d_name, '.');

	return e->d_name[0] != '.' && dot && !strcmp(dot, ".conf");
}

static int load_drop_ins(const char *file, struct config *c, struct fault *fault)
{
	_free_ char *folder = NULL;
	struct dirent **found;
	int r = 0, n;

	if (asprintf(&folder, "%s.d", file) < 0) {
		folder = NULL;
		return -ENOMEM;
	}
	n = scandir(folder, &found, is_conf, alphasort);
	if (n < 0)
		return errno == ENOENT ? 0 : fault_set(fault, -errno, "%s: %m", folder);
	for (int i = 0; i < n; i++) {
		_free_ char *name = io_path(folder, found[i]->d_name);

		if (!name)
			r = -ENOMEM;
		if (r == 0)
			r = load_file(AT_FDCWD, name, name, c, fault);
		free(found[i]);
	}
	free(found);
	return r;
}

static int set_beside(char **ret, const char *file, const char *name)
{
	const char *slash = strrchr(file, '/');
	char *path;

	if (asprintf(&path, "%.*s%s", slash ? (int)(slash - file + 1) : 0, file, name) < 0)
		return -ENOMEM;
	*ret = path;
	return 0;
}

static int set_presets(struct config *c, const char *file, struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; i < N_KEYS && r == 0; i++)
		r = keys[i].set(c, &keys[i], keys[i].preset, fault);
	if (r == 0)
		r = set_beside(&c->first_root, file, "root.json");
	if (r == 0)
		r = set_beside(&c->enrol, file, "enrol");
	return r;
}

int config_load(const char *file, struct config **ret, struct fault *fault)
{
	_drop_(drop_config) struct config *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	r = set_presets(c, file, fault);
	if (r == 0)
		r = load_file(AT_FDCWD, file, file, c, fault);
	if (r == 0)
		r = load_drop_ins(file, c, fault);
	if (r == 0 && !*c->certificate != !*c->private_key)
		r = fault_set(fault, -EINVAL,
			      "%s: [Policy] Certificate= and PrivateKey= go together", file);
	if (r < 0)
		return r;
	*ret = take(c);
	return 0;
}

struct config *config_free(struct config *c)
{
	if (!c)
		return NULL;
	for (size_t i = 0; i < N_KEYS; i++)
		if (keys[i].set != set_span && keys[i].set != set_risk)
			free(*(char **)((char *)c + keys[i].at));
	free(c->first_root);
	free(c->enrol);
	free(c);
	return NULL;
}
