#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# All the ways of leak.sh once more, while a captive portal is open to every program.
set -u
: "${src:?}" "${O:?}"
LK_HOLD=$O/tests/leak/open exec "$src/tests/leak/leak.sh"
