#!/usr/bin/env bash
# From the start of a process to its Kafka consumer built, as NativeAOT executables: a host with Handlers.Kafka against a program that only makes
# Confluent.Kafka's consumer. Interleaved rounds against one broker; prints both medians and their ratio. With BOUND it fails where the ratio of the
# lower quartiles is above it: what else the machine does is more in the upper ones.
# Usage: start.sh [ROUNDS] [BOUND]
#
# Each runs in its own folder: the generic host watches the folder it is started in for its settings, and a big one takes it long to walk.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rounds=${1:-20}
bound=${2:-}
export LC_ALL=C # EPOCHREALTIME has a point in it

if [ "${PUBLISHED:-}" != true ]; then
  for name in Handlers.Aot.Bare Handlers.Aot; do eng/aot.sh "tests/$name/$name.csproj" >&2; done
  PUBLISHED=true exec eng/with-kafka.sh tests/Handlers.Aot/topics.txt "$0" "$rounds" "$bound"
fi

measure() { (cd "artifacts/aot/$1" && STARTED=$EPOCHREALTIME exec "./$1" </dev/null); }
at() { sort -n "$data/$1" | awk -v share="$2" '{ all[NR] = $1 } END { print all[int((NR - 1) * share) + 1] }'; }

data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
for ((round = 0; round <= rounds; round++)); do
  bare=$(measure Handlers.Aot.Bare)
  handlers=$(measure Handlers.Aot)
  if ((round == 0)); then continue; fi # the files were not in memory yet
  echo "$bare" >>"$data/bare"
  echo "$handlers" >>"$data/handlers"
done
awk -v rounds="$rounds" -v bound="$bound" -v bare="$(at bare 0.5)" -v handlers="$(at handlers 0.5)" -v low="$(at bare 0.25)" -v least="$(at handlers 0.25)" 'BEGIN {
  printf "start to consumer built, NativeAOT, median of %d rounds: Confluent.Kafka alone %.1f ms, Handlers.Kafka %.1f ms, %.2f times as long\n", rounds, bare, handlers, handlers / bare
  printf "lower quartiles: %.1f ms, %.1f ms, %.2f times\n", low, least, least / low
  if (bound != "" && least > bound * low) { printf "more than %s times\n", bound; exit 1 }
}'
