#!/usr/bin/env bash
# Runs a sample by each command of its expected.txt and compares the last line that it prints; its exit code is 0.
# In that file: "$ ARGS" begins a command; the line after it is what its last line must be.
set -euo pipefail
name=$1
how=$2 # run: by the SDK; aot: as a NativeAOT executable
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
case "$how" in
  run) program=(dotnet run --project "samples/$name" -c Release --no-build --) ;;
  aot) published=$(./build.sh aot "$name"); echo "$published"; program=("$(tail -n 1 <<<"$published")") ;;
esac
program=(eng/with-server.sh "$name" "${program[@]}") # a new server for each command

arguments=""
while IFS= read -r line; do
  case "$line" in
    '$'*) arguments=${line#'$'} ;;
    *)
      eval "words=($arguments)" # with their quotation marks
      code=0
      actual=$("${program[@]}" --data "$data" "${words[@]}" </dev/null | tail -n 1) || code=$?
      echo "$name$arguments: $actual"
      if [ "$actual" != "$line" ]; then echo "expected: $line"; exit 1; fi
      if [ "$code" -ne 0 ]; then echo "exit code $code"; exit 1; fi ;;
  esac
done <"samples/$name/expected.txt"
