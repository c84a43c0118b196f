// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "policy/token.h"

#define KIND 1 /* the only kind of token there is */

static uint64_t get(const uint8_t *at, size_t n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | *at++;
	return v;
}

static void put(uint8_t *at, uint64_t v, size_t n)
{
	while (n--) {
		at[n] = (uint8_t)v;
		v >>= 8;
	}
}

int challenge_write(const struct challenge *c, char ret[CHALLENGE_TEXT])
{
	uint8_t data[CHALLENGE_BYTES];

	memcpy(data, c->host, HOST_ID);
	put(data + HOST_ID, c->nonce, 8);
	return code_seal(data, sizeof(data), ret);
}

int challenge_read(const char *text, struct challenge *ret, struct fault *fault)
{
	uint8_t data[CHALLENGE_BYTES];

	if (code_open(text, data, sizeof(data)) != sizeof(data))
		return fault_set(fault, -EINVAL,
				 "not a challenge as `lazaret release` shows it; a letter may be "
				 "wrong or missing");
	memcpy(ret->host, data, HOST_ID);
	ret->nonce = get(data + HOST_ID, 8);
	return 0;
}

/* Bytes that are written or read one after the other; past the end it is bad for good. */
struct tape {
	uint8_t data[TOKEN_BYTES];
	size_t at, end;
	bool bad;
};

static uint8_t *roll(struct tape *t, size_t n)
{
	if (t->bad || n > t->end - t->at) {
		t->bad = true;
		return NULL;
	}
	t->at += n;
	return t->data + t->at - n;
}

static void write_number(struct tape *t, uint64_t v, size_t n)
{
	uint8_t *at = roll(t, n);

	if (at)
		put(at, v, n);
}

static void write_bytes(struct tape *t, const void *data, size_t n)
{
	uint8_t *at = roll(t, n);

	if (at)
		memcpy(at, data, n);
}

static uint64_t read_number(struct tape *t, size_t n)
{
	const uint8_t *at = roll(t, n);

	return at ? get(at, n) : 0;
}

static void read_bytes(struct tape *t, void *ret, size_t n)
{
	const uint8_t *at = roll(t, n);

	if (at)
		memcpy(ret, at, n);
}

int token_write(const struct token *t, char ret[TOKEN_TEXT], struct fault *fault)
{
	struct tape tape = { .end = TOKEN_BYTES };

	write_number(&tape, KIND, 1);
	write_bytes(&tape, t->to.host, HOST_ID);
	write_number(&tape, t->to.nonce, 8);
	write_number(&tape, t->seconds, 4);
	write_number(&tape, strlen(t->reason), 1);
	write_bytes(&tape, t->reason, strlen(t->reason));
	write_number(&tape, t->n, 1);
	for (size_t i = 0; i < t->n; i++) {
		write_bytes(&tape, t->by[i].key, TOKEN_KEY);
		write_number(&tape, t->by[i].len, 2);
		write_bytes(&tape, t->by[i].sig, t->by[i].len);
	}
	if (tape.bad)
		return fault_set(fault, -EFBIG, "signatures of more than a token may have");
	return code_seal(tape.data, tape.at, ret);
}

/* Else it could not be what was signed, which is JSON. */
static bool is_plain(const char *s)
{
	json_t *text = json_string(s);
	bool is = text;

	json_decref(text);
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return is;
}

static void read_reason(struct tape *tape, struct token *t)
{
	size_t n = read_number(tape, 1);

	tape->bad |= n >= sizeof(t->reason);
	read_bytes(tape, t->reason, tape->bad ? 0 : n);
	tape->bad |= strlen(t->reason) != n || !is_plain(t->reason);
}

static void read_signs(struct tape *tape, struct token *t)
{
	t->n = read_number(tape, 1);
	tape->bad |= t->n > TOKEN_SIGNS;
	for (size_t i = 0; !tape->bad && i < t->n; i++) {
		struct token_sign *s = &t->by[i];

		read_bytes(tape, s->key, TOKEN_KEY);
		s->len = read_number(tape, 2);
		tape->bad |= !s->len || s->len > sizeof(s->sig);
		read_bytes(tape, s->sig, tape->bad ? 0 : s->len);
	}
}

int token_read(const char *text, struct token *ret, struct fault *fault)
{
	struct tape tape = { .at = 0 };
	struct token t = { .n = 0 };
	int n = code_open(text, tape.data, sizeof(tape.data));

	if (n < 0)
		return fault_set(fault, -EBADMSG,
				 "not a token of `lazaret-policy release`; a letter may be wrong "
				 "or missing");
	tape.end = (size_t)n;
	tape.bad = read_number(&tape, 1) != KIND;
	read_bytes(&tape, t.to.host, HOST_ID);
	t.to.nonce = read_number(&tape, 8);
	t.seconds = (uint32_t)read_number(&tape, 4);
	read_reason(&tape, &t);
	read_signs(&tape, &t);
	if (tape.bad || tape.at != tape.end)
		return fault_set(fault, -EBADMSG, "not a token of a kind that is known here");
	*ret = t;
	return 0;
}

json_t *token_body(const struct token *t)
{
	char host[HOST_TEXT], nonce[17];

	host_write(t->to.host, host);
	snprintf(nonce, sizeof(nonce), "%016" PRIx64, t->to.nonce);
	return json_pack("{s:s, s:s, s:s, s:I, s:s}", "_type", "release", "host", host, "nonce",
			 nonce, "seconds", (json_int_t)t->seconds, "reason", t->reason);
}
