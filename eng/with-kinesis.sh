#!/usr/bin/env bash
# Runs a command beside an emulator of Kinesis (kinesalite or kinesis-local), and stops it afterwards. The command finds the address in KINESIS_ENDPOINT. Where that is
# set already, that service is used.
set -euo pipefail
name=$1
shift
if [ -n "${KINESIS_ENDPOINT:-}" ]; then exec "$@"; fi

node=tests/Handlers.Kinesis.Peers/node
command -v node >/dev/null && [ -d "$node/node_modules/$name" ] ||
  { echo "with-kinesis: $name is not there. Install Node.js and npm (https://nodejs.org) and run ./build.sh setup, or set KINESIS_ENDPOINT" >&2; exit 1; }
coproc emulator { exec node "$node/emulator.mjs" "$name"; } # it ends with its input, so it never outlives this script
while read -r kind port <&"${emulator[0]}"; do
  if [ "$kind" = plain ]; then address=http://127.0.0.1:$port; fi
  if [ "$kind" = ready ]; then break; fi
done
[ -n "${address:-}" ] || { echo "with-kinesis: $name does not start" >&2; exit 1; }
KINESIS_ENDPOINT=$address "$@"
