#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck source=lab.sh
# Enters, edits and leaves the quarantine FLOOD_CYCLES times (1000) while packets pour out.
set -u
. "${src:?}/tests/leak/lab.sh"
lab_enter "$0"
lab_build
start lk-net "$bin/serve" sink:7000 tcp:7000
# What TCP lost is sent again at once, or each cycle would wait for it.
ip -n lk-host route change default via "$gw4" dev up0 rto_min 5ms
ip -n lk-host -6 route change default via "$gw6" dev up0 metric 10 rto_min 5ms
"$bin/flood" "${FLOOD_CYCLES:-1000}"
