// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "policy/key.h"
#include "policy/place.h"
#include "policy/publisher/advice.h"

static bool allows(json_t *document, const char *list)
{
	json_t *value = json_object_get(json_object_get(document, "allow"), list);

	return json_is_array(value) ? json_array_size(value) > 0 : json_is_string(value);
}

static bool has_remedy(json_t *document, const char *name)
{
	size_t i, k;
	json_t *requirement, *remedy;

	json_array_foreach(json_object_get(document, "requirements"), i, requirement)
		json_array_foreach(json_object_get(requirement, "remedies"), k, remedy)
			if (!strcmp(json_string_value(remedy), name))
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

static bool hasty_antivirus(json_t *document)
{
	size_t i;
	json_t *r;

	json_array_foreach(json_object_get(document, "requirements"), i, r)
		if (!strcmp(json_string_value(json_object_get(r, "check")), "antivirus") &&
		    strspn(json_string_value(json_object_get(r, "grace")), "0") > 0)
			return true;
	return false;
}

static bool hasty_likeness(json_t *document)
{
	size_t i;
	json_t *r;

	json_array_foreach(json_object_get(document, "requirements"), i, r)
		if (json_object_get(r, "like") &&
		    strspn(json_string_value(json_object_get(r, "grace")), "0") > 0)
			return true;
	return false;
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

	for (size_t k = 0; k < sizeof(named) / sizeof(*named); k++)
		json_array_foreach(json_object_get(allow, named[k].list), i, destination)
			if (!place_is_meant(json_string_value(
				    json_object_get(destination, named[k].place))) &&
			    !json_object_get(destination, "within"))
				return true;
	return false;
}

static bool no_requirement_mends(json_t *document)
{
	size_t i;
	json_t *r;

	json_array_foreach(json_object_get(document, "requirements"), i, r)
		if (json_array_size(json_object_get(r, "remedies")) == 0)
			return true;
	return false;
}

/* Without a feed nothing says how bad an update is. */
static bool nothing_names_severities(json_t *document)
{
	size_t i;
	json_t *r;

	json_array_foreach(json_object_get(document, "requirements"), i, r)
		if (json_object_get(r, "deadlines") && !json_object_get(r, "feed"))
			return true;
	return false;
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
			for (size_t u = 0; u < sizeof(units) / sizeof(*units); u++)
				if (!strcmp(json_string_value(unit), units[u]))
					return true;
	return false;
}

static bool reboots_by_force(json_t *document)
{
	size_t i;
	json_t *r;

	json_array_foreach(json_object_get(document, "requirements"), i, r)
		if (json_is_true(json_object_get(json_object_get(r, "reboot"), "force")))
			return true;
	return false;
}

/* Only the network's own resolver knows the name of its portal. */
static bool portal_has_no_name(json_t *document)
{
	json_t *resolvers = json_object_get(json_object_get(document, "allow"), "resolvers");

	return json_object_get(document, "captive_portal") && !json_is_string(resolvers);
}

static const struct {
	bool (*applies)(json_t *document);
	const char *text;
} rows[] = {
	{ no_mirror, "a remedy installs packages, and allow.mirrors is empty: "
		     "a host in quarantine could not fetch them" },
	{ no_resolver, "allow.resolvers is empty: a host in quarantine finds the policy server and "
		       "mirrors only if their names are in its /etc/hosts" },
	{ hasty_antivirus,
	  "an antivirus requirement has no grace: clamd takes a while to start, and "
	  "a host is in quarantine meanwhile; \"10min\" is kinder" },
	{ hasty_likeness,
	  "a firewall requirement has \"like\" and no grace: an administrator who changes a "
	  "firewall is in quarantine before he can accept it; \"1h\" is kinder" },
	{ trusts_resolver,
	  "a destination is a name without \"within\": whoever answers for the resolver decides "
	  "where a host in quarantine may go" },
	{ dead_key,
	  "a key of `release` cannot be read: nobody can release a host with it; print it "
	  "with lazaret-policy release --public" },
	{ restarts_sessions,
	  "\"restart\" names the bus, the login manager or a display manager: to "
	  "restart it ends people's sessions" },
	{ reboots_by_force,
	  "\"reboot\" has \"force\": at the deadline of a restart hosts end what their users are "
	  "doing, whoever is logged in" },
	{ portal_has_no_name,
	  "`captive_portal` is there, and allow.resolvers is not \"any\": only portals that give "
	  "an address in place of a name can be opened" },
	{ no_requirement_mends, "a requirement has no remedies: only a person can let such a host "
				"out again" },
	{ nothing_names_severities,
	  "a requirement has deadlines and no feed: nothing says how bad an update is, and all of "
	  "them have the time of \"unknown\"" },
	{ clock_can_be_stopped,
	  "deadlines count only while the policy server is reached, and \"stale\" does not lead to "
	  "quarantine: who keeps a host from the server stops the clock for good" },
};

void advise(const char *file, json_t *document, FILE *out)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].applies(document))
			fprintf(out, "%s: note: %s\n", file, rows[i].text);
}
