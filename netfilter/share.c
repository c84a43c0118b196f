// SPDX-License-Identifier: GPL-2.0-or-later
#include <netinet/in.h> /* before the kernel's own */
#include <netinet/tcp.h>
#include <string.h>

#include <linux/netfilter.h>

#include "agent/base/count.h"
#include "netfilter/addresses.h"
#include "netfilter/gateways.h"
#include "netfilter/links.h"
#include "netfilter/share.h"

#define LEAD 4

uint64_t share_lead(const uint8_t *bytes, size_t len)
{
	uint64_t n = 0;

	for (size_t i = 0; i < LEAD; i++)
		n = n << 8 | (i < len ? bytes[i] : 0);
	return n;
}

/* What the last bit that is given, and that counts, stands for. */
static uint64_t unit(size_t len)
{
	return len >= LEAD ? 1 : UINT64_C(1) << 8 * (LEAD - len);
}

uint64_t share_either(uint64_t a, uint64_t b)
{
	if (a == SHARE_ALL || b == SHARE_ALL)
		return SHARE_ALL;
	if (a == SHARE_DOUBT || b == SHARE_DOUBT)
		return SHARE_DOUBT;
	return a + b < SHARE_ALL ? a + b : SHARE_ALL - 1;
}

uint64_t share_both(uint64_t a, uint64_t b)
{
	if (!a || !b)
		return 0;
	if (a == SHARE_ALL || b == SHARE_ALL || a == SHARE_DOUBT || b == SHARE_DOUBT)
		return a < b ? a : b;
	return a * b / SHARE_ALL ? a * b / SHARE_ALL : SHARE_SOME;
}

/*
 * Networks of this host's own guests, and those that take a key to be in.  Any other name may be
 * the way to the world.
 */
bool share_is_inner(const uint8_t *name, size_t len)
{
	static const char *const inner[] = {
		"cni",	     "docker",	"ipsec", "lxcbr", "lxdbr", "podman",
		"tailscale", "vboxnet", "veth",	 "virbr", "vnet",  "wg",
	};

	for (size_t i = 0; i < COUNT(inner); i++) {
		if (len >= strlen(inner[i]) && !memcmp(name, inner[i], strlen(inner[i])))
			return true;
	}
	return false;
}

/* The name of a rule may be the begin of one. */
static bool is_posing(const struct links *links, const uint8_t *name, size_t len)
{
	for (size_t i = 0; links && i < links->n; i++)
		if (!links->list[i].inner &&
		    !memcmp(links->list[i].name, name, len < IFNAMSIZ ? len : IFNAMSIZ))
			return true;
	return false;
}

static uint64_t share_of_name(const struct links *links, const uint8_t *name, size_t len)
{
	static const char loopback[] = "lo";

	if (len >= sizeof(loopback) && !memcmp(name, loopback, sizeof(loopback)))
		return links && links_find(links, loopback) ? SHARE_DOUBT : 0;
	return share_is_inner(name, len) && !is_posing(links, name, len) ? SHARE_SOME : SHARE_DOUBT;
}

/* A range of them is told by how they all begin. */
static uint64_t share_of_names(const struct value *v, const uint8_t *from, const uint8_t *to,
			       size_t len)
{
	size_t same = 0;

	while (same < len && from[same] == to[same])
		same++;
	return v->masked ? SHARE_DOUBT : share_of_name(v->links, from, same);
}

/* By its index a rule names one link, which has a kind and a name. */
static uint64_t share_of_link(const struct links *links, uint32_t index)
{
	if (index == LINK_LOOPBACK)
		return 0;
	for (size_t i = 0; links && i < links->n; i++) {
		const struct link *l = &links->list[i];

		if (l->index == index && l->inner &&
		    share_is_inner((const uint8_t *)l->name, strlen(l->name)))
			return SHARE_SOME;
	}
	return SHARE_DOUBT;
}

static uint64_t share_of_indexes(const struct value *v, const uint8_t *from, const uint8_t *to,
				 size_t len)
{
	uint32_t index;

	if (len != sizeof(index) || memcmp(from, to, len) != 0)
		return SHARE_DOUBT;
	memcpy(&index, from, sizeof(index));
	return share_of_link(v->links, index);
}

static bool in_range(uint8_t n, const uint8_t *from, const uint8_t *to)
{
	return *from <= n && n <= *to;
}

/*
 * The sender may put headers before TCP's or UDP's: those of RFC 8200 that Linux reads on from.
 * (Behind ESP and AH nobody comes without a key.)
 */
static uint64_t share_of_next(const struct value *v, const uint8_t *from, const uint8_t *to,
			      size_t len)
{
	static const uint8_t leading[] = { IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_FRAGMENT,
					   IPPROTO_DSTOPTS };
	bool met = len != 1 || in_range(v->bytes[0], from, to);

	for (size_t i = 0; i < sizeof(leading); i++)
		met |= in_range(leading[i], from, to);
	return met ? SHARE_DOUBT : 0;
}

/* Of these a listener wants SYN alone (RFC 9293, 3.10.7.2); the others are the sender's. */
void share_first_flags(struct value *ret)
{
	const uint8_t asked = TH_FIN | TH_SYN | TH_RST | TH_ACK;

	*ret = (struct value){ FIELD_FLAGS, .len = 1, .bytes = { TH_SYN },
			       .loose = { (uint8_t)~asked } };
}

