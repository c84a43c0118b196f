// SPDX-License-Identifier: GPL-2.0-or-later
#include <mbedtls/md.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/wire.h"
#include "agent/fetch/compat.h"
#include "agent/fetch/recall.h"
#include "agent/fetch/url.h"

#define DIGEST_LEN 32
#define FILES_MAX  3
#define HEAD_SIZE  (2 * DIGEST_LEN + 2 * sizeof(uint64_t))
#define ROOM	   (FETCH_MEMORY_SIZE - HEAD_SIZE)

struct kept {
	unsigned char seal[DIGEST_LEN]; /* of all that follows */
	unsigned char identity[DIGEST_LEN];
	uint64_t since;
	uint64_t len;
	unsigned char session[ROOM];
};

_Static_assert(sizeof(struct kept) == FETCH_MEMORY_SIZE, "the memory is filled exactly");

struct identity { /* hashed as it lies: made of zeros first, and without gaps */
	char host[URL_HOST_MAX + 2];
	char port[8];
	struct {
		uint64_t device, inode, size;
		int64_t changed_s, changed_ns, written_s, written_ns;
	} files[FILES_MAX];
};

/* Its secrets do not stay behind in memory that is given back. */
static void kept_free(struct kept *k)
{
	explicit_bzero(k, sizeof(*k));
	free(k);
}

DEFINE_DROP(kept, kept_free)

static int digest(const void *data, size_t len, unsigned char out[DIGEST_LEN])
{
	return mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), data, len, out);
}

/* k->len has been checked. */
static int seal(const struct kept *k, unsigned char out[DIGEST_LEN])
{
	return digest(k->identity, HEAD_SIZE - sizeof(k->seal) + (size_t)k->len, out);
}

void recall_identify(struct recall *r, const char *host, const char *port, const int *files,
		     size_t n_files)
{
	struct identity id = { 0 };

	snprintf(id.host, sizeof(id.host), "%s", host);
	snprintf(id.port, sizeof(id.port), "%s", port);
	for (size_t i = 0; i < n_files && i < FILES_MAX; i++) {
		struct stat st = { 0 };

		fstat(files[i], &st);
		id.files[i].device = st.st_dev;
		id.files[i].inode = st.st_ino;
		id.files[i].size = (uint64_t)st.st_size;
		id.files[i].changed_s = st.st_ctim.tv_sec;
		id.files[i].changed_ns = st.st_ctim.tv_nsec;
		id.files[i].written_s = st.st_mtim.tv_sec;
		id.files[i].written_ns = st.st_mtim.tv_nsec;
	}
	if (digest(&id, sizeof(id), r->identity))
		r->fd = -1; /* what cannot be told apart is not remembered */
}

static bool is_ours(const struct recall *r, const struct kept *k)
{
	unsigned char sum[DIGEST_LEN];
	uint64_t now = io_boot_ms();

	return !memcmp(k->identity, r->identity, sizeof(k->identity)) && k->len && k->len <= ROOM &&
	       k->since <= now && now - k->since < RECALL_MAX_MS && !seal(k, sum) &&
	       !memcmp(sum, k->seal, sizeof(sum));
}

bool recall_holds(const struct recall *r)
{
	_drop_(drop_kept) struct kept *k = r->fd < 0 ? NULL : calloc(1, sizeof(*k));

	return k && pread(r->fd, k, sizeof(*k), 0) == sizeof(*k) && is_ours(r, k);
}

bool recall_load(const struct recall *r, struct mbedtls_ssl_session *to, uint64_t *since)
{
	_drop_(drop_kept) struct kept *k = r->fd < 0 ? NULL : calloc(1, sizeof(*k));

	if (!k || pread(r->fd, k, sizeof(*k), 0) != sizeof(*k) || !is_ours(r, k) ||
	    mbedtls_ssl_session_load(to, k->session, (size_t)k->len))
		return false;
	*since = k->since;
	return true;
}

/* What was written in part, or not, has the wrong seal or an old session: no harm is done. */
static void write_kept(const struct recall *r, const struct kept *k, size_t len)
{
	(void)!pwrite(r->fd, k, len, 0);
}

void recall_keep(const struct recall *r, const struct mbedtls_ssl_session *session, uint64_t since)
{
	_drop_(drop_kept) struct kept *k = r->fd < 0 ? NULL : calloc(1, sizeof(*k));
	size_t len;

	if (!k || mbedtls_ssl_session_save(session, k->session, sizeof(k->session), &len))
		return;
	memcpy(k->identity, r->identity, sizeof(k->identity));
	k->since = since;
	k->len = len;
	if (!seal(k, k->seal))
		write_kept(r, k, HEAD_SIZE + len);
}

void recall_forget(const struct recall *r)
{
	_drop_(drop_kept) struct kept *k = r->fd < 0 ? NULL : calloc(1, sizeof(*k));

	if (k)
		write_kept(r, k, sizeof(*k));
}
