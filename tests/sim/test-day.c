// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A day of a host, in as many seconds as it takes: networks, suspend, a service and a firewall that
 * come and go, policies, releases, clocks that are set, restarts.  At each rest what status
 * says is compared with what is so, verdicts with what was done to the host, deadlines with how
 * long something has been wrong; what was decided is on disk before it takes effect; and nothing
 * grows: a leak that is planted would be found.
 *
 * DAY_HOURS=24 takes a whole one, DAY_SEED another one.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/enforce.h"
#include "agent/ledger.h"
#include "tests/sim/clocks.h"
#include "tests/sim/day.h"
#include "tests/sim/live.h"
#include "tests/unit/test.h"
#include "tests/unit/vet-lab.h"

#define HOUR  (3600 * HOST_SECOND)
#define PAUSE 600		  /* seconds between two events, at most */
#define SLACK (2 * HOST_SECOND)	  /* clocks of seconds, and timers that may be a bit late */
#define DWELL (500 * HOST_SECOND) /* a host that is well again is kept in no longer */
/* The list of the policy before is kept until the next one has proved itself. */
#define GROWTH_PIECES 16
#define GROWTH_BYTES  (16 * 1024)
#define LEDGER_BYTES  (256 * 1024 + 64 * 1024)
#define LOOKS_AN_HOUR 2000 /* a day without rest is none */
#define RULES_WAITS   3	   /* of a second at most */

static bool owed; /* a state was noted, and is not on disk yet */

void __real_ledger_add(struct ledger *l, const struct entry *e);
void __wrap_ledger_add(struct ledger *l, const struct entry *e);
void __wrap_ledger_add(struct ledger *l, const struct entry *e)
{
	owed |= e->kind == ENTRY_STATE;
	__real_ledger_add(l, e);
}

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
	int r = __real_fdatasync(fd);

	owed &= r < 0;
	return r;
}

/* A hold is not waited for: who is killed then finds it in the kernel. */
void __real_enforce(struct daemon *d);
void __wrap_enforce(struct daemon *d);
void __wrap_enforce(struct daemon *d)
{
	if (owed && d->history->state != STATE_HELD)
		host_fail("%s takes effect before it is kept", state_names[d->history->state]);
	__real_enforce(d);
}

/* In the order of the policy's requirements. */
static const uint64_t grace[SUBJECTS] = { 600 * HOST_SECOND, 1200 * HOST_SECOND };

static const char *name_of(enum wish s)
{
	return s == GUARD ? "the service" : "the firewall";
}

/* The remedy may have closed it: the kernel knows. */
static bool is_closed(void)
{
	return system("nft list table inet host >/dev/null 2>&1") == 0;
}

/* Events have been seen, and no deadline is missed. */
static void compare(struct day *d, enum wish s, const struct host_view *v)
{
	const uint64_t now = clocks_now();
	const bool fails = strcmp(v->of[s].grade, "pass") != 0;

	if (s == FIREWALL && fails != d->wrong[s])
		d->wrong[s] = !is_closed();
	if (fails != d->wrong[s])
		host_fail("%s is %s, and status says %s", name_of(s),
			  d->wrong[s] ? "wrong" : "right", v->of[s].grade);
	if (!fails)
		d->since[s] = 0;
	else if (!d->since[s])
		d->since[s] = now;
	if (!strcmp(v->of[s].standing, "grace") &&
	    v->of[s].until + (int64_t)(SLACK / HOST_SECOND) <= v->now)
		host_fail("%s has a grace that is over: until %lld, and now is %lld", name_of(s),
			  (long long)v->of[s].until, (long long)v->now);
	if (fails && now - d->since[s] > grace[s] + SLACK && strcmp(v->of[s].standing, "breached"))
		host_fail("%s missed its deadline: wrong for %llu s, and %s", name_of(s),
			  (unsigned long long)((now - d->since[s]) / HOST_SECOND),
			  v->of[s].standing);
}

