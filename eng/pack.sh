#!/usr/bin/env bash
# Makes the packages.
set -euo pipefail
rm -rf artifacts/packages
for project in src/*/*.csproj; do
  dotnet pack "$project" -c Release -o artifacts/packages --verbosity quiet
done
ls artifacts/packages
