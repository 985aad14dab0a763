#!/usr/bin/env bash
# Every check of the repository, one after the other, as the machine may have two cores; but two that only compute run beside the tests that wait most.
# Goes on after a failure, and counts.
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

note() { # NAME COMMAND...: a check of which `told` says what became
  local name=$1
  shift
  "$@" >"artifacts/tests/$name.log" 2>&1
  echo $? >"artifacts/tests/$name.exit"
}

told() { # NAME
  check "$1" sh -c 'cat "artifacts/tests/$1.log"; exit "$(cat "artifacts/tests/$1.exit")"' told "$1"
}

format() { # what the build does not check: every other rule of .editorconfig is an error there
  dotnet format whitespace Handlers.sln --verify-no-changes --no-restore && dotnet format style Handlers.sln --verify-no-changes --no-restore --diagnostics IMPORTS
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
  if [ "$name" = Handlers.Kafka.Tests ]; then { note "planted bugs" eng/plant.sh; note "format" format; } & fi
  dotnet test "$project" -c Release --no-build --blame-hang-timeout 4m --blame-hang-dump-type none >"artifacts/tests/$name.log" 2>&1 || true
  grep -E '^\s*(Failed |Error Message|Assert|Expected|Actual|The active test run was aborted)|Failed!|Passed!' -A 3 "artifacts/tests/$name.log" | head -n 80
  count "artifacts/tests/$name.log"
  if [ "$failed" -gt "$before" ]; then tail -n 60 "artifacts/tests/$name.log"; fi
  wait
done

told "planted bugs"
told "format"
for sample in samples/*/; do check "sample $(basename "$sample")" eng/check-sample.sh "$(basename "$sample")" run; done
check "packages in a project of a stranger" eng/check-packages.sh
for sample in samples/*/; do check "NativeAOT $(basename "$sample")" eng/check-sample.sh "$(basename "$sample")" aot; done
# The aim is 1.5. Here it is to catch waits: each that was found, of 50 or 100 ms, made it 4 to 7. A host starts on more threads than a bare client, so
# on a machine whose cores are busy it is 2 and more without any.
check "start of a host with Kafka, NativeAOT" eng/start.sh 15 2.0

echo
if [ "$skipped" -gt 0 ]; then echo "$passed passed, $failed failed, $skipped skipped"; else echo "$passed passed, $failed failed"; fi
[ "$failed" -eq 0 ]