/* The state is that of the worst verdict, but for a host that has just become well. */
static void compare_state(struct day *d, const struct host_view *v)
{
	bool breached = false, all_met = true;

	for (size_t i = 0; i < v->n; i++) {
		breached |= !strcmp(v->of[i].standing, "breached");
		all_met &= !strcmp(v->of[i].standing, "met");
	}
	if (breached)
		d->well = 0;
	else if (!d->well)
		d->well = clocks_now();
	if (!strcmp(v->state, "held") && clocks_now() < d->asleep)
		return;
	if (breached && strcmp(v->state, "quarantined") && strcmp(v->state, "released"))
		host_fail("something is breached, and the host is %s", v->state);
	if (!breached && !strcmp(v->state, "quarantined") && clocks_now() - d->well > DWELL)
		host_fail("quarantined without a reason");
	if (!all_met && !strcmp(v->state, "compliant"))
		host_fail("compliant with something that fails");
	if (!strcmp(v->state, "held") || !strcmp(v->state, "unmanaged"))
		host_fail("%s, and nothing more happens", v->state);
}

static bool is_late(const struct day *d, const struct host_view *v)
{
	return d->wrong[FIREWALL] && !strcmp(v->of[FIREWALL].grade, "pass") && !is_closed();
}

static void look(struct day *d)
{
	struct host_view v;

	host_look(&d->host, &v);
	/* Rules that were looked at a moment ago are looked at again when a second is over. */
	for (int i = 0; i < RULES_WAITS && v.n == SUBJECTS && is_late(d, &v); i++) {
		host_wait(&d->host, HOST_SECOND);
		host_look(&d->host, &v);
	}
	if (v.n != SUBJECTS)
		host_fail("%zu requirements", v.n);
	d->looks++;
	for (enum wish s = 0; s < SUBJECTS; s++)
		compare(d, s, &v);
	compare_state(d, &v);
}

/*
 * What a daemon still has when all that it needs for a moment is given back: the least of each
 * hour, and by how much that is more than in the first hour of the same daemon.
 */
struct stays {
	unsigned life;
	uint64_t since, hour; /* of that life */
	struct live first, least, growth;
	unsigned hours; /* that were compared */
};

static const struct live endless = { SIZE_MAX, SIZE_MAX };

static size_t above(size_t growth, size_t now, size_t first)
{
	return now > first && now - first > growth ? now - first : growth;
}

static void end_hour(struct stays *s)
{
	if (s->hour) {
		s->hours++;
		s->growth.pieces = above(s->growth.pieces, s->least.pieces, s->first.pieces);
		s->growth.bytes = above(s->growth.bytes, s->least.bytes, s->first.bytes);
	} else {
		s->first = s->least;
	}
	s->least = endless;
}

static void weigh(struct stays *s, const struct day *d, struct live now)
{
	uint64_t hour;

	if (s->life != d->lives || !s->since)
		*s = (struct stays){ .life = d->lives,
				     .since = clocks_now(),
				     .least = endless,
				     .growth = s->growth,
				     .hours = s->hours };
	hour = (clocks_now() - s->since) / HOUR;
	if (hour != s->hour) {
		end_hour(s);
		s->hour = hour;
	}
	if (now.pieces < s->least.pieces)
		s->least.pieces = now.pieces;
	if (now.bytes < s->least.bytes)
		s->least.bytes = now.bytes;
}

/* What the daemon has besides: descriptors, and its ledger. */
struct size {
	size_t descriptors, ledger;
};

static void measure(const struct day *d, struct size *ret)
{
	char path[120];
	struct stat st;
	DIR *dir = opendir("/proc/self/fd");

	*ret = (struct size){ 0 };
	while (dir && readdir(dir))
		ret->descriptors++;
	closedir(dir);
	snprintf(path, sizeof(path), "%s/state/agent/ledger", d->host.path);
	if (stat(path, &st) == 0)
		ret->ledger = (size_t)st.st_size;
}

static void enlarge(struct size *most, const struct size *s)
{
	most->descriptors = s->descriptors > most->descriptors ? s->descriptors : most->descriptors;
	most->ledger = s->ledger > most->ledger ? s->ledger : most->ledger;
}

/* When a deadline is over that the daemon may have missed: nothing else may happen then. */
static uint64_t next_deadline(const struct day *d)
{
	uint64_t next = UINT64_MAX;

	for (enum wish s = 0; s < SUBJECTS; s++) {
		uint64_t at = d->since[s] + grace[s] + SLACK + 1;

		if (d->since[s] && at > clocks_now() && at < next)
			next = at;
	}
	return next;
}

static void live(struct day *d, uint64_t until, struct stays *stays, struct stays *leaky)
{
	uint64_t next = clocks_now();
	struct live now;

	while (clocks_now() < until) {
		uint64_t deadline = next_deadline(d);

		if (clocks_now() >= next) {
			day_happen(d);
			next = clocks_now() + (1 + day_dice(PAUSE)) * HOST_SECOND;
		} else {
			host_wait(&d->host, (deadline < next ? deadline : next) - clocks_now());
		}
		look(d);
		now = live_now();
		weigh(stays, d, now);
		now.pieces += d->looks;
		weigh(leaky, d, now);
	}
}

