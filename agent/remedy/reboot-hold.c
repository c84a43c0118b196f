// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/remedy/reboot-hold.h"
#include "agent/remedy/system-bus.h"

#define LOGIND	  "/run/systemd/seats" /* it makes that folder, as sd_booted(3) asks for systemd's */
#define WAIT_USEC 5000000ull

/* A greeter, a lock screen and services of a user are nobody. */
static bool is_user(const char *session)
{
	char *class = NULL, *state = NULL;
	bool is = sd_session_get_class(session, &class) >= 0 && !strncmp(class, "user", 4) &&
		  sd_session_get_state(session, &state) >= 0 && strcmp(state, "closing");

	free(class);
	free(state);
	return is;
}

/* By number: names may be a matter of servers, which must not be waited for. */
static void name_of(const char *session, char name[64])
{
	uid_t uid;

	if (sd_session_get_uid(session, &uid) >= 0)
		snprintf(name, 64, "user %u", (unsigned)uid);
	else
		snprintf(name, 64, "somebody");
}

unsigned hold_users(char name[64])
{
	char **sessions = NULL;
	int n = sd_get_sessions(&sessions);
	unsigned there = 0;

	for (int i = 0; i < n; i++) {
		if (is_user(sessions[i]) && !there++)
			name_of(sessions[i], name);
		free(sessions[i]);
	}
	free(sessions);
	return there;
}

static bool is_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (; *list; list += strcspn(list, ":"), list += *list == ':')
		if (!strncmp(list, word, n) && (!list[n] || list[n] == ':'))
			return true;
	return false;
}

/* A list of (what, who, why, mode, uid, pid). */
static int read_inhibitors(sd_bus_message *reply, struct fault *fault)
{
	const char *what, *who, *why, *mode;
	unsigned uid, pid;
	int r = sd_bus_message_enter_container(reply, 'a', "(ssssuu)");

	while (r >= 0 && (r = sd_bus_message_read(reply, "(ssssuu)", &what, &who, &why, &mode, &uid,
						  &pid)) > 0)
		if (is_word(what, "shutdown") && !strncmp(mode, "block", 5)) {
			fault_set(fault, -EBUSY,
				  "%.60s (process %u, user %u) holds off shutdown: %.100s", who,
				  pid, uid, why);
			return 1;
		}
	return r;
}

static int ask_logind(sd_bus *bus, struct fault *fault)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	int r;

	sd_bus_set_method_call_timeout(bus, WAIT_USEC);
	r = sd_bus_call_method(bus, "org.freedesktop.login1", "/org/freedesktop/login1",
			       "org.freedesktop.login1.Manager", "ListInhibitors", &error, &reply,
			       "");
	if (r >= 0)
		r = read_inhibitors(reply, fault);
	else
		fault_set(fault, r, "logind does not say who holds off shutdown: %.120s",
			  error.message ? error.message : strerror(-r));
	sd_bus_message_unref(reply);
	sd_bus_error_free(&error);
	return r;
}

int hold_inhibitor(struct fault *fault)
{
	sd_bus *bus = NULL;
	int r;

	if (access(LOGIND, F_OK) < 0)
		return 0;
	r = system_bus_open(&bus);
	if (r < 0)
		return fault_set(fault, r, "logind cannot be asked who holds off shutdown: %s",
				 strerror(-r));
	r = ask_logind(bus, fault);
	sd_bus_flush_close_unref(bus);
	return r;
}
