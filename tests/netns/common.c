// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/netns/common.h"
#include "tests/unit/test.h"

void sh(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (system(line))
		fail_msg("%s", line);
}

socklen_t make_address(const char *text, uint16_t port, union address *ret)
{
	*ret = (union address){ 0 };
	if (strchr(text, ':')) {
		ret->v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6,
						 .sin6_port = htons(port) };
		assert_int_equal(inet_pton(AF_INET6, text, &ret->v6.sin6_addr), 1);
		return sizeof(ret->v6);
	}
	ret->v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
	assert_int_equal(inet_pton(AF_INET, text, &ret->v4.sin_addr), 1);
	return sizeof(ret->v4);
}
