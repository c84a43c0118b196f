// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "policy/canon.h"
#include "policy/json.h"
#include "policy/publisher/hand.h"
#include "policy/publisher/options.h"
#include "policy/publisher/phrase.h"
#include "policy/publisher/public.h"
#include "policy/publisher/secret.h"

#define KEYS_MAX 128
#define TRIES	 3
#define PEM_END	 ".pem"

struct held {
	char name[HAND_NAME], id[KEY_ID_TEXT];
	char path[PATH_MAX]; /* of the private half; empty when it is elsewhere */
	int dir;	     /* that path is below it */
	bool named;	     /* with --key */
	struct secret *secret;
};

struct hand {
	struct held *keys;
	size_t n;
	struct phrase phrase;
	int dir;
};

/* An unsealed key opens at once; for others the last passphrase is tried before asking. */
static int open_key(struct hand *h, struct held *k, struct fault *fault)
{
	int r = secret_open(k->dir, k->path, NULL, &k->secret, NULL);

	if (r == -ENOKEY && h->phrase.last.data)
		r = secret_open(k->dir, k->path, &h->phrase.last, &k->secret, NULL);
	for (int i = 0; (r == -ENOKEY || r == -EKEYREJECTED) && i < TRIES; i++) {
		int asked;

		if (i && h->phrase.file)
			break;
		asked = phrase_ask(&h->phrase, k->path, fault);
		if (asked < 0)
			return asked;
		r = secret_open(k->dir, k->path, &h->phrase.last, &k->secret, NULL);
	}
	if (r < 0) /* once more, for its reason */
		return secret_open(k->dir, k->path, &h->phrase.last, &k->secret, fault);
	if (*k->id && strcmp(k->id, secret_id(k->secret)))
		return fault_set(fault, -EINVAL, "%s: the .pub beside it is of another key",
				 k->path);
	strcpy(k->id, secret_id(k->secret));
	return 0;
}

static int add(struct hand *h, const struct held *k, struct fault *fault)
{
	if (h->n == KEYS_MAX)
		return fault_set(fault, -E2BIG, "more than %d keys", KEYS_MAX);
	h->keys[h->n++] = *k;
	return 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n > m && !strcmp(text + n - m, end);
}

/* "X" of "dir/X.pem". */
static void name_key(struct held *k, const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	int len = (int)strlen(base) - (strlen(base) > strlen(PEM_END) ? (int)strlen(PEM_END) : 0);

	snprintf(k->name, sizeof(k->name), "%.*s", len, base);
}

static int add_private(struct hand *h, int dir, const char *path, bool named, bool quiet,
		       struct fault *fault)
{
	struct held k = { .dir = dir, .named = named };
	_drop_(drop_json) json_t *public = NULL;
	char pub[PATH_MAX];
	int r = secret_public_name(path, pub, sizeof(pub));

	snprintf(k.path, sizeof(k.path), "%s", path);
	name_key(&k, path);
	if (r == 0)
		r = public_load(dir, pub, &public, k.id, NULL);
	if (r == -ENOENT)
		r = public_load(dir, path, &public, k.id, quiet || named ? NULL : fault);
	if (r == -ENOKEY && quiet)
		return 0;
	if (r == -ENOKEY || (r < 0 && named))
		r = open_key(h, &k, fault);
	if (r < 0)
		return quiet ? 0 : fault_set(fault, r, "%s: %s", path, strerror(-r));
	return add(h, &k, fault);
}

/* Only who a signature is of: the private half is elsewhere. */
static int add_public(struct hand *h, int dir, const char *path, struct fault *fault)
{
	struct held k = { .dir = -1 };
	_drop_(drop_json) json_t *public = NULL;
	int r = public_load(dir, path, &public, k.id, fault);

	name_key(&k, path);
	return r < 0 ? r : add(h, &k, fault);
}

static bool has_private(int dir, const char *pub)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%.*s" PEM_END, (int)(strlen(pub) - strlen(PUBLIC_END)), pub);
	return faccessat(dir, path, F_OK, 0) == 0;
}

static int add_folder(struct hand *h, bool quiet, struct fault *fault)
{
	_dir_ DIR *d = io_open_dir(h->dir, "keys", 0);
	struct dirent *e;
	int r = 0;

	if (!d)
		return errno == ENOENT ? 0 : fault_set(fault, -errno, "keys/: %s", strerror(errno));
	while (r == 0 && (e = readdir(d))) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "keys/%s", e->d_name);
		if (ends_with(path, PEM_END))
			r = add_private(h, h->dir, path, false, quiet, fault);
		else if (ends_with(path, PUBLIC_END) && !has_private(h->dir, path))
			r = add_public(h, h->dir, path, fault);
	}
	return r;
}

