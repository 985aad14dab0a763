#!/usr/bin/env bash
# Makes the packages; Handlers.Kinesis only where it is built against the real AWSSDK.Kinesis.
set -euo pipefail
rm -rf artifacts/packages
for project in src/*/*.csproj; do
  if [ "$project" = src/Handlers.Kinesis/Handlers.Kinesis.csproj ] && [ "$(dotnet msbuild "$project" -getProperty:KinesisSdk)" != package ]; then
    echo "pack: Handlers.Kinesis is not made: no package source has the AWSSDK.Kinesis that Directory.Packages.props names, and the package must not depend on the stand-in" >&2
    continue
  fi
  dotnet pack "$project" -c Release -o artifacts/packages --verbosity quiet
done
ls artifacts/packages
