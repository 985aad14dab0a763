# A project of somebody else's, in a folder outside of this repository, that takes the packages that were made. Sourced.
stranger_project() { # FOLDER PACKAGE[=VERSION]...: without a version, that of Handlers
  local folder=$1 root=$PWD version package references=""
  shift
  version=$(made_version)
  for package in "$@"; do references+="    <PackageReference Include=\"${package%%=*}\" Version=\"$(case $package in *=*) echo "${package#*=}" ;; *) echo "$version" ;; esac)\" />"$'\n'; done
  cat >"$folder/NuGet.config" <<XML
<configuration><packageSources><add key="made" value="$root/artifacts/packages" /></packageSources></configuration>
XML
  cat >"$folder/Stranger.csproj" <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings>
    <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
    <RestorePackagesPath>$folder/packages</RestorePackagesPath>
  </PropertyGroup>
  <ItemGroup>
$references  </ItemGroup>
</Project>
XML
}

made_version() { ls artifacts/packages/Handlers.[0-9]*.nupkg | sed -E 's/.*Handlers\.([0-9].*)\.nupkg/\1/'; }
