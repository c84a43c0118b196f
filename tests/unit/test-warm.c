// SPDX-License-Identifier: GPL-2.0-or-later
/* A listener stands for systemd's socket of the remedy, what it accepts for the one that waits. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-event.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/daemon.h"
#include "agent/remedy/remedy.h"
#include "tests/unit/test.h"

struct lab {
	char folder[40];
	struct config config;
	struct requirement req;
	struct daemon *d;
	int start, enable; /* who listens */
};

static int listener(const char *folder, const char *remedy)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/remedy-%s.sock", folder, remedy);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static int setup(void **state)
{
	struct lab *l = calloc(1, sizeof(*l));
	struct daemon *d = calloc(1, sizeof(*d));

	strcpy(l->folder, "/tmp/test-warm.XXXXXX");
	assert_non_null(mkdtemp(l->folder));
	l->config.runtime_dir = l->folder;
	l->start = listener(l->folder, "antivirus-start");
	l->enable = listener(l->folder, "antivirus-enable");
	l->req = (struct requirement){ .check = CHECK_ANTIVIRUS,
				       .remedies = { REMEDY_ANTIVIRUS_START,
						     REMEDY_ANTIVIRUS_ENABLE },
				       .n_remedies = 2 };
	assert_int_equal(sd_event_new(&d->loop), 0);
	d->config = d->helpers.config = &l->config;
	d->decision.mend = true;
	d->subjects[0].req = &l->req;
	d->n_subjects = 1;
	l->d = d;
	*state = l;
	return 0;
}

static int teardown(void **state)
{
	struct lab *l = *state;
	char path[100];

	warm_drop(l->d);
	sd_event_unref(l->d->loop);
	close(l->start);
	close(l->enable);
	snprintf(path, sizeof(path), "%s/remedy-antivirus-start.sock", l->folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/remedy-antivirus-enable.sock", l->folder);
	unlink(path);
	rmdir(l->folder);
	free(l->d);
	free(l);
	return 0;
}

static void settle(struct lab *l)
{
	while (sd_event_run(l->d->loop, 0) > 0)
		;
}

static int comes(int listener)
{
	return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

/* What one that waits has heard: a byte; 0 when lazaretd is gone; -EAGAIN when nothing. */
static int heard(int fd)
{
	char byte = 0;
	ssize_t n = read(fd, &byte, 1);

	return n < 0 ? -errno : n == 0 ? 0 : byte;
}

static void test_waits_and_goes(void **state)
{
	struct lab *l = *state;
	_close_ int waits = -1, asked = -1, anew = -1;

	warm_round(l->d);
	warm_round(l->d);
	waits = comes(l->start);
	assert_true(waits >= 0);
	assert_int_equal(comes(l->start), -1);
	assert_int_equal(heard(waits), -EAGAIN);
	asked = warm_ask(l->d, REMEDY_ANTIVIRUS_START, NULL);
	assert_true(asked >= 0);
	assert_int_equal(heard(waits), REMEDY_GO);
	assert_int_equal(io_write(waits, "= ok\n", 5), 0);
	assert_int_equal(heard(asked), '=');
	/* Another one only when a minute is over since, and none runs. */
	warm_round(l->d);
	assert_int_equal(comes(l->start), -1);
	l->d->warm.made -= WARM_PAUSE_MS;
	l->d->run = (struct remedy_run *)l;
	warm_round(l->d);
	assert_int_equal(comes(l->start), -1);
	l->d->run = NULL;
	warm_round(l->d);
	anew = comes(l->start);
	assert_true(anew >= 0);
}

static void test_none_waits(void **state)
{
	struct lab *l = *state;
	_close_ int cold = -1, asked = -1, other = -1, waits = -1, fresh = -1;
	struct fault fault = { 0 };

	asked = warm_ask(l->d, REMEDY_ANTIVIRUS_START, &fault);
	cold = comes(l->start);
	assert_true(asked >= 0 && cold >= 0);
	assert_int_equal(heard(cold), REMEDY_GO);
	close(take_fd(&asked));
	/* The one that waits is not meant. */
	warm_round(l->d);
	waits = comes(l->start);
	asked = warm_ask(l->d, REMEDY_ANTIVIRUS_ENABLE, &fault);
	other = comes(l->enable);
	assert_true(waits >= 0 && asked >= 0 && other >= 0);
	assert_int_equal(heard(other), REMEDY_GO);
	assert_int_equal(heard(waits), -EAGAIN);
	close(take_fd(&asked));
	/* It is gone, and that was not heard yet. */
	close(take_fd(&waits));
	asked = warm_ask(l->d, REMEDY_ANTIVIRUS_START, &fault);
	fresh = comes(l->start);
	assert_true(asked >= 0 && fresh >= 0);
	assert_int_equal(heard(fresh), REMEDY_GO);
}

static void test_killed(void **state)
{
	struct lab *l = *state;
	_close_ int first = -1, second = -1;

	warm_round(l->d);
	first = comes(l->start);
	close(take_fd(&first));
	settle(l);
	assert_null(l->d->warm.io);
	/* One that ends at once is not made again and again. */
	assert_int_equal(comes(l->start), -1);
	l->d->warm.made -= WARM_PAUSE_MS;
	warm_round(l->d);
	first = comes(l->start);
	assert_true(first >= 0);
	l->d->warm.made -= WARM_PAUSE_MS;
	close(take_fd(&first));
	settle(l);
	second = comes(l->start);
	assert_true(second >= 0);
	warm_drop(l->d);
	assert_int_equal(heard(second), 0);
}

static void test_wanted(void **state)
{
	struct lab *l = *state;
	_close_ int waits = -1;

	l->d->helpers.spawn = true;
	warm_round(l->d);
	l->d->helpers.spawn = false;
	l->req.remedies[0] = REMEDY_ANTIVIRUS_ENABLE;
	warm_round(l->d);
	l->req.remedies[0] = REMEDY_ANTIVIRUS_START;
	assert_int_equal(comes(l->start), -1);
	warm_round(l->d);
	waits = comes(l->start);
	assert_true(waits >= 0);
	l->d->decision.mend = false; /* a policy that only audits */
	warm_round(l->d);
	assert_int_equal(heard(waits), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_waits_and_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_none_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wanted, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
