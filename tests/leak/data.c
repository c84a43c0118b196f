// SPDX-License-Identifier: GPL-2.0-or-later
/* What the packets carry: the token, or a message of some protocol with the token in it. */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <string.h>

#include "agent/base/count.h"
#include "tests/leak/data.h"

static void put_label(struct pen *p, const char *label)
{
	put8(p, (unsigned)strlen(label));
	put(p, label, strlen(label));
}

/* RFC 1035. */
static void put_dns(struct pen *p, unsigned flags, unsigned questions, unsigned answers,
		    unsigned additional)
{
	const uint16_t head[] = { htons(0x4c4b),
				  htons((uint16_t)flags),
				  htons((uint16_t)questions),
				  htons((uint16_t)answers),
				  0,
				  htons((uint16_t)additional) };

	put(p, head, sizeof(head));
}

/* For an address; the token may be the first label, or the last. */
static void put_question(struct pen *p, const char *before, const char *after)
{
	if (before)
		put_label(p, before);
	put_label(p, "policy");
	put_label(p, "example");
	if (after)
		put_label(p, after);
	put8(p, 0);
	put16(p, 1);
	put16(p, 1);
}

static void data_token(struct pen *p, const struct shot *s)
{
	put_token(p, s);
}

static void data_dns_name(struct pen *p, const struct shot *s)
{
	put_dns(p, 0x0100, 1, 0, 0);
	put_question(p, s->token, NULL);
}

static void data_dns_longer(struct pen *p, const struct shot *s)
{
	put_dns(p, 0x0100, 1, 0, 0);
	put_question(p, NULL, s->token);
}

/* A name of the same length. */
static void data_dns_other(struct pen *p, const struct shot *s)
{
	char label[15];

	strcpy(label, "policy.example");
	memcpy(label + 6, s->token, 8);
	put_dns(p, 0x0100, 1, 0, 0);
	put_label(p, label);
	put8(p, 0);
	put16(p, 1);
	put16(p, 1);
}

static void data_dns_two(struct pen *p, const struct shot *s)
{
	put_dns(p, 0x0100, 2, 0, 0);
	put_question(p, NULL, NULL);
	put_question(p, s->token, NULL);
}

static void data_dns_tail(struct pen *p, const struct shot *s)
{
	put_dns(p, 0x0100, 1, 0, 0);
	put_question(p, NULL, NULL);
	put_token(p, s);
}

static void data_dns_plain(struct pen *p, const struct shot *s)
{
	(void)s;
	put_dns(p, 0x0100, 1, 0, 0);
	put_question(p, NULL, NULL);
}

/* A record of text, behind the question that it would answer. */
static void put_text(struct pen *p, const struct shot *s, unsigned flags, unsigned answers)
{
	put_dns(p, flags, 1, answers, !answers);
	put_question(p, NULL, NULL);
	put16(p, 0xc00c);
	put16(p, 16);
	put16(p, 1);
	put_zeros(p, 4);
	put16(p, (unsigned)strlen(s->token) + 1);
	put_label(p, s->token);
}

static void data_dns_answer(struct pen *p, const struct shot *s)
{
	put_text(p, s, 0x8180, 1);
}

static void data_dns_further(struct pen *p, const struct shot *s)
{
	put_text(p, s, 0x0100, 0);
}

/* RFC 6891: an option of the experimental range. */
static void data_dns_edns(struct pen *p, const struct shot *s)
{
	size_t n = strlen(s->token);

	put_dns(p, 0x0100, 1, 0, 1);
	put_question(p, NULL, NULL);
	put8(p, 0);
	put16(p, 41);
	put16(p, 1232);
	put_zeros(p, 4);
	put16(p, (unsigned)n + 4);
	put16(p, 65001);
	put16(p, (unsigned)n);
	put_token(p, s);
}

