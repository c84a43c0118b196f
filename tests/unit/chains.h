/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chains of nft, as rulesets of tests have them. */
#pragma once

#define INPUT(policy) "type filter hook input priority 0; policy " policy ";"

#define ONE(rules) "table inet t { chain c { " INPUT("accept") " " rules "\n }\n }\n"
