/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/err.h"

/* /etc/lazaret/lazaret.conf and its drop-ins; each key is described in docs/lazaret.conf. */
struct config {
	char *url; /* one or more, blanks between them; empty: no policy is fetched */
	char *ca;
	char *certificate, *private_key; /* both or neither; empty: none */
	char *proxy;			 /* http://..., or a word of proxy.h */
	uint64_t refresh;		 /* seconds between polls */
	uint64_t timeout;		 /* seconds for one request */
	char *state_dir, *runtime_dir, *helper_dir;
	uint64_t risk; /* 1 to 5, five the most critical host; 0: it does not say */
	char *host_root, *clamd_socket;
	char *first_root; /* root.json beside the file: trusted until there is a store */
	char *enrol;	  /* beside it, too: addresses to enrol at, one a line; need not be there */
};

/*
 * Reads a file and then FILE.d/ *.conf in the order of their names; later values
 * replace earlier ones.  Unknown sections, keys and bad values: -EINVAL, with file and
 * line in the fault.  The caller releases *ret with config_free().
 */
int config_load(const char *file, struct config **ret, struct fault *fault);
struct config *config_free(struct config *c); /* always NULL */

/* What in StateDirectory= is lazaretd's own, and what is lazaret-vet's. */
#define CONFIG_OWN   "agent"
#define CONFIG_STORE "store"
