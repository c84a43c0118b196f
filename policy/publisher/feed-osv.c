// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "policy/json.h"
#include "policy/publisher/cvss.h"
#include "policy/publisher/feed-osv.h"

static bool is_cve(const char *id)
{
	return !strncmp(id, "CVE-", 4);
}

/* "DEBIAN-CVE-2026-1" is CVE-2026-1, as the distribution sees it. */
static const char *own_id(const char *id)
{
	const char *cve = strstr(id, "-CVE-");

	return cve ? cve + 1 : id;
}

static void list_cves(const json_t *names, char *list, size_t *len)
{
	json_t *item;
	size_t i;

	json_array_foreach(names, i, item) {
		const char *id = json_string_value(item);
		size_t n = id ? strlen(id) : 0;

		if (!id || !is_cve(id) || n >= FEED_WORD_MAX || *len + n + 2 > FEED_TEXT_MAX ||
		    id[strspn(id, "CVE-0123456789")])
			continue;
		*len += (size_t)sprintf(list + *len, "%s%s", *len ? " " : "", id);
	}
}

/* The issues of an advisory, which each distribution keeps in another member. */
static int read_also(struct reading *r)
{
	static const char *const members[] = { "aliases", "upstream", "related" };
	char list[FEED_TEXT_MAX] = "";
	size_t len = 0;

	for (size_t i = 0; i < 3 && !len && !is_cve(r->id); i++)
		list_cves(json_object_get(r->root, members[i]), list, &len);
	return rows_put_text(&r->m->rows, list, len, &r->row.also);
}

/* The distribution's own word, else the one that the first vector stands for. */
static enum severity read_scores(const json_t *scores)
{
	enum severity by_vector = SEVERITY_UNKNOWN;
	const json_t *item;
	size_t i;

	json_array_foreach(scores, i, item) {
		const char *score = text_of(item, "score");
		enum severity s = import_severity(score);

		if (s)
			return s;
		if (!by_vector)
			by_vector = cvss_severity(score);
	}
	return by_vector;
}

/* "Important: kernel security update" */
static enum severity read_summary(const char *summary)
{
	char word[16];

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(summary, ":"), summary);
	return strchr(summary, ':') ? import_severity(word) : SEVERITY_UNKNOWN;
}

static enum severity read_severity(const struct reading *r)
{
	const json_t *own = json_object_get(r->affected, "ecosystem_specific");
	const json_t *theirs = json_object_get(r->root, "database_specific");
	const enum severity found[] = {
		import_severity(text_of(own, "urgency")),
		import_severity(text_of(own, "severity")),
		read_scores(json_object_get(r->affected, "severity")),
		import_severity(text_of(theirs, "severity")),
		read_summary(text_of(r->root, "summary")),
		read_scores(json_object_get(r->root, "severity")),
	};

	for (size_t i = 0; i < COUNT(found); i++)
		if (found[i])
			return found[i];
	return SEVERITY_UNKNOWN;
}

static int import_all(struct reading *r)
{
	const json_t *list = json_object_get(r->root, "affected");
	bool concerned = false;
	int err = 0;
	size_t i;

	json_array_foreach(list, i, r->affected) {
		const json_t *package = json_object_get(r->affected, "package");

		if (err < 0 || !world_concerns(r->m, text_of(package, "ecosystem")))
			continue;
		concerned = true;
		r->row.severity = read_severity(r);
		err = ranges_import(r);
	}
	if (!concerned)
		import_leave(r->m, json_array_size(list) ? LEFT_OTHER : LEFT_NOTHING, r->id);
	return err;
}

int import_osv(struct import *m, struct slice text, struct fault *fault)
{
	_drop_(drop_json) json_t *root = NULL;
	struct reading r = { .m = m };
	int64_t modified;
	int err;

	err = json_read(text.p, text.len, &root, fault);
	if (err == 0)
		err = json_need_text(root, "id", &r.id, fault);
	if (err < 0)
		return err;
	m->n_documents++;
	modified = import_date(text_of(root, "modified"));
	if (modified > m->newest)
		m->newest = modified;
	r.root = root;
	r.id = own_id(r.id);
	r.withdrawn = *text_of(root, "withdrawn");
	r.row.published = import_date(text_of(root, "published"));
	r.row.source = (uint32_t)m->n_documents;
	err = *r.id ? import_word(m, r.id, &r.row.id) : -EINVAL;
	if (err == 0)
		err = read_also(&r);
	if (err == -EINVAL)
		return fault_set(fault, err, "\"id\" is too long or malformed");
	return err < 0 ? err : import_all(&r);
}
