/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a term of a rule loads into a register, from such a packet as a probe stands for. */
#pragma once

#include "netfilter/share.h"
#include "netfilter/weigh.h"

struct nlattr;

/* `a` are the term's own attributes (NFTA_META_, NFTA_CT_, NFTA_FIB_, NFTA_PAYLOAD_). */
void load_meta(const struct probe *probe, const struct nlattr **a, struct value *v);
void load_ct(const struct probe *probe, const struct nlattr **a, struct value *v);
void load_fib(const struct probe *probe, const struct nlattr **a, struct value *v);
void load_payload(const struct probe *probe, const struct nlattr **a, struct value *v);

/* The packet's mark, or its connection's. */
void load_mark(const struct probe *probe, struct value *v);

/*
 * Is a frame for this host alone certain?  What TCP and its like take comes in no other; UDP takes
 * it in a broadcast, too, whatever address is in it.
 */
bool load_for_host_alone(const struct probe *probe);

/* The destination address, or the first `len` bytes of it. */
void load_destination(const struct probe *probe, uint8_t len, struct value *v);

/* The source address, or the first `len` bytes of it. */
void load_source(const struct probe *probe, uint8_t len, struct value *v);