int hand_open(int dir, const struct options *o, bool quiet, struct hand **ret, struct fault *fault)
{
	_drop_(drop_hand) struct hand *h = calloc(1, sizeof(*h));
	int r = 0;

	if (!h)
		return -ENOMEM;
	*h = (struct hand){ .dir = dir,
			    .phrase.file = o->phrase_file,
			    .keys = calloc(KEYS_MAX, sizeof(*h->keys)) };
	if (!h->keys)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < o->keys.n; i++)
		r = add_private(h, AT_FDCWD, o->keys.at[i], true, quiet, fault);
	if (r == 0 && dir >= 0)
		r = add_folder(h, quiet, fault);
	if (r == 0)
		*ret = take(h);
	return r;
}

struct hand *hand_close(struct hand *h)
{
	for (size_t i = 0; h && i < h->n; i++)
		secret_free(h->keys[i].secret);
	if (h) {
		phrase_clear(&h->phrase);
		free(h->keys);
		free(h);
	}
	return NULL;
}

int hand_take(struct hand *h, const char *path, struct secret *s, struct fault *fault)
{
	struct held k = { .dir = h->dir };
	int r = 0;

	for (size_t i = 0; i < h->n; i++)
		if (!strcmp(h->keys[i].id, secret_id(s)) && !h->keys[i].secret) {
			h->keys[i].secret = s;
			return 0;
		}
	snprintf(k.path, sizeof(k.path), "%s", path);
	strcpy(k.id, secret_id(s));
	name_key(&k, path);
	r = add(h, &k, fault);
	if (r == 0)
		h->keys[h->n - 1].secret = s;
	return r;
}

void hand_know(struct hand *h, const char *path, const char *id, json_t *public)
{
	struct held k = { .dir = -1 };
	char name[HAND_NAME + 20];
	_free_ char *text = NULL;

	for (size_t i = 0; i < h->n; i++)
		if (!strcmp(h->keys[i].id, id))
			return;
	name_key(&k, path);
	strcpy(k.id, id);
	snprintf(name, sizeof(name), "keys/%s" PUBLIC_END, k.name);
	if (add(h, &k, NULL) == 0 && public_write(public, &text) == 0 &&
	    faccessat(h->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		(void)io_replace(h->dir, name, text, strlen(text), 0644);
}

static bool is_listed(json_t *ids, const char *id)
{
	json_t *item;
	size_t i;

	json_array_foreach(ids, i, item)
		if (json_is_string(item) && !strcmp(json_string_value(item), id))
			return true;
	return false;
}

static bool has_signed(json_t *signatures, const char *id)
{
	json_t *item;
	size_t i;

	json_array_foreach(signatures, i, item) {
		const char *by = json_string_value(json_object_get(item, "keyid"));

		if (by && !strcmp(by, id))
			return true;
	}
	return false;
}

static int sign_with(struct hand *h, struct held *k, const char *data, size_t len,
		     json_t *signatures, struct fault *fault)
{
	_free_ char *sig = NULL;
	int r = k->secret ? 0 : open_key(h, k, fault);

	if (r == 0)
		r = secret_sign(k->secret, data, len, &sig, fault);
	if (r < 0)
		return r;
	return json_array_append_new(signatures,
				     json_pack("{s:s, s:s}", "keyid", k->id, "sig", sig)) < 0
		       ? -ENOMEM
		       : 0;
}

int hand_sign(struct hand *h, json_t *ids, json_t *body, json_t *signatures, size_t *added,
	      struct fault *fault)
{
	_free_ char *data = NULL;
	size_t len, n = 0;
	int r = canon_write(body, &data, &len, fault);

	for (size_t i = 0; r == 0 && i < h->n; i++) {
		struct held *k = &h->keys[i];

		if (!*k->path || has_signed(signatures, k->id) ||
		    !(ids ? is_listed(ids, k->id) : k->named))
			continue;
		r = sign_with(h, k, data, len, signatures, fault);
		n += r == 0;
	}
	*added = n;
	return r;
}

const char *hand_name(const struct hand *h, const char *id, char room[HAND_NAME])
{
	for (size_t i = 0; h && i < h->n; i++)
		if (!strcmp(h->keys[i].id, id))
			return h->keys[i].name;
	snprintf(room, HAND_NAME, "%.12s", id);
	return room;
}

bool hand_has(const struct hand *h, const char *id)
{
	for (size_t i = 0; i < h->n; i++)
		if (!strcmp(h->keys[i].id, id) && *h->keys[i].path)
			return true;
	return false;
}
