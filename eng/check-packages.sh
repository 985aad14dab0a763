#!/usr/bin/env bash
# A project of somebody else's, outside of this repository: the packages alone bring runtime, generator and analyzers.
set -euo pipefail
root=$PWD
./build.sh pack >/dev/null
version=$(ls artifacts/packages/Handlers.[0-9]*.nupkg | sed -E 's/.*Handlers\.([0-9].*)\.nupkg/\1/')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/NuGet.config" <<XML
<configuration><packageSources><add key="made" value="$root/artifacts/packages" /></packageSources></configuration>
XML
cat >"$work/Stranger.csproj" <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings>
    <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
    <RestorePackagesPath>$work/packages</RestorePackagesPath>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Handlers" Version="$version" />
    <PackageReference Include="Handlers.Embedded" Version="$version" />
    <PackageReference Include="Microsoft.Extensions.Hosting" Version="10.0.14" />
  </ItemGroup>
</Project>
XML
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
(cd "$root" && eng/check-packages-kafka.sh)
