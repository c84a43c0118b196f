// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/fetch/url.h"

#define SCHEME	  "https://"
#define LABEL_MAX 63
#define DIGITS	  "0123456789"
#define LETTERS	  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* What a path is made of: RFC 3986's pchar and '/', '%' looked at apart. */
#define PATH_BYTES LETTERS DIGITS "-._~!$&'()*+,;=:@/%"

int url_check_host(const char *host, struct fault *fault)
{
	const char *p = host, *last;

	if (strlen(host) >= URL_HOST_MAX)
		return fault_set(fault, -EINVAL, "the host's name is longer than 253 characters");
	for (;; p++) {
		size_t n = strspn(p, LETTERS DIGITS "-");

		if (n == 0 || n > LABEL_MAX || *p == '-' || p[n - 1] == '-')
			return fault_set(fault, -EINVAL, "\"%s\" is not the name of a host", host);
		last = p;
		p += n;
		if (*p != '.')
			break;
	}
	if (*p)
		return fault_set(fault, -EINVAL, "\"%s\" is not the name of a host", host);
	/* No top-level domain is a number, so this is an IPv4 address, or meant to be one. */
	if (last[strspn(last, DIGITS ".")] == '\0')
		return fault_set(fault, -EINVAL,
				 "%s is an address; use the name in the server's certificate",
				 host);
	return 0;
}

int url_check_port(const char *port, struct fault *fault)
{
	size_t n = strspn(port, DIGITS);
	long value = strtol(port, NULL, 10);

	if (n == 0 || n > 5 || port[n] || port[0] == '0' || value > 65535)
		return fault_set(fault, -EINVAL, "\"%s\" is not a port", port);
	return 0;
}

/* Percent-encoded bytes that some servers decode before they look for "..". */
static bool escape_ok(const char *p)
{
	static const char *const refused[] = { "2e", "2f", "5c" };

	if (strspn(p, DIGITS "abcdefABCDEF") < 2)
		return false;
	if (p[0] < '2' || !strncasecmp(p, "7f", 2))
		return false;
	for (size_t i = 0; i < COUNT(refused); i++)
		if (!strncasecmp(p, refused[i], 2))
			return false;
	return true;
}

int url_check_path(const char *path, struct fault *fault)
{
	if (*path == '/')
		return fault_set(fault, -EINVAL,
				 "the path begins with '/': it must stay in its base");
	if (strstr(path, ".."))
		return fault_set(fault, -EINVAL,
				 "the path has \"..\" in it: it must stay in its base");
	if (path[strspn(path, PATH_BYTES)])
		return fault_set(fault, -EINVAL, "byte 0x%02x must not stand in a path",
				 (unsigned char)path[strspn(path, PATH_BYTES)]);
	for (const char *p = path; (p = strchr(p, '%')); p++)
		if (!escape_ok(p + 1))
			return fault_set(fault, -EINVAL,
					 "the path has a bad or refused escape (%.3s)", p);
	return 0;
}

/* host[:port] */
static int take_authority(char *text, struct url *u, struct fault *fault)
{
	char *colon = strchr(text, ':');
	const char *port = "443";
	int r;

	if (*text == '[')
		return fault_set(fault, -EINVAL,
				 "%s is an address; use the name in the server's certificate",
				 text);
	if (colon) {
		*colon = '\0';
		port = colon + 1;
	}
	r = url_check_host(text, fault);
	if (r == 0)
		r = url_check_port(port, fault);
	if (r < 0)
		return r;
	memcpy(u->host, text, strlen(text) + 1);
	memcpy(u->port, port, strlen(port) + 1);
	return 0;
}

int url_parse(const char *base, struct url *ret, struct fault *fault)
{
	struct url u = { 0 };
	char authority[WIRE_URL_MAX];
	size_t n;
	int r;

	if (strncmp(base, SCHEME, strlen(SCHEME)))
		return fault_set(fault, -EINVAL, "\"%s\" does not begin with " SCHEME, base);
	if (strlen(base) >= WIRE_URL_MAX)
		return fault_set(fault, -EINVAL, "longer than %d characters", WIRE_URL_MAX - 1);
	base += strlen(SCHEME);
	n = strcspn(base, "/");
	if (base[n] != '/' || base[strlen(base) - 1] != '/')
		return fault_set(fault, -EINVAL, "\"" SCHEME "%s\" does not end in '/'", base);
	snprintf(authority, sizeof(authority), "%.*s", (int)n, base);
	snprintf(u.folder, sizeof(u.folder), "%s", base + n);
	r = take_authority(authority, &u, fault);
	if (r == 0)
		r = url_check_path(u.folder + 1, fault);
	if (r < 0)
		return r;
	*ret = u;
	return 0;
}
