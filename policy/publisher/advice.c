// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/base/span.h"
#include "policy/key.h"
#include "policy/place.h"
#include "policy/publisher/advice.h"

#define DAY 86400

static bool allows(json_t *document, const char *list)
{
	json_t *value = json_object_get(json_object_get(document, "allow"), list);

	return json_is_array(value) ? json_array_size(value) > 0 : json_is_string(value);
}

/* Is the word in a requirement's list? */
static bool names(json_t *requirement, const char *list, const char *word)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_object_get(requirement, list), i, item)
		if (!strcmp(json_string_value(item), word))
			return true;
	return false;
}

static bool has_remedy(json_t *document, const char *name)
{
	size_t i;
	json_t *requirement;

	json_array_foreach(json_object_get(document, "requirements"), i, requirement)
		if (names(requirement, "remedies", name))
			return true;
	return false;
}

static bool no_mirror(json_t *document)
{
	return !allows(document, "mirrors") && (has_remedy(document, "patches-install") ||
						has_remedy(document, "antivirus-reinstall"));
}

static bool no_resolver(json_t *document)
{
	return !allows(document, "resolvers");
}

static const char *text_of(json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static bool is_below(json_t *object, const char *name, uint64_t bound)
{
	uint64_t seconds;

	return span_parse(text_of(object, name), &seconds) == 0 && seconds < bound;
}

static bool any_requirement(json_t *document, bool (*fits)(json_t *requirement))
{
	size_t i;
	json_t *r;

	json_array_foreach(json_object_get(document, "requirements"), i, r)
		if (fits(r))
			return true;
	return false;
}

static bool checks(json_t *r, const char *check)
{
	return !strcmp(text_of(r, "check"), check);
}

static bool is_hasty_antivirus(json_t *r)
{
	return checks(r, "antivirus") && is_below(r, "grace", 1);
}

static bool is_hasty_likeness(json_t *r)
{
	return json_object_get(r, "like") && is_below(r, "grace", 1);
}

/* All of a fleet learns of an update within a day. */
static bool is_hasty_patches(json_t *r)
{
	return checks(r, "patches") && !json_object_get(r, "deadlines") && is_below(r, "grace", 1);
}

/* Debian's lists are fetched once a day, and ClamAV's signatures made that often. */
static bool is_never_young(json_t *r)
{
	return is_below(r, "index_max_age", DAY) || is_below(r, "signatures_max_age", 2 * DAY) ||
	       is_below(r, "updater_max_age", DAY / 8);
}

static bool is_cut_short(json_t *r)
{
	return is_below(r, "remedy_limit", 600) && (names(r, "remedies", "patches-install") ||
						    names(r, "remedies", "antivirus-reinstall"));
}

/* What was installed and does not run yet fails, and nobody is asked to do something about it. */
static bool waits_for_restart(json_t *r)
{
	return checks(r, "patches") && !json_object_get(r, "reboot") &&
	       !names(r, "remedies", "services-restart") &&
	       (!json_object_get(r, "fails_on") || names(r, "fails_on", "restart-needed"));
}

static bool is_antivirus(json_t *r)
{
	return checks(r, "antivirus");
}

static bool no_signatures(json_t *document)
{
	return any_requirement(document, is_antivirus) && !allows(document, "antivirus");
}

/* The policy comes over TLS. */
static bool no_tls(json_t *document)
{
	size_t i;
	json_t *to;

	json_array_foreach(json_object_get(json_object_get(document, "allow"), "policy"), i, to)
		if (json_object_get(to, "tcp"))
			return false;
	return allows(document, "policy");
}

static bool no_dhcp(json_t *document)
{
	return json_is_false(json_object_get(json_object_get(document, "allow"), "dhcp"));
}

static bool soon_stale(json_t *document)
{
	json_t *stale = json_object_get(document, "stale");

	return !strcmp(text_of(stale, "then"), "quarantine") && is_below(stale, "after", 3 * DAY);
}

/* A destination by name is believed as far as its prefixes go. */
static bool trusts_resolver(json_t *document)
{
	static const struct {
		const char *list, *place;
	} named[] = { { "policy", "to" },
		      { "mirrors", "to" },
		      { "antivirus", "to" },
		      { "vpn", "endpoint" } };
	json_t *allow = json_object_get(document, "allow"), *destination;
	size_t i;

	for (size_t k = 0; k < COUNT(named); k++)
		json_array_foreach(json_object_get(allow, named[k].list), i, destination)
			if (!place_is_meant(json_string_value(
				    json_object_get(destination, named[k].place))) &&
			    !json_object_get(destination, "within"))
				return true;
	return false;
}

static bool no_requirement_mends(json_t *r)
{
	return json_array_size(json_object_get(r, "remedies")) == 0;
}

/* Without a feed nothing says how bad an update is. */
static bool nothing_names_severities(json_t *r)
{
	return json_object_get(r, "deadlines") && !json_object_get(r, "feed");
}

/* Whoever keeps a host from the server of its policy stops the clock. */
static bool clock_can_be_stopped(json_t *document)
{
	const char *then =
		json_string_value(json_object_get(json_object_get(document, "stale"), "then"));
	size_t i;
	json_t *r;

	if (then && !strcmp(then, "quarantine"))
		return false;
	json_array_foreach(json_object_get(document, "requirements"), i, r) {
		const char *count = json_string_value(
			json_object_get(json_object_get(r, "deadlines"), "count"));

		if (count && !strcmp(count, "reachable"))
			return true;
	}
	return false;
}

/* Hosts take such a policy, and the key signs nothing. */
static bool dead_key(json_t *document)
{
	json_t *keys = json_object_get(json_object_get(document, "release"), "keys"), *object;
	size_t i;

	json_array_foreach(keys, i, object) {
		struct key *k = NULL;
		char id[KEY_ID_TEXT];
		bool good = key_name(object, id, NULL) == 0 && key_parse(id, object, &k, NULL) == 0;

		key_free(k);
		if (!good)
			return true;
	}
	return false;
}

/* Restarted under everybody's feet, these end sessions, or the bus that all others need. */
static bool restarts_sessions(json_t *document)
{
	static const char *const units[] = { "dbus.service",
					     "dbus-broker.service",
					     "systemd-logind.service",
					     "display-manager.service",
					     "gdm.service",
					     "gdm3.service",
					     "lightdm.service",
					     "sddm.service" };
	size_t i, k;
	json_t *requirement, *unit;

	json_array_foreach(json_object_get(document, "requirements"), i, requirement)
		json_array_foreach(json_object_get(requirement, "restart"), k, unit)
			for (size_t u = 0; u < COUNT(units); u++)
				if (!strcmp(json_string_value(unit), units[u]))
					return true;
	return false;
}

static bool reboots_by_force(json_t *r)
{
	return json_is_true(json_object_get(json_object_get(r, "reboot"), "force"));
}

/* Only the network's own resolver knows the name of its portal. */
static bool portal_has_no_name(json_t *document)
{
	json_t *resolvers = json_object_get(json_object_get(document, "allow"), "resolvers");

	return json_object_get(document, "captive_portal") && !json_is_string(resolvers);
}

static const struct {
	bool (*applies)(json_t *document);
	bool (*fits)(json_t *requirement); /* in place of that: one that does is enough */
	const char *text;
} rows[] = {
	{ no_mirror, NULL,
	  "a remedy installs packages, and allow.mirrors is empty: "
	  "a host in quarantine could not fetch them" },
	{ no_resolver, NULL,
	  "allow.resolvers is empty: a host in quarantine finds the policy server and "
	  "mirrors only if their names are in its /etc/hosts" },
	{ NULL, is_hasty_antivirus,
	  "an antivirus requirement has no grace: clamd takes a while to start, and "
	  "a host is in quarantine meanwhile; \"10min\" is kinder" },
	{ NULL, is_hasty_likeness,
	  "a firewall requirement has \"like\" and no grace: an administrator who changes a "
	  "firewall is in quarantine before he can accept it; \"1h\" is kinder" },
	{ NULL, is_hasty_patches,
	  "a patches requirement has neither grace nor deadlines: each security "
	  "update puts the whole fleet into quarantine until it is installed; "
	  "\"24h\" is kinder" },
	{ NULL, is_never_young,
	  "index_max_age is below 1d, signatures_max_age below 2d or updater_max_age "
	  "below 3h: what is made or fetched once a day is rarely so young, and good "
	  "hosts fail" },
	{ NULL, is_cut_short,
	  "a remedy that installs packages has a remedy_limit below 10min: one that "
	  "takes longer is ended amid dpkg each time" },
	{ NULL, waits_for_restart,
	  "old code that runs on after an update fails, and nothing restarts it or "
	  "asks for it: hosts are in quarantine after the grace; add "
	  "\"services-restart\" or \"reboot\": {}" },
	{ no_signatures, NULL,
	  "allow.antivirus is empty: the signatures of a host that was off for long "
	  "cannot be updated in quarantine" },
	{ no_tls, NULL,
	  "no destination in allow.policy has a port in \"tcp\": the policy comes over "
	  "TLS, so no host in quarantine could fetch it" },
	{ no_dhcp, NULL,
	  "allow.dhcp is false: a host in quarantine gets no address in a network, and "
	  "keeps none for longer than its lease" },
	{ soon_stale, NULL,
	  "\"stale\" leads to quarantine less than 3d after the expiry: a publisher's "
	  "timer that stops puts the whole fleet there" },
	{ trusts_resolver, NULL,
	  "a destination is a name without \"within\": whoever answers for the resolver decides "
	  "where a host in quarantine may go" },
	{ dead_key, NULL,
	  "a key of `release` cannot be read: nobody can release a host with it; print it "
	  "with lazaret-policy release --public" },
	{ restarts_sessions, NULL,
	  "\"restart\" names the bus, the login manager or a display manager: to "
	  "restart it ends people's sessions" },
	{ NULL, reboots_by_force,
	  "\"reboot\" has \"force\": at the deadline of a restart hosts end what their users are "
	  "doing, whoever is logged in" },
	{ portal_has_no_name, NULL,
	  "`captive_portal` is there, and allow.resolvers is not \"any\": only portals that give "
	  "an address in place of a name can be opened" },
	{ NULL, no_requirement_mends,
	  "a requirement has no remedies: only a person can let such a host "
	  "out again" },
	{ NULL, nothing_names_severities,
	  "a requirement has deadlines and no feed: nothing says how bad an update is, and all of "
	  "them have the time of \"unknown\"" },
	{ clock_can_be_stopped, NULL,
	  "deadlines count only while the policy server is reached, and \"stale\" does not lead to "
	  "quarantine: who keeps a host from the server stops the clock for good" },
};

void advise(const char *file, json_t *document, FILE *out)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].fits ? any_requirement(document, rows[i].fits)
				 : rows[i].applies(document))
			fprintf(out, "%s: note: %s\n", file, rows[i].text);
}
