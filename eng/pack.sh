#!/usr/bin/env bash
# Makes the packages; Handlers.Kinesis, and the tool that contains it, only where they are built against the real AWSSDK.Kinesis.
set -euo pipefail
rm -rf artifacts/packages
for project in src/*/*.csproj; do
  name=$(basename "$project" .csproj)
  if { [ "$name" = Handlers.Kinesis ] || [ "$name" = Handlers.Tool ]; } && [ "$(dotnet msbuild "$project" -getProperty:KinesisSdk)" != package ]; then
    echo "pack: $name is not made: no package source has the AWSSDK.Kinesis that Directory.Packages.props names, and the package must not depend on the stand-in" >&2
    continue
  fi
  dotnet pack "$project" -c Release -o artifacts/packages --verbosity quiet
done
ls artifacts/packages
