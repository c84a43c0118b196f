// SPDX-License-Identifier: GPL-2.0-or-later
/* The agent's pure parts: when whom to ask, the configuration. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/base/proxy.h"
#include "agent/config.h"
#include "agent/mirrors.h"
#include "agent/pace.h"
#include "agent/poll.h"
#include "tests/unit/test.h"

static char folder[] = "/tmp/test-agent.XXXXXX";

static void write_text(const char *name, const char *text)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(io_replace(AT_FDCWD, path, text, strlen(text), 0600), 0);
}

static void test_config(void **state)
{
	struct config *c = NULL;
	struct fault fault = { 0 };
	char file[200], drop[220];

	(void)state;
	snprintf(file, sizeof(file), "%s/lazaret.conf", folder);
	snprintf(drop, sizeof(drop), "%s.d", file);
	assert_int_equal(config_load(file, &c, &fault), -ENOENT);
	assert_non_null(strstr(fault.why, "lazaret.conf"));

	write_text("lazaret.conf", "[Policy]\nURL=https://a.example/p/\nRefresh=1h\n");
	assert_int_equal(mkdir(drop, 0700), 0);
	write_text("lazaret.conf.d/20.conf", "[Policy]\nRefresh=2h\n");
	write_text("lazaret.conf.d/10.conf", "[Policy]\nRefresh=3h\nTimeout=5s\n");
	write_text("lazaret.conf.d/30.txt", "nonsense");
	assert_int_equal(config_load(file, &c, NULL), 0);
	assert_string_equal(c->url, "https://a.example/p/");
	assert_int_equal(c->refresh, 7200);
	assert_int_equal(c->timeout, 5);
	assert_string_equal(c->state_dir, "/var/lib/lazaret");
	assert_non_null(strstr(c->first_root, "/root.json"));
	c = config_free(c);
}

static void test_config_refuses(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "[Policy]\nURl=https://a/\n", "lazaret.conf:2: [Policy] has no key URl=" },
		{ "[Polici]\nURL=https://a/\n", "lazaret.conf:2: there is no section [Polici]" },
		{ "[Policy]\n\nURL=http://a/\n", "lazaret.conf:3: URL=http://a/: give a folder" },
		{ "[Policy]\nURL=https://a\n", "lazaret.conf:2: URL=https://a: give a folder" },
		{ "[Policy]\nURL=https://a/ https://b\n", "URL=https://b: give a folder" },
		{ "[Policy]\nURL=https://a/ https://b/ https://c/ https://d/ https://e/\n",
		  "URL=: give 4 addresses at most" },
		{ "[Policy]\nProxy=socks://a:1\n", "lazaret.conf:2: Proxy=: give http://" },
		{ "[Policy]\nRefresh=soon\n", "lazaret.conf:2: Refresh=soon: give a span" },
		{ "[Policy]\nRefresh=1s\n", "lazaret.conf:2: Refresh=1s: give a span from 10 s" },
		{ "[Policy]\nCA=ca.pem\n", "lazaret.conf:2: CA=ca.pem: give an absolute path" },
		{ "[Policy]\nCertificate=/a\n", "Certificate= and PrivateKey= go together" },
		{ "[Agent]\nRisk=6\n", "Risk=6: give 1 to 5" },
		{ "[Agent]\nRisk=low\n", "give 1 to 5" },
		{ "[Agent]\nlines\n", "lazaret.conf:2: neither" },
	};
	char file[200], drop[220];

	(void)state;
	snprintf(file, sizeof(file), "%s/lazaret.conf", folder);
	snprintf(drop, sizeof(drop), "rm -rf %s.d", file);
	assert_int_equal(system(drop), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct config *c = NULL;
		struct fault fault = { 0 };

		write_text("lazaret.conf", rows[i].text);
		assert_true(config_load(file, &c, &fault) < 0);
		assert_null(c);
		if (!strstr(fault.why, rows[i].why))
			fail_msg("\"%s\" lacks \"%s\"", fault.why, rows[i].why);
	}
}

/* The documented file names each key with the default that the program has. */
static void test_config_documented(void **state)
{
	_free_ char *text = NULL;
	char path[400], file[200];
	struct config *c = NULL, *bare = NULL;
	struct fault fault = { 0 };
	size_t len, keys = 0;

	(void)state;
	snprintf(path, sizeof(path), "%s/docs/lazaret.conf", getenv("src") ? getenv("src") : ".");
	assert_int_equal(io_read(AT_FDCWD, path, 65536, &text, &len), 0);
	for (char *p = text; (p = strstr(p, "\n#")); p++)
		if (p[2] >= 'A' && p[2] <= 'Z' && strchr(p, '=') < strchr(p + 1, '\n')) {
			p[1] = ' ';
			keys++;
		}
	assert_int_equal(keys, 13);
	write_text("lazaret.conf", text);
	snprintf(file, sizeof(file), "%s/lazaret.conf", folder);
	if (config_load(file, &c, &fault) < 0)
		fail_msg("%s", fault.why);
	write_text("lazaret.conf", "");
	assert_int_equal(config_load(file, &bare, &fault), 0);
	assert_int_equal(c->refresh, bare->refresh);
	assert_int_equal(c->timeout, bare->timeout);
	assert_string_equal(c->ca, bare->ca);
	assert_string_equal(c->proxy, bare->proxy);
	assert_string_equal(c->state_dir, bare->state_dir);
	assert_string_equal(c->runtime_dir, bare->runtime_dir);
	assert_string_equal(c->helper_dir, bare->helper_dir);
	assert_string_equal(c->clamd_socket, bare->clamd_socket);
	config_free(c);
	config_free(bare);
}

