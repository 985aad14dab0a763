#!/usr/bin/env bash
# Runs a sample by each command of its expected.txt and compares the last line that it prints; its exit code is 0.
# In that file: "$ ARGS" begins a command; "~ REGEX" is a line that it must print; the line after them is what its last line must be.
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
patterns=()
while IFS= read -r line; do
  case "$line" in
    '$'*) arguments=${line#'$'}; patterns=() ;;
    '~ '*) patterns+=("${line#'~ '}") ;;
    *)
      eval "words=($arguments)" # with their quotation marks
      code=0
      "${program[@]}" --data "$data" "${words[@]}" </dev/null >"$data/printed" || code=$?
      actual=$(tail -n 1 "$data/printed")
      echo "$name$arguments: $actual"
      for pattern in "${patterns[@]}"; do
        if ! grep -Eq -- "$pattern" "$data/printed"; then echo "expected a line like: $pattern"; cat "$data/printed"; exit 1; fi
      done
      if [ "$actual" != "$line" ]; then echo "expected: $line"; exit 1; fi
      if [ "$code" -ne 0 ]; then echo "exit code $code"; exit 1; fi ;;
  esac
done <"samples/$name/expected.txt"
