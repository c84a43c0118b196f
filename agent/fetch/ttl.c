// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>

#include "agent/fetch/ttl.h"

#define ANSWER_MAX   4096
#define WAIT_SECONDS 2 /* the addresses are known already, so the resolver is near */

uint32_t ttl_read(const uint8_t *answer, size_t len)
{
	uint32_t least = 0;
	ns_msg msg;

	if (ns_initparse(answer, (int)len, &msg) < 0)
		return 0;
	for (int i = 0; i < ns_msg_count(msg, ns_s_an); i++) {
		ns_rr rr;

		if (ns_parserr(&msg, ns_s_an, i, &rr) < 0)
			return 0;
		if (!least || ns_rr_ttl(rr) < least)
			least = ns_rr_ttl(rr) ? ns_rr_ttl(rr) : 1; /* 0 is "now", and said */
	}
	return least;
}

static uint32_t ask(struct __res_state *state, const char *name, int type)
{
	uint8_t answer[ANSWER_MAX];
	int n = res_nquery(state, name, ns_c_in, type, answer, sizeof(answer));

	return n > 0 && n <= (int)sizeof(answer) ? ttl_read(answer, (size_t)n) : 0;
}

uint32_t ttl_ask(const char *name)
{
	struct __res_state state = { 0 };
	uint32_t v4, v6;

	if (res_ninit(&state) < 0)
		return 0;
	state.retrans = WAIT_SECONDS;
	state.retry = 1;
	v4 = ask(&state, name, ns_t_a);
	v6 = ask(&state, name, ns_t_aaaa);
	res_nclose(&state);
	return v4 && (!v6 || v4 < v6) ? v4 : v6;
}
