// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent/base/log.h"

/* Never given to anything else, and never changed: people and programs search for them. */
const struct log_id_kind log_ids[LOG_ID_COUNT] = {
	[LOG_ID_STATE] = { LOG_LEVEL_NOTICE, "b3df1d1c0c79195e019937c4be6e58ac", "state" },
	[LOG_ID_LAID] = { LOG_LEVEL_NOTICE, "3189fcc4533a0d5a3ac448d9d2cae9c0", "quarantine-laid" },
	[LOG_ID_LIFTED] = { LOG_LEVEL_NOTICE, "5be582edcc46e31c679d7d424b8acfa0",
			    "quarantine-lifted" },
	[LOG_ID_UNENFORCED] = { LOG_LEVEL_ERR, "7be3f1b5ae4eabee3aebb140b79d8500", "not-enforced" },
	[LOG_ID_TAMPERED] = { LOG_LEVEL_WARN, "6506dc49acecb7bd7e5592ff33b19d05", "tampered" },
	[LOG_ID_REPAIR_DONE] = { LOG_LEVEL_NOTICE, "d356ae84438495574ba7c7f86acd6739",
				 "repair-done" },
	[LOG_ID_REPAIR_FAILED] = { LOG_LEVEL_WARN, "a510f9fb982ea2a4ffa0badd7b93436f",
				   "repair-failed" },
	[LOG_ID_REPAIR_RESTS] = { LOG_LEVEL_WARN, "5fd3a05ffbeb4ca8850c80d484690584",
				  "repair-rests" },
	[LOG_ID_UNDONE] = { LOG_LEVEL_NOTICE, "6429fd9b63e74124919057ae8d77a177", "undone" },
	[LOG_ID_UNDOING] = { LOG_LEVEL_WARN, "5482889e503d444faed5067ecf0f4518", "undoing" },
	[LOG_ID_POLICY] = { LOG_LEVEL_NOTICE, "308e6a93fed3de531b192cdbb33b8c95",
			    "policy-in-force" },
	[LOG_ID_POLICY_REFUSED] = { LOG_LEVEL_WARN, "e154f609af13cea1238d689e74953f6c",
				    "policy-refused" },
	[LOG_ID_CLOCK] = { LOG_LEVEL_WARN, "d5fc6e58cbaf3782ea8ce87a03d06282", "clock-set" },
	[LOG_ID_UNKEPT] = { LOG_LEVEL_WARN, "c643e689e2a7729ba84e35271060e8aa",
			    "decisions-not-kept" },
	[LOG_ID_RELEASED] = { LOG_LEVEL_WARN, "48a78bf98e189250542ee6140b678dd7", "released" },
	[LOG_ID_RELEASE_ENDED] = { LOG_LEVEL_NOTICE, "b78d818f188179b98a26c0dc7fb7a3f0",
				   "release-ended" },
	[LOG_ID_RELEASE_REFUSED] = { LOG_LEVEL_WARN, "8749e687a3eff8d4d0efe69ead09d5fe",
				     "release-refused" },
};
