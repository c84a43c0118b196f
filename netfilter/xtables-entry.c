// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stddef.h>
#include <string.h>

#include "netfilter/xtables-parts.h"

static size_t head_size(const struct xt_table *t)
{
	return t->family == NFPROTO_IPV4 ? sizeof(struct ipt_entry) : sizeof(struct ip6t_entry);
}

static void offsets_of(const struct xt_table *t, uint32_t at, uint32_t *target, uint32_t *next)
{
	if (t->family == NFPROTO_IPV4) {
		struct ipt_entry e;

		memcpy(&e, t->bytes + at, sizeof(e));
		*target = e.target_offset;
		*next = e.next_offset;
	} else {
		struct ip6t_entry e;

		memcpy(&e, t->bytes + at, sizeof(e));
		*target = e.target_offset;
		*next = e.next_offset;
	}
}

static bool is_name(const char *name, size_t room)
{
	return memchr(name, '\0', room);
}

/* A target's room is what its rule leaves; a match says its own. */
static bool are_matches(const uint8_t *at, uint32_t left)
{
	while (left) {
		struct xt_entry_match m;

		if (left < sizeof(m))
			return false;
		memcpy(&m, at, sizeof(m));
		if (m.u.match_size < sizeof(m) || m.u.match_size > left ||
		    !is_name(m.u.user.name, sizeof(m.u.user.name)))
			return false;
		at += m.u.match_size;
		left -= m.u.match_size;
	}
	return true;
}

int xt_rule_at(const struct xt_table *t, uint32_t at, struct xt_rule *ret)
{
	const uint32_t head = (uint32_t)head_size(t), left = t->size - at;
	struct xt_entry_target x;
	uint32_t target, next;

	if (at > t->size || left < head)
		return -EBADMSG;
	offsets_of(t, at, &target, &next);
	if (target < head || next > left || target > next || next - target < sizeof(x))
		return -EBADMSG;
	memcpy(&x, t->bytes + at + target, sizeof(x));
	if (x.u.target_size < sizeof(x) || x.u.target_size > next - target ||
	    !is_name(x.u.user.name, sizeof(x.u.user.name)) ||
	    !are_matches(t->bytes + at + head, target - head))
		return -EBADMSG;
	*ret = (struct xt_rule){ .head = t->bytes + at,
				 .matches = t->bytes + at + head,
				 .n_matches = target - head,
				 .target = t->bytes + at + target,
				 .n_target = x.u.target_size,
				 .next = at + next };
	return 0;
}

enum xt_does xt_does(const struct xt_rule *rule, int32_t *verdict)
{
	struct xt_entry_target x;

	memcpy(&x, rule->target, sizeof(x));
	if (!strcmp(x.u.user.name, XT_ERROR_TARGET))
		return XT_DOES_BEGIN;
	if (*x.u.user.name || rule->n_target < sizeof(struct xt_standard_target))
		return XT_DOES_MORE;
	memcpy(verdict, rule->target + sizeof(x), sizeof(*verdict));
	if (*verdict >= 0)
		return XT_DOES_JUMP;
	if (*verdict == XT_RETURN)
		return XT_DOES_RETURN;
	*verdict = -(*verdict + 1);
	return XT_DOES_VERDICT;
}

const char *xt_begins(const struct xt_rule *rule)
{
	const char *name = (const char *)rule->target + offsetof(struct xt_error_target, errorname);

	return rule->n_target >= sizeof(struct xt_error_target) &&
			       is_name(name, XT_FUNCTION_MAXNAMELEN)
		       ? name
		       : NULL;
}

bool xt_is_for_all(const struct xt_table *t, const struct xt_rule *rule)
{
	const size_t len = t->family == NFPROTO_IPV4 ? sizeof(struct ipt_ip)
						     : sizeof(struct ip6t_ip6);
	static const uint8_t nothing[sizeof(struct ip6t_ip6)];

	_Static_assert(sizeof(struct ipt_ip) <= sizeof(nothing), "it is the larger one");
	return !rule->n_matches && !memcmp(rule->head, nothing, len);
}
