#!/usr/bin/env bash
# The verbs of this repository. `./build.sh help` lists them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1

configuration=Release
artifacts=artifacts

usage() {
  cat <<'HELP'
./build.sh setup          install what this machine lacks (quick when nothing is missing)
./build.sh test           everything: build, tests, format, samples, package and NativeAOT smoke; ends with "N passed, N failed"
./build.sh simulate [N]   N schedules (100,000) of the real core in virtual time; ends with "N schedules 0 violations". --seed S tells one in full
./build.sh plant          plants nine bugs in copies of the source, and has the simulation catch each
./build.sh bench [core|telemetry|page|kafka|kinesis] [ROUNDS] [ROW...]
                          measure, side by side in one run, ROUNDS times (5): the runtime without a broker, Kafka beside other clients, and Kinesis
                          beside a bare loop, each row in a process of its own; or one of the three, or of the first what telemetry costs; page is
                          what the Dashboard's page costs with 1,000 lanes. Ends with the bounds that must hold, and with 1 if one does not
./build.sh bench start [ROUNDS] [BOUND]
                          how long a NativeAOT executable takes from its start to its Kafka consumer built, beside one without Handlers
./build.sh crash [TRANSPORT] [KILLS]
                          kill workers with SIGKILL, KILLS times (50) for each commit strategy, and hold what they did against the log; on
                          embedded, kafka and kinesis, or on the one that is named. More arguments: a seed, to repeat a run, and one cell, such
                          as Lane-OnRead. kafka is a broker process of its own, or the cluster that KAFKA_BOOTSTRAP_SERVERS names; kinesis is
                          emulators of Kinesis and DynamoDB, that setup installs by npm
./build.sh crash sample [KILLS]
                          run the sample EarthquakeKafka as two processes, and kill one of them at a random moment, KILLS times (20), in groups of
                          each protocol; what was published and nobody wrote down is lost
./build.sh tool ARGS      run the tool handlers, from its source: ./build.sh tool describe samples/QuickStart/bin/Release/net10.0/QuickStart.dll
./build.sh aot NAME       publish samples/NAME with NativeAOT; the last line is the executable's path
./build.sh pack           make the packages, in artifacts/packages
./build.sh screenshot [SECONDS]
                          make docs/images/dashboard.png anew: the page of samples/Dashboard after SECONDS of it (300)
./build.sh sample NAME [ARGS]   start what samples/NAME needs, run it, stop it
HELP
}

fail() { echo "build.sh: $*" >&2; exit 1; }

setup() {
  command -v dotnet >/dev/null || fail "the .NET 10 SDK is not on the PATH. Install it: https://dotnet.microsoft.com/download"
  local major; major=$(dotnet --version | cut -d. -f1)
  [ "$major" -ge 10 ] || fail "the .NET SDK is $(dotnet --version); version 10 or later is needed: https://dotnet.microsoft.com/download"
  if ! command -v clang >/dev/null && ! command -v gcc >/dev/null; then
    echo "setup: NativeAOT needs a linker; installing clang" >&2
    install_packages clang zlib1g-dev
  fi
  peers
  eng/kinesis-sdk.sh
  dotnet restore Handlers.sln --verbosity quiet
}

# Other people's clients and servers: tests read what they write and the reverse. Where one is missing, those tests are skipped and say so.
peers() {
  if ! command -v kcat >/dev/null; then
    if command -v apt-get >/dev/null; then
      echo "setup: Kafka's tests want kcat; installing it" >&2
      (install_packages kcat) || echo "setup: kcat cannot be installed; tests with it will be skipped" >&2
    else
      echo "setup: tests with kcat will be skipped. To run them, install it: https://github.com/edenhill/kcat" >&2
    fi
  fi
  if ! command -v chromium >/dev/null; then
    if command -v apt-get >/dev/null; then
      echo "setup: the page's tests want a browser; installing chromium" >&2
      (install_packages chromium) || echo "setup: chromium cannot be installed; tests of the page will be skipped" >&2
    else
      echo "setup: tests of the page will be skipped. To run them, install chromium: https://www.chromium.org" >&2
    fi
  fi
  export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
  node_packages tests/Handlers.Dashboard.Tests/node playwright-core "a driver of the browser"
  node_packages tests/Handlers.Kafka.Peers/node kafkajs "kafkajs"
  node_packages tests/Handlers.Kinesis.Peers/node kinesalite "emulators of Kinesis and DynamoDB, and AWS's client for Node.js"
  node_packages tests/Handlers.Tool.Tests/node @asyncapi/specs "AsyncAPI's meta-schema and a validator"
}

node_packages() { # FOLDER PACKAGE WHAT: what the folder's package-lock.json names, PACKAGE among it
  [ ! "$1/node_modules/.package-lock.json" -ot "$1/package-lock.json" ] && [ -d "$1/node_modules/$2" ] && return
  if command -v npm >/dev/null; then
    echo "setup: tests want $3; installing in $1" >&2
    (cd "$1" && npm ci --no-audit --no-fund --loglevel error >&2) || echo "setup: it cannot be installed: $3; tests with it will be skipped" >&2
  else
    echo "setup: tests with $3 will be skipped. To run them, install Node.js and npm: https://nodejs.org" >&2
  fi
}

install_packages() {
  command -v apt-get >/dev/null || fail "please install: $*"
  local sudo=""; [ "$(id -u)" -eq 0 ] || sudo=sudo
  $sudo apt-get update -qq && $sudo apt-get install -y -qq "$@" >/dev/null
}

sample_project() {
  [ -n "${1:-}" ] || fail "name a sample: $(cd samples && ls -d */ | tr -d / | paste -sd' ')"
  [ -f "samples/$1/$1.csproj" ] || fail "there is no sample '$1'. There are: $(cd samples && ls -d */ | tr -d / | paste -sd' ')"
  echo "samples/$1/$1.csproj"
}

sample() {
  local project name=${1:-}; project=$(sample_project "$name")
  shift
  if [ -f "samples/$name/topics.txt" ] || [ -f "samples/$name/emulator.txt" ]; then setup >&2; fi
  exec eng/with-server.sh "$name" dotnet run --project "$project" -c $configuration -- "$@"
}

case "${1:-help}" in
  setup) setup; echo "setup: ready" ;;
  test) setup; exec eng/test.sh ;;
  bench)
    shift
    if [ "${1:-}" = start ]; then shift; setup >&2; exec eng/start.sh "$@"; fi
    setup; dotnet run --project tests/Handlers.Benchmarks -c $configuration -- "$@" ;;
  crash) shift; setup >&2
    if [ "${1:-}" = sample ]; then
      KILLS=${2:-20} exec dotnet run --project tests/Handlers.EndToEnd.Tests -c $configuration -- -class "Handlers.EndToEnd.Tests.KafkaKillTests" -diagnostics
    fi
    dotnet run --project tests/Handlers.Crash -c $configuration -- run "$@" ;;
  simulate) shift; setup >&2; exec dotnet run --project tests/Handlers.Simulation -c $configuration -- "$@" ;;
  plant) setup >&2; exec eng/plant.sh ;;
  aot) shift; project=$(sample_project "${1:-}"); setup >&2; exec eng/aot.sh "$project" ;;
  pack) setup; exec eng/pack.sh ;;
  tool) shift; exec dotnet run --project src/Handlers.Tool -c $configuration --verbosity quiet -- "$@" ;;
  screenshot) shift; setup >&2; exec eng/screenshot.sh "$@" ;;
  sample) shift; sample "$@" ;;
  help|-h|--help) usage ;;
  *) usage >&2; fail "there is no verb '$1'" ;;
esac
