// SPDX-License-Identifier: GPL-2.0-or-later
#include <jansson.h>

#include "agent/base/io.h"
#include "agent/daemon.h"
#include "agent/demands.h"
#include "agent/plain.h"

static json_t *requirement_json(const struct requirement *req)
{
	json_t *remedies = json_array();

	for (size_t i = 0; i < req->n_remedies; i++)
		json_array_append_new(remedies, json_string(remedy_menu[req->remedies[i]].name));
	return json_pack("{s:s, s:s, s:I, s:o, s:o}", "id", req->id, "check",
			 check_names[req->check], "grace", (json_int_t)req->grace, "remedies",
			 remedies, "contact", plain_text(req->contact));
}

static json_t *document_json(const struct policy *p)
{
	json_t *requirements = json_array();

	for (size_t i = 0; i < p->n_requirements; i++)
		json_array_append_new(requirements, requirement_json(&p->requirements[i]));
	return json_pack("{s:s, s:o, s:I, s:o, s:I, s:I, s:I, s:I}", "mode",
			 p->mode == MODE_ENFORCE ? "enforce" : "audit", "contact",
			 plain_text(p->contact), "look_every", (json_int_t)p->look_every,
			 "requirements", requirements, "release_max", (json_int_t)p->release.max,
			 "release_keys", (json_int_t)json_array_size(p->release.keys),
			 "release_threshold", (json_int_t)p->release.threshold, "exempt",
			 (json_int_t)p->exempt.n);
}

char *demands_text(const struct daemon *d)
{
	json_t *all = json_pack("{s:I, s:I, s:s, s:I, s:I, s:o, s:o}", "version",
				(json_int_t)d->accepted.version, "expires",
				(json_int_t)d->accepted.expires, "age", age_names[d->age],
				"refreshed", (json_int_t)d->refreshed, "now", (json_int_t)io_now(),
				"fault", plain_text(d->policy_fault), "document",
				d->policy ? document_json(d->policy) : json_null());

	return plain_answer(all);
}
