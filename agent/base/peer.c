// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/peer.h"

static int read_port(const char *text, uint16_t *ret)
{
	char *end;
	unsigned long n;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	n = strtoul(text, &end, 10);
	if (*end || n == 0 || n > 65535)
		return -EINVAL;
	*ret = (uint16_t)n;
	return 0;
}

int peer_read(const char *text, struct peer *ret)
{
	const char *colon = strrchr(text, ':');
	bool v6 = *text == '[';
	char addr[INET6_ADDRSTRLEN];
	struct peer p = { .proto = IPPROTO_TCP };
	size_t len;

	if (!colon || (v6 && (colon - text < 2 || colon[-1] != ']')))
		return -EINVAL;
	len = (size_t)(colon - text) - (v6 ? 2 : 0);
	if (len >= sizeof(addr))
		return -EINVAL;
	memcpy(addr, text + v6, len);
	addr[len] = '\0';
	p.family = v6 ? AF_INET6 : AF_INET;
	p.prefix = (uint8_t)family_bits(p.family);
	if (inet_pton(p.family, addr, p.addr) != 1 || read_port(colon + 1, &p.port) < 0)
		return -EINVAL;
	*ret = p;
	return 0;
}

const char *peer_text(const struct peer *p, char out[PEER_TEXT])
{
	bool v6 = p->family == AF_INET6;
	char addr[INET6_ADDRSTRLEN] = "?";

	inet_ntop(p->family, p->addr, addr, sizeof(addr));
	snprintf(out, PEER_TEXT, v6 ? "[%s]:%u" : "%s:%u", addr, p->port);
	return out;
}