static unsigned number(const char *name, unsigned otherwise)
{
	const char *text = getenv(name);

	return text ? (unsigned)atoi(text) : otherwise;
}

static void tell(const struct day *d, unsigned hours, const struct size *first,
		 const struct size *most, const struct stays *stays)
{
	print_message("%u h in %u looks; at most %zu descriptors (%zu in the first half), a ledger "
		      "of %zu KiB\n",
		      hours, d->looks, most->descriptors, first->descriptors, most->ledger / 1024);
	print_message("%zu pieces of memory and %zu bytes more than in a daemon's first hour, in "
		      "the worst of %u\n",
		      stays->growth.pieces, stays->growth.bytes, stays->hours);
	for (size_t i = 0; day_name(i); i++)
		print_message("%u %s\n", d->counts[i], day_name(i));
}

static void test_day(void **state)
{
	const unsigned hours = number("DAY_HOURS", 6);
	struct size first = { 0 }, most = { 0 };
	struct day d = { .web = 1, .well = 1 };
	struct stays stays = { 0 }, leaky = { 0 };

	srandom(number("DAY_SEED", 1)); /* day_dice() */
	host_make(&d.host, *state, "host", NULL);
	day_begin(&d);
	host_settle(&d.host);
	for (unsigned hour = 0; hour < hours; hour++) {
		struct size now;

		live(&d, clocks_now() + HOUR, &stays, &leaky);
		measure(&d, &now);
		enlarge(hour >= hours / 2 ? &most : &first, &now);
	}
	tell(&d, hours, &first, &most, &stays);
	assert_in_range(d.looks, hours, hours * LOOKS_AN_HOUR);
	assert_in_range(most.descriptors, 1, first.descriptors + 2);
	assert_in_range(stays.hours, 1, hours);
	assert_in_range(stays.growth.pieces, 0, GROWTH_PIECES);
	assert_in_range(stays.growth.bytes, 0, GROWTH_BYTES);
	assert_true(leaky.growth.pieces > GROWTH_PIECES); /* one that is lost at each look */
	assert_in_range(most.ledger, 1, LEDGER_BYTES);
	close(d.root.fd);
	host_drop(&d.host);
}

/* At each start its clock is ahead by more than the grace, until the network sets it right. */
static void test_clock_ahead(void **state)
{
	const uint64_t pause = 300 * HOST_SECOND;
	struct day d = { .web = 1, .well = 1 };
	int64_t ahead = 2 * HOUR;

	host_make(&d.host, *state, "ahead", NULL);
	day_begin(&d);
	look(&d);
	day_guard(&d, false);
	look(&d);
	for (uint64_t gone = pause; gone < grace[GUARD]; gone += pause) {
		const struct host_view *v = &d.host.seen;

		host_stop(&d.host);
		clocks_pass(pause);
		clocks_set(ahead);
		look(&d);
		assert_string_equal(v->of[GUARD].standing, "breached");
		clocks_set(-ahead);
		look(&d);
		assert_string_equal(v->of[GUARD].standing, "grace");
		assert_in_range(v->of[GUARD].until - v->now,
				(grace[GUARD] - gone - SLACK) / HOST_SECOND,
				(grace[GUARD] - gone + SLACK) / HOST_SECOND);
	}
	close(d.root.fd);
	host_drop(&d.host);
}

static int set_up(void **state)
{
	if (lab_open(state))
		return -1;
	host_lab(*state, "\"providers\": [{\"name\": \"guard\", \"title\": \"Guard\", \"units\": "
			 "[{\"unit\": \"guardd.service\", \"part\": \"daemon\", \"program\": "
			 "\"/usr/sbin/guardd\"}], \"remedies\": [\"antivirus-start\"]}], "
			 "\"requirements\": [{\"id\": \"firewall\", \"check\": \"firewall\", "
			 "\"grace\": \"10min\", \"remedies\": [\"firewall-enable\"]}, "
			 "{\"id\": \"guard\", \"check\": \"antivirus\", \"provider\": \"guard\", "
			 "\"grace\": \"20min\"}]");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_day),
					    cmocka_unit_test(test_clock_ahead) };

	return cmocka_run_group_tests_name("day", tests, set_up, lab_close);
}
