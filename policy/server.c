// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/msg.h"
#include "policy/digest.h"
#include "policy/role.h"
#include "policy/server.h"

/* Above the longest Timeout=: lazaret-fetch gives up by its own clock before that. */
#define FETCH_WAIT_MS  (11 * 60 * 1000)
#define TIMESTAMP_PATH "metadata/timestamp.json"
#define ROOT_END       ".root.json"
#define MEMORY_MAX     512

static int ask_fetch(struct server *s, int body, const char *path, const char *etag, size_t max,
		     struct fetch_got *got, struct fault *fault)
{
	struct fetch_get get = { .max = max };
	int r;

	if (strlen(path) >= sizeof(get.path))
		return -ENAMETOOLONG;
	strcpy(get.path, path);
	strcpy(get.etag, etag);
	r = msg_send(s->session, &get, sizeof(get), &body, 1);
	if (r == 0)
		r = msg_recv(s->session, got, sizeof(*got), NULL, NULL, FETCH_WAIT_MS);
	if (r == 0 && (!wire_text_ok(got->why) || !wire_text_ok(got->etag)))
		r = -EPROTO;
	if (r < 0)
		return fault_set(fault, r, "lazaret-fetch gave no answer: %s", strerror(-r));
	s->retry_after = got->retry_after;
	/* Only the server's own word may mean that a file does not exist: it ends the roots. */
	if (got->err)
		return fault_set(fault, got->err < 0 && got->err != -ENOENT ? got->err : -EIO, "%s",
				 *got->why ? got->why : "lazaret-fetch failed without a reason");
	return 0;
}

/* Web servers say 404, object stores often 403 for what is not there. */
static int judge_status(uint32_t status, bool conditional, struct fault *fault)
{
	if (status == 200 || (status == 304 && conditional))
		return 0;
	if (status == 404 || status == 403)
		return -ENOENT;
	return fault_set(fault, -EPROTO, "the server answered with status %u", status);
}

static int ask(struct server *s, const char *path, const char *etag, size_t max,
	       struct fetch_got *got, char **ret, size_t *len, struct fault *fault)
{
	_close_ int body = memfd_create("body", MFD_CLOEXEC);
	_free_ char *text = NULL;
	size_t n;
	int r;

	s->retry_after = 0;
	if (body < 0)
		return fault_set(fault, -errno, "memfd: %s", strerror(errno));
	r = ask_fetch(s, body, path, etag, max, got, fault);
	if (r == 0)
		r = judge_status(got->status, *etag, fault);
	if (r == 0)
		r = io_read_fd(body, max, &text, &n);
	if (r < 0)
		return r;
	if (n != got->len)
		return fault_set(fault, -EPROTO, "lazaret-fetch wrote %zu bytes and said %" PRIu64,
				 n, got->len);
	*len = n;
	*ret = take(text);
	return 0;
}

static int ask_and_note(struct server *s, const char *path, const char *etag, size_t max,
			struct fetch_got *got, char **ret, size_t *len, struct fault *fault)
{
	int r = ask(s, path, etag, max, got, ret, len, fault);

	if (r == 0 || r == -ENOENT || r == -EFBIG)
		s->answered = true;
	else
		s->failed = true;
	return r;
}

static int fetch_timestamp(struct server *s, size_t max, char **ret, size_t *len,
			   struct fault *fault)
{
	const char *etag = s->polite ? s->etag : "";
	struct fetch_got got;
	int r = ask_and_note(s, TIMESTAMP_PATH, etag, max, &got, ret, len, fault);

	if (r < 0)
		return r;
	s->unchanged = got.status == 304;
	if (!s->unchanged) {
		memcpy(s->etag, got.etag, sizeof(s->etag));
		return 0;
	}
	free(*ret);
	return io_read(s->store, TIMESTAMP_PATH, max, ret, len);
}

/* Whatever comes of it, a fault included, is told when the timestamp's turn has come. */
static void look_ahead(struct server *s)
{
	s->ahead.err = fetch_timestamp(s, role_kinds[ROLE_TIMESTAMP].max, &s->ahead.text,
				       &s->ahead.len, &s->ahead.fault);
	s->ahead.done = true;
}

