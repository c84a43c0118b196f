/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks over the members or items of a large JSON text and gives each as the bytes it has,
 * for json_read(), so that no more than one of them is ever a tree.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/err.h"

struct slice {
	const char *p;
	size_t len;
};

struct slicer {
	struct slice rest;
	char bracket; /* '{' or '[': what is walked over */
	bool begun;
};

/* The first byte that is no blank: '{' and '[' can be walked over; 0 without any. */
char slice_kind(struct slice text);

/* -EINVAL when the text does not begin as an object or array. */
int slicer_open(struct slice text, struct slicer *ret, struct fault *fault);

/*
 * 1 and the next value, with its name in quotes if it is an object's; 0 behind the last
 * one, which is also the text's end; -EINVAL.  That the value is well-formed, json_read()
 * says.
 */
int slicer_next(struct slicer *s, struct slice *name, struct slice *value, struct fault *fault);
