#!/usr/bin/env bash
# Publishes a sample, or a project that takes SampleFramework and SampleAot as samples do, with NativeAOT for this machine: net10.0 where a package
# source has its runtime pack, else net9.0.
# Everything stays under artifacts/aot, so that `dotnet run` of the sample is not disturbed.
set -euo pipefail
project=$1
name=$(basename "$project" .csproj)
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) rid=linux-x64 ;;
  Linux-aarch64) rid=linux-arm64 ;;
  Darwin-arm64) rid=osx-arm64 ;;
  Darwin-x86_64) rid=osx-x64 ;;
  *) echo "aot: unknown machine $(uname -s)-$(uname -m)" >&2; exit 1 ;;
esac
out=artifacts/aot/$name
log=artifacts/aot/$name.log
mkdir -p artifacts/aot

framework=net10.0
if ! dotnet restore "$project" -r "$rid" -p:SampleFramework=net10.0 -p:SampleAot=true --artifacts-path artifacts/aot/net10.0 --verbosity quiet >"$log" 2>&1; then
  grep -qE 'NU1101|NU1102|NU1103' "$log" || { cat "$log" >&2; exit 1; }
  echo "aot: no package source has the NativeAOT runtime pack of net10.0; publishing net9.0" >&2
  framework=net9.0
fi

rm -rf "$out"
if ! dotnet publish "$project" -c Release -r "$rid" -p:SampleFramework=$framework -p:SampleAot=true -p:TrimmerSingleWarn=false \
    --artifacts-path "artifacts/aot/$framework" -o "$out" >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
if grep -E 'warning (IL|AOT)[0-9]+' "$log" >&2; then
  echo "aot: warnings of trimming or NativeAOT are errors here" >&2
  exit 1
fi
echo "$framework, $(du -h "$out/$name" | cut -f1)"
echo "$PWD/$out/$name"