/* One good, one bad, one good: in order, after a fault the next, and never one twice. */
static void test_mirrors_order(void **state)
{
	struct mirrors *m = NULL;
	uint64_t now = 5000;

	(void)state;
	assert_int_equal(mirrors_new("https://a/  https://b/\thttps://c/ ", 900, &m), 0);
	assert_int_equal(m->n, 3);
	mirrors_begin(m);
	assert_string_equal(mirrors_next(m, now)->url, "https://a/");
	mirrors_failed(m, &m->at[0], now, 0, 0);
	assert_string_equal(mirrors_next(m, now)->url, "https://b/");
	mirror_served(&m->at[1]);

	/* The next refresh, in the pause of the first one: it comes last, not never. */
	mirrors_begin(m);
	assert_string_equal(mirrors_next(m, now + 1)->url, "https://b/");
	assert_string_equal(mirrors_next(m, now + 1)->url, "https://c/");
	assert_string_equal(mirrors_next(m, now + 1)->url, "https://a/");
	assert_null(mirrors_next(m, now + 1));

	/* After it the order is the old one. */
	mirrors_begin(m);
	assert_string_equal(mirrors_next(m, now + 60000)->url, "https://a/");
	mirrors_free(m);
	assert_int_equal(mirrors_new("a b c d e", 900, &m), -E2BIG);
}

static void test_mirrors_pause(void **state)
{
	static const struct {
		uint32_t retry_after, dice;
		uint64_t want; /* seconds */
	} rows[] = {
		{ 0, 0, 60 },	   { 0, 60000, 180 }, { 0, 0, 900 },	  { 0, 0, 900 },
		{ 1200, 0, 1200 }, { 5, 0, 900 },     { 80000, 0, 3600 }, { 80000, 900000, 4500 },
	};
	struct mirrors *m = NULL;

	(void)state;
	assert_int_equal(mirrors_new("https://a/", 900, &m), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		mirrors_failed(m, &m->at[0], 7000, rows[i].retry_after, rows[i].dice);
		assert_int_equal(mirrors_wait(m, 7000), rows[i].want);
	}
	mirror_served(&m->at[0]);
	mirrors_failed(m, &m->at[0], 7000, 0, 0);
	assert_int_equal(mirrors_wait(m, 7000), 60);
	assert_int_equal(mirrors_wait(m, 9999999), 1);
	mirrors_free(m);

	/* Where polls are as frequent as that, so are retries. */
	assert_int_equal(mirrors_new("https://a/", 10, &m), 0);
	mirrors_failed(m, &m->at[0], 0, 0, 0);
	assert_int_equal(mirrors_wait(m, 0), 10);
	mirrors_free(m);
	assert_int_equal(mirrors_new("", 900, &m), 0);
	assert_int_equal(mirrors_wait(m, 1000), 900);
	mirrors_free(m);
}

