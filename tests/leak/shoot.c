// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * shoot BY TOKEN [KEY=VALUE]... - sends one packet that carries the token (or count= of them).
 *   BY: socket (UDP, TCP or ping), flow (one line of input, one send), raw (an IP header of our
 *   own), frame, bypass (past the queue), cooked (packet socket without Ethernet), tap, xdp.
 * Nothing is said when a send is refused: whether it arrived is for the far side to say.
 */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/count.h"
#include "tests/leak/shoot-ways.h"

enum kind { ADDRESS, MAC, NUMBER8, NUMBER16, NUMBER, FLAG, TEXT };

static const struct {
	const char *key;
	enum kind kind;
	size_t at;
} keys[] = {
#define KEY(name, kind, member)                              \
	{                                                    \
		name, kind, offsetof(struct options, member) \
	}
	KEY("to", ADDRESS, shot.to),
	KEY("from", ADDRESS, shot.from),
	KEY("via", ADDRESS, shot.via),
	KEY("sport", NUMBER16, shot.sport),
	KEY("dport", NUMBER16, shot.dport),
	KEY("proto", NUMBER8, shot.proto),
	KEY("type", NUMBER8, shot.type),
	KEY("code", NUMBER8, shot.code),
	KEY("rest", NUMBER8, shot.rest),
	KEY("flags", NUMBER8, shot.flags),
	KEY("hops", NUMBER8, shot.hops),
	KEY("offset", NUMBER16, shot.offset),
	KEY("more", FLAG, shot.more),
	KEY("odd", TEXT, shot.odd),
	KEY("data", TEXT, shot.data),
	KEY("smac", MAC, shot.smac),
	KEY("dmac", MAC, shot.dmac),
	KEY("ether", NUMBER16, shot.ether),
	KEY("vlan", NUMBER16, shot.vlan),
	KEY("outer", NUMBER16, shot.outer),
	KEY("trailer", FLAG, shot.trailer),
	KEY("dev", TEXT, dev),
	KEY("wait", FLAG, wait),
	KEY("mapped", FLAG, mapped),
	KEY("spoofed", FLAG, spoofed),
	KEY("named", FLAG, named),
	KEY("mark", NUMBER, mark),
	KEY("how", TEXT, how),
	KEY("mptcp", FLAG, mptcp),
	KEY("count", NUMBER, count),
	KEY("hold", NUMBER, hold),
};

static bool read_mac(const char *text, uint8_t *mac)
{
	return sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1, mac + 2, mac + 3,
		      mac + 4, mac + 5) == 6;
}

static bool read_value(struct options *o, enum kind kind, void *at, const char *text)
{
	unsigned long n = strtoul(text, NULL, 0);

	switch (kind) {
	case ADDRESS:
		o->shot.v6 |= strchr(text, ':') != NULL;
		return inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, at) == 1;
	case MAC: return read_mac(text, at);
	case NUMBER8: *(uint8_t *)at = (uint8_t)n; break;
	case NUMBER16: *(uint16_t *)at = (uint16_t)n; break;
	case NUMBER: *(int *)at = (int)n; break;
	case FLAG: *(bool *)at = n; break;
	case TEXT: *(const char **)at = text; break;
	}
	return true;
}

static bool read_option(struct options *o, const char *word)
{
	size_t n = strcspn(word, "=");

	for (size_t i = 0; word[n] && i < COUNT(keys); i++) {
		if (strlen(keys[i].key) == n && !strncmp(keys[i].key, word, n))
			return read_value(o, keys[i].kind, (char *)o + keys[i].at, word + n + 1);
	}
	return false;
}

static int shoot(const struct options *o, const struct way *way)
{
	const int rounds = way->all ? 1 : o->count;
	int r = 0;

	for (int i = 0; r == 0 && i < rounds; i++)
		r = way->send(o);
	return r == -WAY_ABSENT ? WAY_ABSENT : r < 0;
}

int main(int argc, char **argv)
{
	struct options o = { .dev = "up0",
			     .how = "",
			     .count = 1,
			     .hold = 10,
			     .shot = { .proto = IPPROTO_UDP,
				       .sport = 0,
				       .dport = 9999,
				       .flags = 2,
				       .hops = 64,
				       .data = "token" } };

	if (argc < 3)
		return 2;
	o.shot.token = argv[2];
	for (int i = 3; i < argc; i++) {
		if (!read_option(&o, argv[i])) {
			fprintf(stderr, "shoot: cannot read %s\n", argv[i]);
			return 2;
		}
	}
	if (!o.shot.ether)
		o.shot.ether = o.shot.v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP;
	for (const struct way *w = ways; w->name; w++) {
		if (!strcmp(w->name, argv[1]))
			return shoot(&o, w);
	}
	fprintf(stderr, "shoot: no way is called %s\n", argv[1]);
	return 2;
}
