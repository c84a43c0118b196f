// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lazaret-vet: the only reader of what comes from the policy server, and without any
 * way to the network itself.  One question on descriptor 0, one answer, end.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/base/msg.h"
#include "agent/base/wire.h"
#include "policy/feed-store.h"
#include "policy/floor.h"
#include "policy/server.h"
#include "policy/store.h"
#include "policy/token.h"
#include "policy/tuf.h"

#define POLICY_TARGET "policy.json"
#define ROOT_FILE_MAX 512000
#define ASK_WAIT_MS   10000

struct vet {
	int store;
	struct server server;
	bool failed; /* the disk did: what comes of it is no refusal */
};

static int fetch(void *ctx, const char *path, size_t max, char **ret, size_t *len,
		 struct fault *fault)
{
	return server_fetch(&((struct vet *)ctx)->server, path, max, ret, len, fault);
}

static int load(void *ctx, const char *name, char **ret, size_t *len)
{
	return store_load(&((struct vet *)ctx)->store, name, ret, len);
}

static int keep(void *ctx, const char *name, const char *data, size_t len)
{
	struct vet *v = ctx;
	int r = store_keep(&v->store, name, data, len);

	v->failed |= r < 0;
	return r;
}

/* The first root comes with the installation; all later ones follow from it. */
static int bootstrap(struct vet *v, const char *root_file, struct fault *fault)
{
	_free_ char *text = NULL;
	struct stat st;
	size_t len;
	int r;

	if (fstatat(v->store, "metadata/root.json", &st, 0) == 0)
		return 0;
	if (!root_file)
		return fault_set(fault, -ENOENT, "no trusted root yet: start with --root FILE");
	r = io_read(AT_FDCWD, root_file, ROOT_FILE_MAX, &text, &len);
	if (r == 0)
		r = store_keep(&v->store, "root.json", text, len);
	return r < 0 ? fault_set(fault, r, "%s: %s", root_file, strerror(-r)) : 0;
}

static int accept_policy(struct vet *v, struct tuf *t, int64_t now, struct vet_said *said,
			 struct fault *fault)
{
	struct accepted accepted = { .version = tuf_targets_version(t), .accepted = now };
	struct policy *policy = NULL;
	_free_ char *text = NULL;
	bool changed = false;
	size_t len;
	int r;

	r = tuf_target(t, POLICY_TARGET, &text, &len, fault);
	if (r < 0)
		return r;
	accepted.expires = tuf_expires(t); /* of the delegated roles on its way, too */
	r = policy_parse(text, len, &policy, fault);
	policy_free(policy);
	if (r < 0) {
		if (fault->line)
			fault_prefix(fault,
				     POLICY_TARGET " version %" PRIu64 ", line %u, column %u",
				     accepted.version, fault->line, fault->col);
		return r;
	}
	r = store_put(v->store, text, len, &accepted, &changed, fault);
	v->failed |= r < 0;
	said->changed = changed;
	return r;
}

/* The policy stands, whatever becomes of its feed; the feed before stays as well. */
static void accept_feed(struct vet *v, struct tuf *t, struct vet_said *said)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char target[POLICY_FEED_MAX];
	struct policy *policy = NULL;
	struct fault fault = { 0 };
	_free_ char *data = NULL;
	struct accepted accepted;
	struct distro distro;
	size_t len;
	int r;

	r = store_read(v->store, &policy, &accepted, &fault);
	if (r == 0)
		r = feed_wanted(policy, root, &distro, target, &fault);
	policy_free(policy);
	if (r == -ENOENT && !*fault.why) {
		feed_drop(v->store);
		return;
	}
	/* The same timestamp names the same feed. */
	if (r == 0 && v->server.unchanged && feed_is_kept(v->store, target))
		return;
	if (r == 0)
		r = tuf_target(t, target, &data, &len, &fault);
	if (r == 0)
		r = feed_keep(v->store, target, &distro, data, len, &fault);
	if (r < 0) {
		fault_set(&fault, r, "%s", strerror(-r));
		memcpy(said->feed_why, fault.why, sizeof(said->feed_why));
	}
}

/* The clock, unless it was later before; also after a refresh, which may move the bound. */
static int tell_time(struct vet *v, int64_t *now, struct fault *fault)
{
	struct accepted accepted = { 0 };
	int r;

	store_read_accepted(v->store, &accepted, NULL);
	r = floor_raise(v->store, io_now(), accepted.expires, now, fault);
	v->failed |= r < 0;
	return r;
}

static int run_tuf(struct vet *v, int64_t now, struct vet_said *said, struct fault *fault)
{
	struct tuf_io io = { v, fetch, load, keep, now };
	struct tuf *t = NULL;
	int r;

	r = tuf_open(&io, &t, fault);
	if (r == 0)
		r = tuf_refresh(t, fault);
	if (r == 0)
		r = accept_policy(v, t, now, said, fault);
	if (r == 0)
		accept_feed(v, t, said);
	tuf_close(t);
	return r;
}

static int run_once(struct vet *v, bool polite, int64_t now, struct vet_said *said,
		    struct fault *fault)
{
	int r;

	server_begin(&v->server, polite, now);
	r = run_tuf(v, now, said, fault);
	/* What is still missing must be asked for again, changed or not. */
	server_end(&v->server, r == 0 && !*said->feed_why, now);
	return r;
}

