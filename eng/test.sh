#!/usr/bin/env bash
# Every check of the repository, one after the other: the machine may have two cores. Goes on after a failure, and counts.
set -uo pipefail
passed=0
failed=0
skipped=0
mkdir -p artifacts/tests

title() { echo; echo "== $* ($(date +%T))"; }

check() { # NAME COMMAND...: one check
  title "$1"
  shift
  if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $*"; fi
}

count() { # a log of `dotnet test`: its summary lines
  local line
  line=$(grep -oE 'Failed: +[0-9]+, Passed: +[0-9]+, Skipped: +[0-9]+' "$1" | tail -n 1)
  if [ -z "$line" ]; then failed=$((failed + 1)); echo "FAILED: no test ran"; return; fi
  set -- $(echo "$line" | grep -oE '[0-9]+')
  failed=$((failed + $1))
  passed=$((passed + $2))
  skipped=$((skipped + $3))
}

title "build"
dotnet build Handlers.sln -c Release --no-restore --verbosity quiet || { echo "0 passed, 1 failed"; exit 1; }

for project in tests/*.Tests; do
  name=$(basename "$project")
  title "$name"
  # A hung test is a failed one, with a name: VSTest ends the run and says which tests were under way.
  before=$failed
  dotnet test "$project" -c Release --no-build --blame-hang-timeout 4m --blame-hang-dump-type none >"artifacts/tests/$name.log" 2>&1 || true
  grep -E '^\s*(Failed |Error Message|Assert|Expected|Actual|The active test run was aborted)|Failed!|Passed!' -A 3 "artifacts/tests/$name.log" | head -n 80
  count "artifacts/tests/$name.log"
  if [ "$failed" -gt "$before" ]; then tail -n 60 "artifacts/tests/$name.log"; fi
done

check "planted bugs" eng/plant.sh
check "format" dotnet format Handlers.sln --verify-no-changes --no-restore
for sample in samples/*/; do check "sample $(basename "$sample")" eng/check-sample.sh "$(basename "$sample")" run; done
check "packages in a project of a stranger" eng/check-packages.sh
for sample in samples/*/; do check "NativeAOT $(basename "$sample")" eng/check-sample.sh "$(basename "$sample")" aot; done
# The aim is 1.5. Here it is to catch waits: each that was found, of 50 or 100 ms, made it 4 to 7. A host starts on more threads than a bare client, so
# on a machine whose cores are busy it is 2 and more without any.
check "start of a host with Kafka, NativeAOT" eng/start.sh 15 2.0

echo
if [ "$skipped" -gt 0 ]; then echo "$passed passed, $failed failed, $skipped skipped"; else echo "$passed passed, $failed failed"; fi
[ "$failed" -eq 0 ]
