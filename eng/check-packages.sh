#!/usr/bin/env bash
# A project of somebody else's, outside of this repository: the packages alone bring runtime, generator and analyzers.
set -euo pipefail
root=$PWD
./build.sh pack >/dev/null
. eng/stranger-project.sh
version=$(made_version)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
stranger_project "$work" Handlers Handlers.Embedded Microsoft.Extensions.Hosting=10.0.14
cp eng/stranger.cs "$work/Program.cs"
cd "$work"
output=$(dotnet run)
echo "$output"
grep -qx 'handled: hello' <<<"$output"
# The first code block of the README compiles as it stands.
awk '/^```csharp$/ { inside = 1; next } inside && /^```$/ { exit } inside' "$root/README.md" >Program.cs
grep -q StreamHandler Program.cs
if ! errors=$(dotnet build 2>&1); then echo "the README's first code block does not compile:"; echo "$errors"; exit 1; fi
echo "the README's first code block compiles"
cp "$root/eng/stranger.cs" Program.cs
# And the analyzers are there: an empty topic is a build error.
sed -i 's/StreamHandler("greetings")/StreamHandler("")/' Program.cs
if errors=$(dotnet build 2>&1); then echo "an empty topic was not a build error"; exit 1; fi
grep -oE 'error HND[0-9]+: .*' <<<"$errors" | sort -u | head -n 1
# The tool as a package, in a folder of its own: what it is made of may be a stand-in, so it is made for this check alone.
cp "$root/eng/stranger.cs" Program.cs
dotnet build --verbosity quiet >/dev/null
(cd "$root" && dotnet pack src/Handlers.Tool -c Release -p:CheckOnly=true -o "$work/tool" --verbosity quiet)
dotnet tool install Handlers.Tool --version "$version" --tool-path "$work/bin-of-tool" --add-source "$work/tool" --verbosity quiet >/dev/null
"$work/bin-of-tool/handlers" describe "$(ls bin/Debug/net*/Stranger.dll)" --json | grep -q '"topic": "greetings"'
echo "the tool, installed from its package, reads a stranger's assembly"
(cd "$root" && eng/check-packages-dashboard.sh && eng/check-packages-kafka.sh)
