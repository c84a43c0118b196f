// SPDX-License-Identifier: GPL-2.0-or-later
/* The helpdesk's answer to `lazaret release`. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/span.h"
#include "policy/digest.h"
#include "policy/json.h"
#include "policy/publisher/hand.h"
#include "policy/publisher/options.h"
#include "policy/publisher/public.h"
#include "policy/publisher/tool.h"
#include "policy/token.h"

#define FILE_MAX 8192

/* What belongs into the policy, so that these keys may release hosts. */
static int print_rule(const struct options *o, struct fault *fault)
{
	_drop_(drop_json) json_t *keys = json_array();
	_drop_(drop_json) json_t *rule = NULL;
	char id[KEY_ID_TEXT];

	for (size_t i = 0; i < o->public.n; i++) {
		json_t *key = NULL;
		int r = public_load(AT_FDCWD, o->public.at[i], &key, id, fault);

		if (r < 0)
			return r;
		json_array_append_new(keys, key);
	}
	rule = json_pack("{s:{s:O, s:i, s:s}}", "release", "keys", keys, "threshold",
			 o->threshold ? (int)o->threshold : 1, "max", o->span ? o->span : "8h");
	if (!rule || json_dumpf(rule, stdout, JSON_INDENT(2)) < 0)
		return -ENOMEM;
	putchar('\n');
	return 0;
}

static int begin(const struct options *o, struct token *t, struct fault *fault)
{
	uint64_t seconds;
	int r = challenge_read(o->challenge, &t->to, fault);

	if (r < 0)
		return r;
	if (!o->span || span_parse(o->span, &seconds) < 0 || !seconds || seconds > UINT32_MAX)
		return fault_set(fault, -EINVAL, "--for must say how long, for instance 2h");
	t->seconds = (uint32_t)seconds;
	if (o->reason && strlen(o->reason) >= sizeof(t->reason))
		return fault_set(fault, -EINVAL, "--reason is longer than %zu bytes",
				 sizeof(t->reason) - 1);
	snprintf(t->reason, sizeof(t->reason), "%s", o->reason ? o->reason : "");
	return 0;
}

/* A token that somebody else has signed, where it takes two. */
static int go_on(const char *file, struct token *t, struct fault *fault)
{
	_free_ char *text = NULL;
	size_t len;
	int r = io_read(AT_FDCWD, file, FILE_MAX, &text, &len);

	if (r == 0)
		r = token_read(text, t, fault);
	return r < 0 ? fault_set(fault, r, "%s: %s", file, strerror(-r)) : 0;
}

static int add_sign(struct token *t, const json_t *signature, struct fault *fault)
{
	const char *id = json_string_value(json_object_get(signature, "keyid"));
	const char *hex = json_string_value(json_object_get(signature, "sig"));
	struct token_sign *s = &t->by[t->n];
	uint8_t key[DIGEST_MAX];
	int n;

	if (t->n == TOKEN_SIGNS || digest_unhex(id, key, sizeof(key)) < TOKEN_KEY)
		return fault_set(fault, -E2BIG, "it has %d signatures already", TOKEN_SIGNS);
	n = digest_unhex(hex, s->sig, sizeof(s->sig));
	if (n <= 0)
		return fault_set(fault, -EFBIG, "too long a signature; use a key of P-256");
	memcpy(s->key, key, TOKEN_KEY);
	s->len = (size_t)n;
	t->n++;
	return 0;
}

static int sign(const struct options *o, struct token *t, struct fault *fault)
{
	_drop_(drop_hand) struct hand *hand = NULL;
	_drop_(drop_json) json_t *signatures = json_array();
	_drop_(drop_json) json_t *body = token_body(t);
	size_t added = 0, i;
	json_t *s;
	int r = body && signatures ? hand_open(-1, o, false, &hand, fault) : -ENOMEM;

	if (r == 0)
		r = hand_sign(hand, NULL, body, signatures, &added, fault);
	json_array_foreach(signatures, i, s)
		if (r == 0)
			r = add_sign(t, s, fault);
	return r;
}

static int grant(const struct options *o, struct fault *fault)
{
	struct token t = { .n = 0 };
	char text[TOKEN_TEXT], host[HOST_TEXT], span[SPAN_TEXT];
	int r = o->challenge ? begin(o, &t, fault) : go_on(o->args[0], &t, fault);

	if (r == 0)
		r = sign(o, &t, fault);
	if (r == 0)
		r = token_write(&t, text, fault);
	if (r < 0)
		return r;
	host_write(t.to.host, host);
	fprintf(stderr, "host %s is released for %s once it is given this:\n", host,
		span_text(t.seconds, span));
	printf("%s\n", text);
	return 0;
}

int grant_main(int argc, char **argv)
{
	struct fault fault = { 0 };
	struct options o;
	bool rule;
	int r;

	if (options_read(argc, argv, "kputcfs", 0, 1, &o) < 0)
		return tool_usage("release");
	rule = o.public.n && !o.keys.n && !o.challenge && !o.args[0];
	if (!rule && (!o.keys.n || o.public.n || !o.challenge == !o.args[0]))
		return tool_usage("release");
	r = rule ? print_rule(&o, &fault) : grant(&o, &fault);
	return r < 0 ? options_fail("nothing was signed", r, &fault) : 0;
}
