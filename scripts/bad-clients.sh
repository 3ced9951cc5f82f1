#!/bin/sh
# Measures a good client next to thousands of bad ones: 1,100 slow ones, once and repeatedly, and 10,000 idle ones. Takes minutes; run it by hand.
set -e
cd "$(dirname "$0")/.."
# A socket is a file to each of the two processes.
[ "$(ulimit -n)" -ge 12000 ] || ulimit -n 12000
BAD_CLIENTS_SCALE="${BAD_CLIENTS_SCALE:-1}" exec npx vitest run --config test/vitest.config.ts test/hazards/bad-clients.test.ts "$@"