static uint64_t share_of_flags(const struct value *v, const uint8_t *from, const uint8_t *to,
			       size_t len)
{
	uint64_t all = SHARE_ALL;

	if (len != v->len || memcmp(from, to, len) != 0)
		return SHARE_DOUBT;
	for (size_t i = 0; i < len && i < sizeof(v->loose); i++) {
		if ((v->bytes[i] ^ from[i]) & ~v->loose[i])
			return 0;
		if (v->loose[i])
			all = SHARE_DOUBT;
	}
	return all;
}

bool share_is_routers(const struct gateways *gateways, const uint8_t *from, const uint8_t *to,
		      size_t len)
{
	for (size_t i = 0; gateways && i < gateways->n; i++) {
		const struct gateway *g = &gateways->at[i];

		if (g->n_hardware == len && memcmp(g->hardware, from, len) >= 0 &&
		    memcmp(g->hardware, to, len) <= 0)
			return true;
	}
	return false;
}

static uint64_t share_of_bits(const struct value *v, const uint8_t *from, const uint8_t *to,
			      size_t len)
{
	uint64_t low = share_lead(from, len), high = share_lead(to, len);

	if (v->masked)
		return v->bits < 32 ? SHARE_ALL >> v->bits : SHARE_SOME;
	return low <= high ? high - low + unit(len) : 0;
}

/* To ::1 nothing comes from a link: the kernel drops it before all rules, other than 127.0.0.1. */
static bool is_kept_out(const uint8_t *from, const uint8_t *to, size_t len)
{
	return len == sizeof(in6addr_loopback) && !memcmp(from, &in6addr_loopback, len) &&
	       !memcmp(from, to, len);
}

/* Groups and broadcasts are not this host's own address (RFC 1112; RFC 4291 section 2.7). */
static uint64_t share_of_host(const struct value *v, const uint8_t *from, const uint8_t *to,
			      size_t len)
{
	const bool ip4 = v->field == FIELD_HOST4;

	if (from[0] >= (ip4 ? 0xe0 : 0xff) || (v->aimed && is_kept_out(from, to, len)))
		return 0;
	if (!v->own || len != v->len || len > (ip4 ? 4 : 16))
		return SHARE_DOUBT;
	return addresses_within(v->own, ip4 ? NFPROTO_IPV4 : NFPROTO_IPV6, from, to,
				v->masked ? v->bytes : NULL, len)
		       ? SHARE_DOUBT
		       : 0;
}

/* A broadcast (RFC 919) is for everybody; a group for who has joined it. */
static uint64_t share_of_group(const struct value *v, const uint8_t *from, const uint8_t *to,
			       size_t len)
{
	const bool ip4 = v->field == FIELD_GROUP4;
	const bool broadcast = ip4 && *from >= 0xf0;
	const bool one = len == (ip4 ? 4 : 16) && !memcmp(from, to, len);

	if (v->masked)
		return SHARE_DOUBT;
	if (*to < (ip4 ? 0xe0 : 0xff))
		return 0;
	return one && v->names && !broadcast ? SHARE_SOME : SHARE_DOUBT;
}

uint64_t share_of_range(const struct value *v, const uint8_t *from, const uint8_t *to, size_t len)
{
	bool known = len && len == v->len && len <= sizeof(v->bytes);

	if (!len)
		return SHARE_DOUBT;
	switch (v->field) {
	case FIELD_UNKNOWN: break;
	case FIELD_KNOWN:
		if (!known)
			break;
		return memcmp(v->bytes, from, len) >= 0 && memcmp(v->bytes, to, len) <= 0
			       ? SHARE_ALL
			       : 0;
	case FIELD_OTHER:
		return known && !memcmp(v->bytes, from, len) && !memcmp(from, to, len)
			       ? 0
			       : SHARE_DOUBT;
	case FIELD_NEXT: return share_of_next(v, from, to, len);
	case FIELD_FLAGS: return share_of_flags(v, from, to, len);
	case FIELD_HARDWARE:
		if (!v->masked && share_is_routers(v->gateways, from, to, len))
			return SHARE_DOUBT;
		return share_of_bits(v, from, to, len);
	case FIELD_SOURCE:
	case FIELD_PORT: return share_of_bits(v, from, to, len);
	case FIELD_HOST4:
	case FIELD_HOST6: return share_of_host(v, from, to, len);
	case FIELD_GROUP4:
	case FIELD_GROUP6: return share_of_group(v, from, to, len);
	case FIELD_NAME: return share_of_names(v, from, to, len);
	case FIELD_LINK: return share_of_indexes(v, from, to, len);
	}
	return SHARE_DOUBT;
}

uint64_t share_below(const struct value *v, const uint8_t *to, size_t len, bool with)
{
	int order;

	if (v->field == FIELD_KNOWN && len && len == v->len) {
		order = memcmp(v->bytes, to, len);
		return order < 0 || (with && order == 0) ? SHARE_ALL : 0;
	}
	if ((v->field == FIELD_SOURCE || v->field == FIELD_PORT) && !v->masked && len)
		return share_lead(to, len) + (with ? unit(len) : 0);
	return SHARE_DOUBT;
}