static void forget_ahead(struct server *s)
{
	free(s->ahead.text);
	memset(&s->ahead, 0, sizeof(s->ahead));
}

static int fetch_root(struct server *s, const char *path, size_t max, char **ret, size_t *len,
		      struct fault *fault)
{
	struct fetch_got got;
	int r;

	if (s->polite && !s->ahead.done)
		look_ahead(s);
	if (s->ahead.done && (s->unchanged || s->ahead.err < 0))
		return -ENOENT;
	r = ask_and_note(s, path, "", max, &got, ret, len, fault);
	/* New keys may have signed another timestamp in the meantime. */
	if (r == 0) {
		forget_ahead(s);
		s->polite = false;
	}
	return r;
}

static int take_ahead(struct server *s, char **ret, size_t *len, struct fault *fault)
{
	if (s->ahead.err < 0 && *s->ahead.fault.why)
		return fault_set(fault, s->ahead.err, "%s", s->ahead.fault.why);
	if (s->ahead.err < 0)
		return s->ahead.err;
	*len = s->ahead.len;
	*ret = take(s->ahead.text);
	return 0;
}

static bool is_root(const char *path)
{
	size_t n = strlen(path), end = strlen(ROOT_END);

	return !strncmp(path, "metadata/", 9) && n > end && !strcmp(path + n - end, ROOT_END);
}

int server_fetch(struct server *s, const char *path, size_t max, char **ret, size_t *len,
		 struct fault *fault)
{
	struct fetch_got got;

	if (is_root(path))
		return fetch_root(s, path, max, ret, len, fault);
	if (strcmp(path, TIMESTAMP_PATH))
		return ask_and_note(s, path, "", max, &got, ret, len, fault);
	return s->ahead.done ? take_ahead(s, ret, len, fault)
			     : fetch_timestamp(s, max, ret, len, fault);
}

/* The digest of the store's timestamp: a tag says something of that one alone. */
static int digest_stored(int store, char ret[DIGEST_TEXT])
{
	_free_ char *text = NULL;
	size_t len;
	int r = io_read(store, TIMESTAMP_PATH, role_kinds[ROLE_TIMESTAMP].max, &text, &len);

	return r < 0 ? r : digest_make_text(DIGEST_SHA256, text, len, ret);
}

static bool tag_fits(const char *etag)
{
	for (const char *p = etag; *p; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	return *etag;
}

void server_begin(struct server *s, bool may_be_polite, int64_t now)
{
	char want[DIGEST_TEXT], etag[WIRE_TAG_MAX], digest[DIGEST_TEXT];
	_free_ char *text = NULL;
	int64_t checked;
	size_t len;

	_Static_assert(WIRE_TAG_MAX == 128 && DIGEST_TEXT > 64, "the form below has these widths");
	forget_ahead(s);
	s->etag[0] = '\0';
	s->polite = s->unchanged = s->answered = s->failed = false;
	if (!may_be_polite || io_read(s->store, SERVER_MEMORY, MEMORY_MAX, &text, &len) < 0 ||
	    sscanf(text, "%127s %64s %" SCNd64, etag, digest, &checked) != 3 || !tag_fits(etag) ||
	    digest_stored(s->store, want) < 0 || strcmp(digest, want))
		return;
	if (checked > now || now - checked >= SERVER_CHECK)
		return;
	strcpy(s->etag, etag);
	s->polite = true;
}

static void remember(const struct server *s, int64_t now)
{
	char text[MEMORY_MAX], digest[DIGEST_TEXT];
	int n;

	if (!tag_fits(s->etag) || digest_stored(s->store, digest) < 0) {
		unlinkat(s->store, SERVER_MEMORY, 0);
		return;
	}
	n = snprintf(text, sizeof(text), "%s\n%s\n%" PRId64 "\n", s->etag, digest, now);
	/* What is not remembered costs two requests more. */
	(void)io_replace(s->store, SERVER_MEMORY, text, (size_t)n, 0644);
}

void server_end(struct server *s, bool well, int64_t now)
{
	if (well && !s->unchanged)
		remember(s, now);
	forget_ahead(s);
}
