// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/log.h"
#include "agent/way.h"
#include "netfilter/detour.h"

#define ASKED_MAX 8 /* destinations whose way is looked at */

_Static_assert(TUNNEL_ROOM == IFNAMSIZ, "a link's name");

static bool leads_into(uint8_t family, const uint8_t *addr, char name[IFNAMSIZ])
{
	return detour_tunnel(family, addr, name, NULL) == 1;
}

/* For a list of names that are not resolved yet: addresses of nobody (RFC 5737, 3849). */
static bool any_leads_into(char name[IFNAMSIZ])
{
	uint8_t v4[16] = { 192, 0, 2, 1 }, v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };

	return leads_into(AF_INET, v4, name) || leads_into(AF_INET6, v6, name);
}

/* The endpoints of VPNs are not what repair is after. */
static bool find_tunnel(const struct allow *list, char name[IFNAMSIZ])
{
	size_t asked = 0;

	for (size_t i = 0; i < list->n_out && asked < ASKED_MAX; i++) {
		const struct peer *p = &list->out[i];

		if (p->anyone || p->prefix != family_bits(p->family))
			continue;
		asked++;
		if (leads_into(p->family, p->addr, name))
			return true;
	}
	return !asked && any_leads_into(name);
}

static bool is_named(const struct allow *list, const char *tunnel)
{
	for (size_t i = 0; i < list->n_tunnels; i++)
		if (!strcmp(list->tunnels[i], tunnel))
			return true;
	return false;
}

static bool detour(struct way *w, const char *tunnel)
{
	struct fault fault = { 0 };
	int r = detour_lay(&fault);

	if (r < 0)
		log_warn("repair cannot be led past the tunnel %s: %s", tunnel, fault.why);
	if (r <= 0)
		return false;
	log_notice("leading repair past the tunnel %s", tunnel);
	snprintf(w->past, sizeof(w->past), "%s", tunnel);
	return true;
}

int way_leave(struct way *w)
{
	struct fault fault = { 0 };
	int r = detour_lift(&fault);

	if (r < 0) {
		log_warn("the way past the tunnel %s stays: %s", w->past, fault.why);
		return r;
	}
	*w->past = '\0';
	return 0;
}

int way_end(struct way *w)
{
	int r = way_leave(w);

	if (r == 0)
		*w = (struct way){ 0 };
	return r;
}

static void renew(const struct way *w)
{
	struct fault fault = { 0 };

	if (detour_lay(&fault) < 0)
		log_warn("the way past the tunnel %s is not brought in line: %s", w->past,
			 fault.why);
}

/* Whether the tunnel still stands in the way is not seen from the detour; so that stays. */
void way_begin(struct way *w, const struct allow *list)
{
	if (*w->past) {
		w->turned = false;
		renew(w);
		return;
	}
	way_end(w);
	if (find_tunnel(list, w->seen) && !is_named(list, w->seen))
		detour(w, w->seen);
}

bool way_turn(struct way *w, const struct allow *list)
{
	char tunnel[IFNAMSIZ];

	if (w->turned)
		return false;
	if (*w->past) {
		if (way_leave(w) < 0)
			return false;
	} else if (!find_tunnel(list, tunnel) || !detour(w, tunnel)) {
		return false;
	}
	w->turned = true;
	return true;
}

bool way_renew(struct way *w, const struct allow *list)
{
	char tunnel[IFNAMSIZ];

	if (!*w->past)
		return find_tunnel(list, tunnel) && strcmp(tunnel, w->seen) != 0;
	renew(w);
	return false;
}
