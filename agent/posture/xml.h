/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XML that others made, read once from its beginning to its end (libexpat).  Memory has a bound
 * whatever is in it: there are no entities but XML's own five, and depth, names, tokens and texts
 * have limits.
 */
#pragma once

#include "agent/base/err.h"
#include "agent/posture/deb822.h"
#include "agent/posture/unpack.h"

#define XML_DEPTH_MAX 16
#define XML_NAMES_MAX 256	   /* of elements and attributes, different ones */
#define XML_NAME_MAX  64	   /* bytes of one, with a NUL */
#define XML_TEXT_MAX  1024	   /* bytes of a text that is told */
#define XML_TOKEN_MAX (256 * 1024) /* bytes of a tag with its attributes, or of a comment */

/* Names are as they are written, with their prefix.  Less than 0 ends the reading. */
struct xml_calls {
	/* An element begins: names and values of its attributes by turns, a NULL behind. */
	int (*begin)(void *ctx, const char *name, const char *const *attributes);
	/*
	 * It ends; text is what stands in it behind the last element in it.  p is NULL when that is
	 * more than XML_TEXT_MAX.
	 */
	int (*end)(void *ctx, const char *name, struct word text);
};

/*
 * Reads all that comes out of `in`.  0, what a call answered, -EBADMSG and the fault's line for
 * what is not well-formed, has a DOCTYPE or goes above a limit; -ENOMEM, or the errors of
 * unpack_read().
 */
int xml_read(struct unpack *in, const struct xml_calls *calls, void *ctx, struct fault *fault);

/* The value of an attribute; "" when there is none. */
const char *xml_attribute(const char *const *attributes, const char *name);
