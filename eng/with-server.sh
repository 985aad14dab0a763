#!/usr/bin/env bash
# Runs a command beside the server that a sample needs, a new one, and stops it afterwards: a Kafka broker where the sample has a topics.txt, an emulator of Kinesis
# where it has an emulator.txt with its name, none otherwise.
set -euo pipefail
sample=samples/$1
shift
if [ -f "$sample/topics.txt" ]; then exec eng/with-kafka.sh "$sample/topics.txt" "$@"; fi
if [ -f "$sample/emulator.txt" ]; then exec eng/with-kinesis.sh "$(cat "$sample/emulator.txt")" "$@"; fi
exec "$@"
