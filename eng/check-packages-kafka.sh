#!/usr/bin/env bash
# Handlers.Kafka as a package in a project of somebody else's, published with NativeAOT. Two trim warnings of their own, one in the application
# and one in a library of theirs, are all that the publish says. The executable consumes and commits: started again, it is handed nothing.
# check-packages.sh runs it, when the packages are made.
set -euo pipefail
root=$PWD
version=$(ls artifacts/packages/Handlers.Kafka.[0-9]*.nupkg | sed -E 's/.*Handlers\.Kafka\.([0-9].*)\.nupkg/\1/')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/stranger" "$work/library"
cat >"$work/NuGet.config" <<XML
<configuration><packageSources><add key="made" value="$root/artifacts/packages" /></packageSources></configuration>
XML
# A package folder of its own, as the other one may hold packages of this version and other contents. What is not ours is taken from there.
others=$(dotnet nuget locals global-packages --list | sed 's/^[^:]*: *//')
if [ -d "$others/handlers.kafka/$version" ]; then echo "remove $others/handlers.kafka: it would be taken for the package that is checked"; exit 1; fi
cat >"$work/Directory.Build.props" <<XML
<Project>
  <PropertyGroup>
    <TargetFramework>\$(SampleFramework)</TargetFramework><Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings>
    <RestorePackagesPath>$work/packages</RestorePackagesPath><RestoreFallbackFolders>$others</RestoreFallbackFolders>
  </PropertyGroup>
</Project>
XML
cat >"$work/library/Library.csproj" <<XML
<Project Sdk="Microsoft.NET.Sdk" />
XML
cat >"$work/library/Plugins.cs" <<'CS'
public static class Plugins
{
    public static object? Make(string name) => Type.GetType(name) is { } type ? Activator.CreateInstance(type) : null;
}
CS
cat >"$work/stranger/Stranger.csproj" <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><PublishAot>true</PublishAot></PropertyGroup>
  <ItemGroup>
    <ProjectReference Include="../library/Library.csproj" />
    <PackageReference Include="Handlers.Kafka" Version="$version" />
    <PackageReference Include="Microsoft.Extensions.Hosting" Version="10.0.14" />
  </ItemGroup>
</Project>
XML
cp eng/stranger-kafka.cs "$work/stranger/Program.cs"
cd "$work/stranger"
status=0
output=$("$root/eng/aot.sh" Stranger.csproj 2>&1) || status=$?
warnings=$(grep -oE 'warning (IL|AOT)[0-9]+' artifacts/aot/Stranger.log | sort -u | tr '\n' ' ') || true
if [ "$warnings" != "warning IL2026 warning IL2057 " ]; then
  echo "the publish should warn of IL2026 and IL2057, which are the stranger's own, and of nothing else:"; echo "$output"; exit 1
fi
echo "NativeAOT warns of the stranger's own IL2026 and IL2057 alone"
printf 'greetings 1\n' >topics.txt
cat >run.sh <<SH
cd "$work/stranger/artifacts/aot/Stranger" && ./Stranger publish && ./Stranger
SH
cd "$root"
output=$(eng/with-kafka.sh "$work/stranger/topics.txt" bash "$work/stranger/run.sh")
echo "$output"
[ "$output" = $'handled: hello\nstopped\nstopped' ]