static int refresh(struct vet *v, struct vet_said *said, struct fault *fault)
{
	struct fault first = { 0 };
	int64_t now;
	int r;

	r = tell_time(v, &now, fault);
	if (r < 0)
		return r;
	r = run_once(v, true, now, said, &first);
	/* "Still the same" does not help with what does not verify: ask for everything. */
	if (r < 0 && v->server.unchanged && !v->server.failed && !v->failed)
		r = run_once(v, false, now, said, fault);
	else if (*first.why)
		fault_set(fault, r, "%s", first.why);
	return r < 0 ? r : tell_time(v, &now, fault);
}

/* What is in force, whatever became of the new one. */
static void tell_current(int store, struct vet_said *said)
{
	struct accepted accepted = { 0 };
	struct policy *policy = NULL;

	if (store_read(store, &policy, &accepted, NULL) == 0) {
		said->version = accepted.version;
		said->expires = accepted.expires;
	}
	policy_free(policy);
}

/* Only what came and was looked at can be refused. */
static bool is_refusal(const struct vet *v, int err)
{
	static const int errs[] = { EBADMSG, ESTALE, EPERM, EINVAL, EFBIG, E2BIG };

	for (size_t i = 0; v->server.answered && !v->server.failed && !v->failed && i < COUNT(errs);
	     i++)
		if (err == -errs[i])
			return true;
	return false;
}

static void answer(const char *store, const char *root_file, int session, struct vet_said *said)
{
	struct vet v = { .store = -1, .server.session = session };
	struct fault fault = { 0 };
	int r;

	r = store_open(store, &v.store, &fault);
	v.server.store = v.store;
	if (r == 0)
		r = bootstrap(&v, root_file, &fault);
	if (r == 0)
		r = refresh(&v, said, &fault);
	if (v.store >= 0)
		tell_current(v.store, said);
	said->err = r;
	if (r < 0) {
		said->retry_after = v.server.retry_after;
		fault_set(&fault, r, "%s", strerror(-r));
		fault_prefix(&fault, is_refusal(&v, r) ? "policy refused" : "policy not refreshed");
		memcpy(said->why, fault.why, sizeof(said->why));
	}
	drop_fd(&v.store);
}

/* By the policy in force, which says who may. */
static int check_token(const char *store, const char *text, struct vet_told *told,
		       struct fault *fault)
{
	_close_ int dir = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct policy *policy = NULL;
	struct accepted accepted;
	struct token t;
	int r = token_read(text, &t, fault);

	_Static_assert(sizeof(told->host) == HOST_ID, "one host id");
	_Static_assert(sizeof(told->reason) == TOKEN_REASON, "one reason");
	_Static_assert(sizeof(told->who) >= TOKEN_WHO, "all who signed");
	if (r == 0)
		r = dir < 0 ? -errno : store_read(dir, &policy, &accepted, fault);
	if (r == 0 && !policy->release.keys)
		r = fault_set(fault, -EPERM, "the policy says of nobody that they may release");
	if (r == 0)
		r = token_check(&t, policy->release.keys, policy->release.threshold, told->who,
				fault);
	policy_free(policy);
	if (r < 0)
		return r;
	memcpy(told->host, t.to.host, HOST_ID);
	memcpy(told->reason, t.reason, sizeof(told->reason));
	told->nonce = t.to.nonce;
	told->seconds = t.seconds;
	return 0;
}

static int serve_token(const char *store)
{
	struct vet_told told = { 0 };
	struct fault fault = { 0 };
	struct vet_token token;
	int r = msg_recv(0, &token, sizeof(token), NULL, NULL, ASK_WAIT_MS);

	if (r == 0 && !wire_text_ok(token.text))
		r = -EPROTO;
	if (r < 0)
		return r;
	told.err = check_token(store, token.text, &told, &fault);
	if (told.err < 0) {
		fault_set(&fault, told.err, "%s", strerror(-told.err));
		memcpy(told.why, fault.why, sizeof(told.why));
	}
	return msg_send(0, &told, sizeof(told), NULL, 0);
}

static int serve(const char *store, const char *root_file)
{
	struct vet_said said = { 0 };
	_close_ int session = -1;
	struct vet_ask ask;
	size_t n = 1;
	int r;

	r = msg_recv(0, &ask, sizeof(ask), &session, &n, ASK_WAIT_MS);
	if (r == 0 && ask.op == VET_RELEASE && n == 0)
		return serve_token(store);
	if (r == 0 && (ask.op != VET_REFRESH || n != 1))
		r = -EPROTO;
	if (r == 0) {
		answer(store, root_file, session, &said);
		r = msg_send(0, &said, sizeof(said), NULL, 0);
	}
	return r;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "store", required_argument, NULL, 's' },
		{ "root", required_argument, NULL, 'r' },
		{ 0 },
	};
	const char *store = NULL, *root_file = NULL;
	int c, r;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c == 's')
			store = optarg;
		else if (c == 'r')
			root_file = optarg;
		else
			return 2;
	}
	if (!store || optind < argc) {
		log_err("usage: lazaret-vet --store DIR [--root FILE], with a socket as input");
		return 2;
	}
	r = serve(store, root_file);
	if (r < 0)
		log_err("no question on the socket at descriptor 0: %s", strerror(-r));
	return r < 0;
}
