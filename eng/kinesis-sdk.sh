#!/usr/bin/env bash
# Finds out whether a package source has AWSSDK.Kinesis at the version that Directory.Packages.props names, beside the AWSSDK packages there, and writes
# that to eng/kinesis-sdk.props (untracked). Quick when it is known: 'package' holds for this version, 'stand-in' for a day.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
answer=eng/kinesis-sdk.props
wanted=$(sed -nE 's/.*Include="(AWSSDK\.[^"]*)" Version="([^"]*)".*/\1 \2/p' Directory.Packages.props | paste -sd',')

known() { grep -qsF "<!-- $wanted -->" "$answer" && { grep -q '<KinesisSdk>package<' "$answer" || [ -n "$(find "$answer" -mtime -1)" ]; }; }

tell() { # package | stand-in
  printf '<Project>\n  <!-- %s -->\n  <PropertyGroup><KinesisSdk>%s</KinesisSdk></PropertyGroup>\n</Project>\n' "$wanted" "$1" >"$answer.new"
  mv "$answer.new" "$answer"
}

known && exit 0
probe=artifacts/kinesis-sdk
mkdir -p $probe
cat >$probe/Probe.csproj <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="AWSSDK.Core" />
    <PackageReference Include="AWSSDK.DynamoDBv2" />
    <PackageReference Include="AWSSDK.Kinesis" />
  </ItemGroup>
</Project>
XML
if dotnet restore $probe/Probe.csproj --verbosity quiet >$probe/log 2>&1; then
  echo "setup: AWSSDK.Kinesis is the package" >&2
  tell package
elif grep -qE 'NU110[1-3][^0-9].*AWSSDK\.Kinesis' $probe/log; then
  echo "setup: no package source has the AWSSDK.Kinesis that Directory.Packages.props names; using eng/standins/AWSSDK.Kinesis" >&2
  tell stand-in
else
  cat $probe/log >&2
  echo "setup: whether there is AWSSDK.Kinesis could not be found out; using eng/standins/AWSSDK.Kinesis" >&2
  rm -f "$answer"
fi
