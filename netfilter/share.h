/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What share of the packets that nobody asked for meets a condition, in parts of SHARE_ALL.
 * The packet is the first of a TCP or UDP connection, from the network, in the clear, to this
 * host's own address.  Of its other fields we know which they are: a source address and a
 * destination port name somebody or something, unless they name too much.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct addresses;
struct gateways;
struct links;

#define SHARE_ALL   (UINT64_C(1) << 32)
#define SHARE_DOUBT (SHARE_ALL / 2) /* cannot be told; so is its contrary */
#define SHARE_SOME  UINT64_C(1)	    /* what somebody named */

/* What is less names something; at least half of all ports, or a sixteenth of all else, does not.
 */
#define SHARE_MOST_PORTS (SHARE_ALL / 2)
#define SHARE_MOST	 (SHARE_ALL / 16)

enum field {
	FIELD_UNKNOWN,	/* anything may be in it */
	FIELD_KNOWN,	/* `bytes` */
	FIELD_OTHER,	/* anything but `bytes` */
	FIELD_NEXT,	/* `bytes`, or an IPv6 header that leads on to it */
	FIELD_FLAGS,	/* `bytes` but for the bits in `loose`, which somebody sets or not */
	FIELD_SOURCE,	/* a source address, or the first bytes of it */
	FIELD_HARDWARE, /* the hardware address it was sent from */
	FIELD_PORT,	/* a destination port */
	FIELD_HOST4,	/* this host's address, or the first bytes of it */
	FIELD_HOST6,
	FIELD_GROUP4, /* that of a group that this host is in, or of a broadcast */
	FIELD_GROUP6,
	FIELD_NAME, /* the name of the interface it came by */
	FIELD_LINK, /* its index, as this host has it */
};

/* A field as it lies in a register. */
struct value {
	enum field field;
	uint8_t len;	   /* bytes; 0 when not known */
	uint8_t bytes[16]; /* of a known one; of this host's address, when masked, the mask */
	uint8_t loose[4];  /* of flags */
	uint8_t bits;	   /* how many are left by a mask; only when masked */
	bool masked;
	const struct gateways *gateways; /* of a hardware address; or NULL */
	const struct addresses *own;	 /* of this host's address: those it may be; or NULL */
	bool aimed;			 /* ... the sender chose it for the rule */
	bool names;			 /* of a group: one of them alone names whom it is for */
	const struct links *links; /* of a name or index: those that have an inner name or lo's */
};

/* The share for which the value lies in a range with its ends; a masked one's ends are the same. */
uint64_t share_of_range(const struct value *v, const uint8_t *from, const uint8_t *to, size_t len);

/* ... for which it is below; `with` that one. */
uint64_t share_below(const struct value *v, const uint8_t *to, size_t len, bool with);

/* Of either of two conditions that exclude each other, and of both of two. */
uint64_t share_either(uint64_t a, uint64_t b);
uint64_t share_both(uint64_t a, uint64_t b);

/* Is a router's hardware address in a range of them?  All that comes from elsewhere has that. */
bool share_is_routers(const struct gateways *gateways, const uint8_t *from, const uint8_t *to,
		      size_t len);

/* TCP's flags in the first packet of a connection, as a field of one byte. */
void share_first_flags(struct value *ret);

/* Is it the name of an interface of this host's own guests, or of one that takes a key to be in? */
bool share_is_inner(const uint8_t *name, size_t len);

/* The first four bytes as a number, so that 2^32 is behind all of them. */
uint64_t share_lead(const uint8_t *bytes, size_t len);
