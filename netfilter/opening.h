/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "agent/base/err.h"

struct nft;
struct opening;

/*
 * Takes the one rule of a base chain away by which a survey (survey.h) found that to come in what
 * nobody asked for, and no other: none of a chain that others may lead to as well, and not even
 * one that has come to its place since.  0; -EINVAL when it is no one rule of nf_tables;
 * -ENOENT when it is gone already; -EPERM in a table that belongs to a program; or -errno.
 */
int opening_close(struct nft *nft, const struct opening *o, struct fault *fault);
