#!/usr/bin/env bash
# Handlers.Dashboard as a package in a project of somebody else's: it brings its reference to ASP.NET Core along, and the page is in it.
# check-packages.sh runs it, when the packages are made.
set -euo pipefail
. eng/stranger-project.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
stranger_project "$work" Handlers Handlers.Embedded Handlers.Dashboard
cp eng/stranger-dashboard.cs "$work/Program.cs"
cd "$work"
output=$(dotnet run)
echo "$output"
[ "$output" = $'/health/live 200\n/metrics 200\n/handlers/ 200\n/handlers/app.js 200\n/handlers/api/status 200' ]