/* Whenever they start, hosts settle at their own moments, evenly, one poll an interval. */
static void test_poll(void **state)
{
	unsigned slots[9] = { 0 };

	(void)state;
	for (uint64_t host = 0; host < 9000; host++) {
		int64_t now = 1700000000 + (int64_t)(host % 7) * 13, first;
		uint64_t wait = poll_wait(900, now, host * 0x9e3779b97f4a7c15u);

		assert_in_range(wait, 90, 989);
		first = now + (int64_t)wait;
		slots[first % 900 / 100]++;
		assert_int_equal(poll_wait(900, first, host * 0x9e3779b97f4a7c15u), 900);
		/* The timer was late, or the clock was set back a little: the same moment. */
		assert_int_equal(poll_wait(900, first + 3, host * 0x9e3779b97f4a7c15u), 897);
		assert_int_equal(poll_wait(900, first - 3, host * 0x9e3779b97f4a7c15u), 903);
	}
	for (size_t i = 0; i < 9; i++)
		assert_in_range(slots[i], 900, 1100);
	assert_int_equal(poll_host(), poll_host());
	assert_in_range(poll_wait(10, 0, 3), 1, 10);
}

static void test_proxy(void **state)
{
	static const struct {
		const char *setting, *https_proxy, *no_proxy, *want;
	} rows[] = {
		{ "http://a:1", "http://b:2", "*", "http://a:1" },
		{ "none", "http://b:2", NULL, "" },
		{ "environment", "http://b:2", NULL, "http://b:2" },
		{ "environment", "u:p@b:2", "", "http://u:p@b:2" },
		{ "environment", NULL, NULL, "" },
		{ "environment", "http://b:2", "*", "" },
		{ "environment", "http://b:2", "other.org,policy.example.org", "" },
		{ "environment", "http://b:2", " EXAMPLE.org ", "" },
		{ "environment", "http://b:2", ".org", "" },
		{ "environment", "http://b:2", "example.org:8443", "" },
		{ "environment", "http://b:2", "example.org:443", "http://b:2" },
		{ "environment", "http://b:2", "le.org", "http://b:2" },
		{ "environment", "http://b:2", "a.policy.example.org, ., :8443,10.0.0.0/8",
		  "http://b:2" },
	};
	char got[WIRE_URL_MAX], longer[WIRE_URL_MAX + 9];

	(void)state;
	unsetenv("HTTPS_PROXY");
	unsetenv("NO_PROXY");
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsetenv("https_proxy");
		unsetenv("no_proxy");
		if (rows[i].https_proxy)
			setenv("https_proxy", rows[i].https_proxy, 1);
		if (rows[i].no_proxy)
			setenv("no_proxy", rows[i].no_proxy, 1);
		assert_int_equal(proxy_choose(rows[i].setting, "https://policy.example.org:8443/a/",
					      got),
				 0);
		assert_string_equal(got, rows[i].want);
	}
	unsetenv("https_proxy");
	unsetenv("no_proxy");
	setenv("HTTPS_PROXY", "http://c:3", 1);
	assert_int_equal(proxy_choose("environment", "https://a/", got), 0);
	assert_string_equal(got, "http://c:3");
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	setenv("HTTPS_PROXY", longer, 1);
	assert_int_equal(proxy_choose("environment", "https://a/", got), -ENAMETOOLONG);
	unsetenv("HTTPS_PROXY");
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

/* A device of sysfs: one attribute a call. */
static void put_attribute(const char *device, const char *attribute, const char *value)
{
	char line[400];

	snprintf(line, sizeof(line), "mkdir -p %s/sys/class/%s && echo '%s' >%s/sys/class/%s/%s",
		 folder, device, value, folder, device, attribute);
	assert_int_equal(system(line), 0);
}

