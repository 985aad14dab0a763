#!/usr/bin/env bash
# Runs a command beside a Kafka broker process with the topics of a file (NAME PARTITIONS a line), and stops it afterwards. The command finds
# the address in KAFKA_BOOTSTRAP_SERVERS. Where that is set already, that cluster is used, and the topics are its business.
set -euo pipefail
topics=$1
shift
if [ -n "${KAFKA_BOOTSTRAP_SERVERS:-}" ]; then exec "$@"; fi

project=tests/Handlers.Kafka.Broker
dll=$project/bin/Release/net10.0/Handlers.Kafka.Broker.dll
[ -f "$dll" ] || dotnet build "$project" -c Release --verbosity quiet >&2
coproc broker { exec dotnet "$dll"; } # it ends with its input, so it never outlives this script
read -r word address <&"${broker[0]}"
[ "$word" = bootstrap ] || { echo "with-kafka: the broker does not start" >&2; exit 1; }
while read -r name partitions; do
  echo "topic $name $partitions" >&"${broker[1]}"
  read -r answer <&"${broker[0]}"
  [[ "$answer" == ok* ]] || { echo "with-kafka: $answer" >&2; exit 1; }
done <"$topics"
KAFKA_BOOTSTRAP_SERVERS=$address "$@"
