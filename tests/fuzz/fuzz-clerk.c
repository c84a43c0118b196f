// SPDX-License-Identifier: GPL-2.0-or-later
/* Logs and journals have words of users in them: whatever they are, a told act is one line. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/clerk/act.h"
#include "agent/clerk/deed.h"
#include "agent/clerk/history.h"
#include "agent/clerk/said.h"
#include "agent/clerk/updates.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void on_found(void *ctx, const struct act *a)
{
	(void)ctx;
	if (strlen(a->text) >= ACT_TEXT || strchr(a->text, '\n') || a->rank >= ACT_RANKS)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool (*const readers[])(const char *, struct said *) = {
		said_sudo, said_pkexec, said_doas, said_polkit, said_reload,
	};
	const struct requirement req = { .check = CHECK_ANTIVIRUS,
					 .with.antivirus.provider = &provider_clamav };
	struct topic t = topic_of(&req);
	char *text = strndup((const char *)data, len), *copy = strndup((const char *)data, len);
	char *log = strndup((const char *)data, len);
	char id[POLICY_ID_MAX], name[PROVIDER_NAME_MAX];
	struct updates u;
	struct said said;
	struct act a;

	if (!text || !copy || !log)
		abort();
	deed_is(text, &t);
	for (size_t i = 0; i < COUNT(readers); i++)
		if (readers[i](text, &said) && (!*said.who || strlen(said.who) >= SAID_WHO))
			abort();
	if (act_hear(text, id, &a))
		on_found(NULL, &a);
	updates_hear(text, name, &u);
	updates_freshclam(log, &u);
	if (strlen(u.why) >= UPDATES_WHY || (u.failed && !*u.why))
		abort();
	history_apt(text, &t, 0, on_found, NULL);
	history_dpkg(copy, &t, on_found, NULL);
	free(log);
	free(copy);
	free(text);
	return 0;
}
