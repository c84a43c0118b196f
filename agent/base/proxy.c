// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/proxy.h"

#define SCHEME "https://"

struct server {
	char host[WIRE_URL_MAX];
	char port[8];
};

static const char *variable(const char *name, const char *capitals)
{
	const char *value = getenv(name);

	if (!value)
		value = getenv(capitals);
	return value ? value : "";
}

static void take_server(const char *url, struct server *s)
{
	const char *from = url + (strncmp(url, SCHEME, strlen(SCHEME)) ? 0 : strlen(SCHEME));
	size_t n = strcspn(from, ":/");

	snprintf(s->host, sizeof(s->host), "%.*s", (int)n, from);
	snprintf(s->port, sizeof(s->port), "%s", "443");
	if (from[n] == ':')
		snprintf(s->port, sizeof(s->port), "%.*s", (int)strcspn(from + n + 1, "/"),
			 from + n + 1);
}

/* "example.org" and ".example.org" mean it and all below it. */
static bool is_meant(const struct server *s, const char *word, size_t len)
{
	const char *colon = memchr(word, ':', len);
	size_t room = strlen(s->host);

	if (colon) {
		size_t digits = len - (size_t)(colon + 1 - word);

		if (strlen(s->port) != digits || strncmp(s->port, colon + 1, digits))
			return false;
		len = (size_t)(colon - word);
	}
	if (len && *word == '.') {
		word++;
		len--;
	}
	if (len == 1 && *word == '*')
		return true;
	if (!len || len > room || strncasecmp(s->host + room - len, word, len))
		return false;
	return len == room || s->host[room - len - 1] == '.';
}

static bool is_direct(const char *url)
{
	const char *p = variable("no_proxy", "NO_PROXY");
	struct server s;
	size_t len;

	take_server(url, &s);
	for (; *(p += strspn(p, ", \t")); p += len) {
		len = strcspn(p, ", \t");
		if (is_meant(&s, p, len))
			return true;
	}
	return false;
}

int proxy_choose(const char *setting, const char *url, char ret[WIRE_URL_MAX])
{
	const char *proxy = setting, *scheme = "";
	char text[WIRE_URL_MAX];
	int n;

	if (!strcmp(setting, PROXY_NONE))
		proxy = "";
	if (!strcmp(setting, PROXY_ENVIRONMENT)) {
		proxy = is_direct(url) ? "" : variable("https_proxy", "HTTPS_PROXY");
		scheme = *proxy && !strstr(proxy, "://") ? "http://" : "";
	}
	n = snprintf(text, sizeof(text), "%s%s", scheme, proxy);
	if (n < 0 || (size_t)n >= sizeof(text))
		return -ENAMETOOLONG;
	memcpy(ret, text, (size_t)n + 1);
	return 0;
}
