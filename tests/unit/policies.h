/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts of policies, of which only what a test is about differs. */
#pragma once

#include <arpa/inet.h>

#include "policy/document.h"
#include "tests/unit/test.h"

#define R(members) "{\"mode\":\"audit\",\"requirements\":[{" members "}]}"
#define PT	   "\"id\":\"p\",\"check\":\"patches\",\"grace\":\"0s\",\"deadlines\":"
#define RB	   "\"id\":\"p\",\"check\":\"patches\",\"grace\":\"0s\",\"reboot\":"
#define ROW(severity, a, b, c, d, e) \
	"{\"" severity "\":[\"" a "\",\"" b "\",\"" c "\",\"" d "\",\"" e "\"]}"
#define FW	   "\"id\":\"f\",\"check\":\"firewall\",\"grace\":\"0s\""
#define A(members) "{\"mode\":\"audit\",\"requirements\":[{" FW "}],\n\"allow\":{" members "}}"

#define S(members) "{\"mode\":\"audit\",\"requirements\":[{" FW "}],\n\"stale\":{" members "}}"

#define VPN(members) A("\"vpn\":[{" members "}]")
#define TO(name)     A("\"policy\":[{\"to\":\"" name "\",\"tcp\":[1]}]")
#define L50	     "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"

#define CP(members) \
	"{\"mode\":\"audit\",\"requirements\":[{" FW "}],\n\"captive_portal\":{" members "}}"
#define AT(probe) "\"at\":[\"192.0.2.9\"],\n\"probe\":\"" probe "\""
#define PROBE	  AT("http://a.example/ok")

static inline void assert_peer(const struct peer *p, const char *addr, uint8_t prefix, int proto,
			       uint16_t port)
{
	char text[INET6_ADDRSTRLEN];

	assert_string_equal(inet_ntop(p->family, p->addr, text, sizeof(text)), addr);
	assert_int_equal(p->prefix, prefix);
	assert_int_equal(p->proto, proto);
	assert_int_equal(p->port, port);
}