/* Over TCP a message has its length before it. */
static void data_dns_tcp(struct pen *p, const struct shot *s)
{
	uint8_t *length = p->at;

	put_zeros(p, 2);
	put_dns(p, 0x0100, 1, 0, 0);
	put_question(p, s->token, NULL);
	length[1] = (uint8_t)(p->at - length - 2);
}

/* RFC 2131: DISCOVER with the token as the host's name. */
static void data_dhcp(struct pen *p, const struct shot *s)
{
	static const uint8_t head[] = { 1, 1, 6, 0, 'l', 'k', 0, 1, 0, 0, 0x80, 0 };
	static const uint8_t magic[] = { 99, 130, 83, 99, 53, 1, 1, 12 };

	put(p, head, sizeof(head));
	put_zeros(p, 16);
	put(p, s->smac, 6);
	put_zeros(p, 10 + 64 + 128);
	put(p, magic, sizeof(magic));
	put_label(p, s->token);
	put8(p, 255);
}

/* RFC 826; `who` says it is at `smac`. */
static void put_arp(struct pen *p, const struct shot *s, unsigned op)
{
	put16(p, 1);
	put16(p, ETHERTYPE_IP);
	put16(p, 0x0604);
	put16(p, op);
	put(p, s->smac, 6);
	put(p, s->from, 4);
	put(p, s->dmac, 6);
	put(p, s->to, 4);
}

static void data_arp(struct pen *p, const struct shot *s)
{
	put_arp(p, s, 1);
}

static void data_arp_answer(struct pen *p, const struct shot *s)
{
	put_arp(p, s, 2);
}

static void data_arp_padding(struct pen *p, const struct shot *s)
{
	put_arp(p, s, 1);
	put_token(p, s);
	put_zeros(p, 18 - strlen(s->token));
}

/* Who asks is nobody, and says so in eight of ten bytes. */
static void data_arp_fields(struct pen *p, const struct shot *s)
{
	put_arp(p, s, 1);
	memcpy(p->at - 20, s->token, strlen(s->token));
}

/* RFC 4861: the reserved word and the target, `via`, behind it. */
static void data_nd(struct pen *p, const struct shot *s)
{
	put(p, s->via, 16);
}

static void data_nd_target(struct pen *p, const struct shot *s)
{
	put(p, "\xfe\x80\0\0\0\0\0\0", 8);
	put(p, s->token, 8);
}

static void data_nd_option(struct pen *p, const struct shot *s)
{
	data_nd(p, s);
	put8(p, 1);
	put8(p, 4);
	put_token(p, s);
	put_zeros(p, 30 - strlen(s->token));
}

/* What poisons: "the target is at smac". */
static void data_nd_answer(struct pen *p, const struct shot *s)
{
	data_nd(p, s);
	put8(p, 2);
	put8(p, 1);
	put(p, s->smac, 6);
}

static const struct {
	const char *name;
	void (*put)(struct pen *p, const struct shot *s);
} datas[] = {
	{ "token", data_token },
	{ "dns-name", data_dns_name },
	{ "dns-longer", data_dns_longer },
	{ "dns-other", data_dns_other },
	{ "dns-two", data_dns_two },
	{ "dns-tail", data_dns_tail },
	{ "dns-plain", data_dns_plain },
	{ "dns-answer", data_dns_answer },
	{ "dns-further", data_dns_further },
	{ "dns-edns", data_dns_edns },
	{ "dns-tcp", data_dns_tcp },
	{ "dhcp", data_dhcp },
	{ "arp", data_arp },
	{ "arp-answer", data_arp_answer },
	{ "arp-padding", data_arp_padding },
	{ "arp-fields", data_arp_fields },
	{ "nd", data_nd },
	{ "nd-target", data_nd_target },
	{ "nd-option", data_nd_option },
	{ "nd-answer", data_nd_answer },
};

bool put_data(struct pen *p, const struct shot *s)
{
	for (size_t i = 0; i < COUNT(datas); i++) {
		if (!strcmp(datas[i].name, s->data)) {
			datas[i].put(p, s);
			return true;
		}
	}
	return false;
}
