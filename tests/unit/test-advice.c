// SPDX-License-Identifier: GPL-2.0-or-later
/* Policies that hosts take, and that put a fleet where nobody meant it to be. */
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "policy/document.h"
#include "policy/publisher/advice.h"
#include "tests/unit/doc.h"
#include "tests/unit/test.h"

#define OF(requirement, rest)                                                                 \
	"{\"mode\":\"enforce\",\"requirements\":[{\"id\":\"r\"," requirement "}],\"allow\":{" \
	"\"policy\":[{\"to\":\"192.0.2.1\",\"tcp\":[443]}]," rest "}}"
#define PATCHES	  "\"check\":\"patches\",\"remedies\":[\"patches-install\"],"
#define ANTIVIRUS "\"check\":\"antivirus\",\"grace\":\"1h\","
#define ALL                                                                                \
	"\"mirrors\":[{\"to\":\"192.0.2.2\",\"tcp\":[80]}],\"resolvers\":[\"192.0.2.3\"]," \
	"\"antivirus\":[{\"to\":\"192.0.2.4\",\"tcp\":[443]}]"

/* What is noted about a document, which a host would take. */
static char *notes_of(const char *text)
{
	json_t *document = json_loads(text, 0, NULL);
	struct policy *policy = NULL;
	struct fault fault = { 0 };
	char *notes = NULL;
	size_t len;
	FILE *out = open_memstream(&notes, &len);

	if (policy_parse(text, strlen(text), &policy, &fault) < 0)
		fail_msg("%s: %s", text, fault.why);
	policy_free(policy);
	advise("p", document, out);
	fclose(out);
	json_decref(document);
	return notes;
}

static void test_notes(void **state)
{
	static const struct {
		const char *text, *note; /* NULL: none with "quarantine", "fail" or "amid" in it */
	} rows[] = {
		{ OF(PATCHES "\"grace\":\"0s\",\"reboot\":{}", ALL),
		  "neither grace nor deadlines" },
		{ OF(PATCHES "\"grace\":\"0d 0h\",\"reboot\":{},\"deadlines\":{}", ALL), NULL },
		{ OF(PATCHES "\"grace\":\"1d\"", ALL), "nothing restarts it" },
		{ OF(PATCHES "\"grace\":\"1d\",\"fails_on\":[\"fix-available\"]", ALL), NULL },
		{ OF(PATCHES "\"grace\":\"1d\",\"reboot\":{}", ALL), NULL },
		{ OF(PATCHES "\"grace\":\"1d\",\"reboot\":{},\"index_max_age\":\"12h\"", ALL),
		  "is rarely so young" },
		{ OF(PATCHES "\"grace\":\"1d\",\"reboot\":{},\"remedy_limit\":\"5min\"", ALL),
		  "amid dpkg" },
		{ OF(ANTIVIRUS "\"signatures_max_age\":\"1d\"", ALL), "is rarely so young" },
		{ OF(ANTIVIRUS "\"signatures_max_age\":\"2d\"", ALL), NULL },
		{ OF(ANTIVIRUS "\"updater_max_age\":\"1h\"", ALL), "is rarely so young" },
		{ OF(ANTIVIRUS "\"updater\":true", "\"resolvers\":\"any\""),
		  "allow.antivirus is empty" },
		{ OF(ANTIVIRUS "\"updater\":true", ALL ",\"dhcp\":false"), "allow.dhcp is false" },
		{ OF(ANTIVIRUS "\"updater\":true",
		     ALL "},\"stale\":{\"after\":\"1d\",\"then\":\"quarantine\""),
		  "a publisher's timer that stops" },
		{ OF(ANTIVIRUS "\"updater\":true",
		     ALL "},\"stale\":{\"after\":\"1d\",\"then\":\"keep\""),
		  NULL },
		{ "{\"mode\":\"enforce\",\"requirements\":[{\"id\":\"f\",\"check\":\"firewall\","
		  "\"grace\":\"0s\"}],\"allow\":{\"policy\":[{\"to\":\"192.0.2.1\",\"udp\":[443]}]}"
		  "}",
		  "the policy comes over TLS" },
		{ OF(PATCHES "\"grace\":\"1d\",\"reboot\":{}", "\"resolvers\":\"any\""),
		  "allow.mirrors is empty" },
		{ OF(PATCHES "\"grace\":\"1d\",\"reboot\":{}", "\"dhcp\":true"),
		  "allow.resolvers is empty" },
		{ OF("\"check\":\"antivirus\",\"grace\":\"0s\"", ALL),
		  "clamd takes a while to start" },
		{ OF("\"check\":\"firewall\",\"grace\":\"0s\",\"like\":[\"last-good\"]", ALL),
		  "has \"like\" and no grace" },
		{ OF(ANTIVIRUS "\"updater\":true",
		     "\"mirrors\":[{\"to\":\"a.example\",\"tcp\":[80]}]"),
		  "is a name without \"within\"" },
		{ OF(ANTIVIRUS "\"updater\":true",
		     ALL "},\"release\":{\"max\":\"8h\",\"keys\":[{\"keytype\":\"ecdsa\","
			 "\"scheme\":\"ecdsa-sha2-nistp256\",\"keyval\":{\"public\":\"x\"}}]"),
		  "a key of `release` cannot be read" },
		{ OF("\"check\":\"patches\",\"remedies\":[\"services-restart\"],\"grace\":\"1d\","
		     "\"restart\":[\"gdm3.service\"]",
		     ALL),
		  "ends people's sessions" },
		{ OF(PATCHES "\"grace\":\"1d\",\"reboot\":{\"force\":true}", ALL),
		  "whoever is logged in" },
		{ OF(ANTIVIRUS "\"updater\":true", ALL "},\"captive_portal\":{\"probe\":\"http://"
						       "a.example/\",\"at\":[\"192.0.2.9\"]"),
		  "only portals that give an address" },
		{ OF(ANTIVIRUS "\"updater\":true", ALL), "a requirement has no remedies" },
		{ OF(PATCHES "\"grace\":\"1d\",\"reboot\":{},\"deadlines\":{}", ALL),
		  "deadlines and no feed" },
		{ OF(PATCHES
		     "\"grace\":\"1d\",\"reboot\":{},\"deadlines\":{\"count\":\"reachable\"}",
		     ALL),
		  "stops the clock for good" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		_free_ char *notes = notes_of(rows[i].text);

		if (rows[i].note ? !strstr(notes, rows[i].note)
				 : strstr(notes, "quarantine") || strstr(notes, "fail") ||
					   strstr(notes, "amid"))
			fail_msg("%s: %s", rows[i].text, notes);
	}
}

/* What people start from. */
static void test_example(void **state)
{
	size_t len;
	_free_ char *text = doc_read("example-policy.json", &len);
	_free_ char *notes = notes_of(text);

	(void)state;
	assert_string_equal(notes, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_example),
	};

	return cmocka_run_group_tests_name("advice", tests, NULL, NULL);
}
