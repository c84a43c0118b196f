// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/count.h"
#include "policy/exposed.h"
#include "policy/reader.h"

bool exposed_may(const struct exposed *e, uint8_t protocol, uint16_t from, uint16_t to)
{
	if (!e->demanded)
		return true;
	for (size_t i = 0; i < e->n; i++)
		if (e->list[i].protocol == protocol && e->list[i].from <= from &&
		    to <= e->list[i].to)
			return true;
	return false;
}

static int take_port(const char **at, uint16_t *ret)
{
	char *end;
	unsigned long n;

	if (!isdigit((unsigned char)**at))
		return -EINVAL;
	n = strtoul(*at, &end, 10);
	if (n < 1 || n > UINT16_MAX)
		return -EINVAL;
	*ret = (uint16_t)n;
	*at = end;
	return 0;
}

int exposed_range(const char *text, struct port_range *ret)
{
	static const struct {
		const char *name;
		uint8_t protocol;
	} protocols[] = { { "tcp/", IPPROTO_TCP },
			  { "udp/", IPPROTO_UDP },
			  { "sctp/", IPPROTO_SCTP } };
	struct port_range p = { 0 };

	for (size_t i = 0; i < COUNT(protocols); i++)
		if (!strncmp(text, protocols[i].name, strlen(protocols[i].name))) {
			p.protocol = protocols[i].protocol;
			text += strlen(protocols[i].name);
		}
	if (!p.protocol || take_port(&text, &p.from) < 0)
		return -EINVAL;
	p.to = p.from;
	if (*text == '-') {
		text++;
		if (take_port(&text, &p.to) < 0)
			return -EINVAL;
	}
	if (*text || p.to < p.from)
		return -EINVAL;
	*ret = p;
	return 0;
}

static int read_one(struct reader *r, json_t *item, void *into)
{
	const char *text = json_string_value(item);
	struct exposed *e = into;

	/* The bound is the array's, which reader_array() has checked. */
	if (!text || exposed_range(text, &e->list[e->n]) < 0)
		return reader_refuse_value(r, item,
					   "is not a port, like \"tcp/22\" or \"udp/6000-6007\"");
	e->n++;
	return 0;
}

int exposed_read(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct exposed *e = field;

	e->demanded = true;
	return reader_array(r, m, value, read_one, e);
}
