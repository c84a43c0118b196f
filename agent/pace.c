// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/pace.h"

#define ATTRIBUTE_MAX 4096

/* Does the attribute of a device say this word? */
static bool says(int device, const char *attribute, const char *word)
{
	_free_ char *text = NULL;
	size_t len;

	if (io_read(device, attribute, ATTRIBUTE_MAX, &text, &len) < 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	return !strcmp(text, word);
}

/* How many devices of that class are as `is` says. */
static unsigned count(int root, const char *class, bool (*is)(int device))
{
	_dir_ DIR *dir = io_open_dir(root, class, 0);
	struct dirent *e;
	unsigned n = 0;

	while (dir && (e = readdir(dir))) {
		_close_ int device = -1;

		if (e->d_name[0] == '.')
			continue;
		device = openat(dirfd(dir), e->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		n += device >= 0 && is(device);
	}
	return n;
}

/* Batteries of mice have the scope "Device". */
static bool discharges(int supply)
{
	return says(supply, "type", "Battery") && !says(supply, "scope", "Device") &&
	       says(supply, "status", "Discharging");
}

static bool is_screen(int connector)
{
	return says(connector, "status", "connected");
}

static bool is_lit(int connector)
{
	return is_screen(connector) && !says(connector, "dpms", "Off");
}

enum power pace_power(int root)
{
	if (!count(root, "sys/class/power_supply", discharges))
		return POWER_MAINS;
	if (count(root, "sys/class/drm", is_screen) && !count(root, "sys/class/drm", is_lit))
		return POWER_DARK;
	return POWER_BATTERY;
}

enum power pace_for_long(enum power power, uint64_t now, uint64_t *since)
{
	if (power != POWER_DARK)
		*since = 0;
	else if (!*since)
		*since = now;
	return *since && now - *since < PACE_DARK_MS ? POWER_BATTERY : power;
}

/* The checks that see what has no event, of those that are demanded. */
static unsigned slow_checks(const struct policy *p)
{
	unsigned checks = 0;

	for (size_t i = 0; i < p->n_requirements; i++) {
		const struct requirement *q = &p->requirements[i];

		if (q->check == CHECK_ANTIVIRUS ||
		    (q->check == CHECK_FIREWALL && q->with.firewall.exposed.demanded))
			checks |= 1u << q->check;
	}
	return checks;
}

struct pace pace_of(const struct policy *p, unsigned silent, enum power power)
{
	struct pace pace = { .all = p->look_every ? p->look_every : PACE_ALL };

	pace.slow = pace.all;
	pace.checks = slow_checks(p) | silent;
	if (p->look_every || !pace.checks)
		return pace;
	switch (power) {
	case POWER_MAINS: pace.slow = PACE_MAINS; break;
	case POWER_BATTERY: pace.slow = PACE_BATTERY; break;
	case POWER_DARK: break; /* that a screen is lit again has no event, so not never */
	}
	return pace;
}