static void test_pace(void **state)
{
	struct requirement req = { .check = CHECK_ANTIVIRUS };
	struct policy p = { .requirements = &req, .n_requirements = 1 };
	_close_ int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	uint64_t since = 0;
	char line[200];

	(void)state;
	assert_int_equal(pace_power(root), POWER_MAINS);
	put_attribute("power_supply/AC", "type", "Mains");
	put_attribute("power_supply/mouse", "type", "Battery");
	put_attribute("power_supply/mouse", "scope", "Device");
	put_attribute("power_supply/mouse", "status", "Discharging");
	put_attribute("power_supply/BAT0", "type", "Battery");
	put_attribute("power_supply/BAT0", "status", "Charging");
	assert_int_equal(pace_power(root), POWER_MAINS);
	put_attribute("power_supply/BAT0", "status", "Discharging");
	assert_int_equal(pace_power(root), POWER_BATTERY);
	put_attribute("drm/card0-HDMI", "status", "disconnected");
	put_attribute("drm/card0-HDMI", "dpms", "On");
	put_attribute("drm/card0-eDP", "status", "connected");
	put_attribute("drm/card0-eDP", "dpms", "On");
	assert_int_equal(pace_power(root), POWER_BATTERY);
	put_attribute("drm/card0-eDP", "dpms", "Off");
	assert_int_equal(pace_power(root), POWER_DARK);

	assert_int_equal(pace_for_long(POWER_DARK, 1000, &since), POWER_BATTERY);
	assert_int_equal(pace_for_long(POWER_DARK, 999 + PACE_DARK_MS, &since), POWER_BATTERY);
	assert_int_equal(pace_for_long(POWER_DARK, 1000 + PACE_DARK_MS, &since), POWER_DARK);
	assert_int_equal(pace_for_long(POWER_MAINS, 1001 + PACE_DARK_MS, &since), POWER_MAINS);
	assert_int_equal(pace_for_long(POWER_DARK, 1002 + PACE_DARK_MS, &since), POWER_BATTERY);
	assert_int_equal(pace_of(&p, 0, POWER_MAINS).slow, PACE_MAINS);
	assert_int_equal(pace_of(&p, 0, POWER_MAINS).checks, 1u << CHECK_ANTIVIRUS);
	assert_int_equal(pace_of(&p, 0, POWER_MAINS).all, PACE_ALL);
	assert_int_equal(pace_of(&p, 0, POWER_BATTERY).slow, PACE_BATTERY);
	assert_int_equal(pace_of(&p, 0, POWER_DARK).slow, PACE_ALL);
	p.look_every = 3600;
	assert_int_equal(pace_of(&p, 0, POWER_MAINS).slow, 3600);
	p.look_every = 0;
	req.check = CHECK_FIREWALL;
	assert_int_equal(pace_of(&p, 0, POWER_MAINS).slow, PACE_ALL);
	/* Rules whose changes have no event are there, or not. */
	assert_int_equal(pace_of(&p, 1u << CHECK_FIREWALL, POWER_MAINS).slow, PACE_MAINS);
	assert_int_equal(pace_of(&p, 1u << CHECK_FIREWALL, POWER_MAINS).checks,
			 1u << CHECK_FIREWALL);
	/* That somebody begins to listen has no event, either. */
	req.with.firewall.exposed.demanded = true;
	assert_int_equal(pace_of(&p, 0, POWER_MAINS).slow, PACE_MAINS);
	assert_int_equal(pace_of(&p, 0, POWER_BATTERY).slow, PACE_BATTERY);
	assert_int_equal(pace_of(&p, 0, POWER_MAINS).checks, 1u << CHECK_FIREWALL);
	snprintf(line, sizeof(line), "rm -r %s/sys", folder);
	assert_int_equal(system(line), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pace),	       cmocka_unit_test(test_mirrors_order),
		cmocka_unit_test(test_mirrors_pause),  cmocka_unit_test(test_poll),
		cmocka_unit_test(test_proxy),	       cmocka_unit_test(test_config),
		cmocka_unit_test(test_config_refuses), cmocka_unit_test(test_config_documented),
	};

	return cmocka_run_group_tests_name("agent", tests, make_folder, drop_folder);
}
