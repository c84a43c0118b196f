// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the lab's scripts ask inside a container:
 *
 *	probe look CHECK		look as lazaretd does; "GRADE: what was seen", 0 on a pass;
 *					"updater": at the antivirus, its updater demanded, too
 *	probe keep POLICY FEED		put both into the store as lazaret-vet does
 *	probe mend REMEDY		ask for a remedy over its socket, as lazaretd does; 0 on ok
 *	probe lock FILE SECONDS		hold a file's lock as dpkg does
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-event.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/clamd.h"
#include "agent/posture/legacy.h"
#include "agent/posture/likeness.h"
#include "agent/posture/posture.h"
#include "agent/remedy/ask.h"
#include "netfilter/nft.h"
#include "netfilter/xtables.h"
#include "policy/feed-store.h"
#include "policy/names.h"
#include "policy/store.h"

#define MEND_LIMIT_MS 120000
#define WEEK	      (7 * 86400)
#define STORE	      "/var/lib/lazaret/store"

DEFINE_DROP(policy, policy_free)

static struct feed *kept_feed(void)
{
	_close_ int store = open(STORE, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_close_ int fd = store < 0 ? -1 : feed_open(store);
	struct feed *f = NULL;

	return fd < 0 || feed_map_kept(fd, &f, NULL) < 0 ? NULL : f;
}

static int look(const char *name)
{
	const bool updater = !strcmp(name, "updater");
	int check = check_find(updater ? "antivirus" : name);
	struct requirement req = { .check = (enum check)check };
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct kept_firewall kept = { 0 };
	struct host host = {
		.root = root, .firewall = &kept, .clamd = CLAMD_SOCKET, .now = io_now()
	};
	struct fault fault = { 0 };
	struct provider clamav = provider_clamav;
	struct finding f = { 0 };
	struct xtables rules = { 0 };
	struct legacy legacy;
	struct nft nft;

	if (check < 0)
		return 2;
	/* The lab's own databases have no signature of ClamAV's. */
	strcpy(clamav.signatures.files.rows[0], "/var/lib/clamav/daily.cud");
	strcpy(clamav.signatures.base.rows[0], "/var/lib/clamav/main.cud");
	if (check == CHECK_ANTIVIRUS)
		req.with = (typeof(req.with)){ .antivirus = { .signatures_max_age = WEEK,
							      .proof_every = 60,
							      .updater = updater,
							      .provider = &clamav } };
	if (check == CHECK_PATCHES) {
		host.feed = kept_feed();
		req.with.patches.index_max_age = WEEK;
		req.with.patches.fails_on = PATCHES_FAIL_ON;
	}
	if (nft_open(&nft, &fault) == 0)
		host.nft = &nft;
	if (legacy_read_own(&legacy) == 0 && legacy_gather(&legacy, &rules, &fault) == 0) {
		legacy.rules = &rules;
		host.legacy = &legacy;
	}
	posture_look(&req, &host, &f);
	xtables_free(&rules);
	if (host.nft)
		nft_close(&nft);
	printf("%s: %s\n", grade_names[f.grade], f.what);
	for (size_t i = 0; i < f.n_items; i++)
		printf("  %s\n", f.items[i]);
	for (size_t i = 0; i < f.n_evidence; i++)
		printf("  %s %s: %s: %s\n", f.evidence[i].demanded ? "-" : "(note)",
		       grade_names[f.evidence[i].grade], f.evidence[i].probe, f.evidence[i].what);
	return f.grade == GRADE_PASS ? 0 : 1;
}

static int keep_both(int store, const char *policy, const char *feed, struct fault *fault)
{
	const struct accepted accepted = { 1, io_now() + WEEK, io_now() };
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_free_ char *text = NULL, *data = NULL;
	_drop_(drop_policy) struct policy *p = NULL;
	char target[POLICY_FEED_MAX], name[NAME_ROOM];
	struct distro distro;
	size_t len, n;
	bool changed;
	int r = io_read(AT_FDCWD, policy, POLICY_FILE_MAX, &text, &len);

	if (r == 0)
		r = io_read(AT_FDCWD, feed, FEED_BYTES_MAX, &data, &n);
	if (r == 0)
		r = policy_parse(text, len, &p, fault);
	if (r == 0)
		r = store_put(store, text, len, &accepted, &changed, fault);
	if (r == 0)
		r = feed_wanted(p, root, &distro, target, fault);
	if (r < 0)
		return r;
	name_of_target(target, name);
	r = store_keep(&store, name, data, n);
	return r < 0 ? r : feed_keep(store, target, &distro, data, n, fault);
}

static int keep(const char *policy, const char *feed)
{
	struct fault fault = { 0 };
	_close_ int store = -1;
	int r = store_open(STORE, &store, &fault);

	if (r == 0)
		r = keep_both(store, policy, feed, &fault);
	if (r < 0)
		printf("failed: %s\n", *fault.why ? fault.why : strerror(-r));
	return r < 0;
}

static void on_line(void *ctx, const char *line)
{
	(void)ctx;
	printf("%s\n", line);
}

static void on_done(void *ctx, int err, const char *why)
{
	if (err)
		printf("failed: %s\n", why);
	sd_event_exit(ctx, err ? 1 : 0);
}

static int mend(const char *name)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), r;
	struct remedy_run *run = NULL;
	sd_event *loop = NULL;

	snprintf(to.sun_path, sizeof(to.sun_path), "/run/lazaret/remedy-%s.sock", name);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		printf("failed: %s: %s\n", to.sun_path, strerror(errno));
		return 1;
	}
	if (remedy_go(fd) < 0 || sd_event_new(&loop) < 0 ||
	    remedy_watch(loop, fd, on_line, on_done, loop, MEND_LIMIT_MS, &run) < 0)
		return 1;
	r = sd_event_loop(loop);
	remedy_run_free(run);
	sd_event_unref(loop);
	return r;
}

static int lock(const char *path, const char *seconds)
{
	_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fd < 0 || fcntl(fd, F_SETLK, &l) < 0)
		return 1;
	printf("locked\n");
	fflush(stdout);
	sleep((unsigned)atoi(seconds));
	return 0;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0); /* scripts read along */
	if (argc == 3 && !strcmp(argv[1], "look"))
		return look(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "mend"))
		return mend(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "keep"))
		return keep(argv[2], argv[3]);
	if (argc == 4 && !strcmp(argv[1], "lock"))
		return lock(argv[2], argv[3]);
	fprintf(stderr,
		"usage: probe look CHECK | keep POLICY FEED | mend REMEDY | lock FILE SECONDS\n");
	return 2;
}
