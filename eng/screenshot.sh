#!/usr/bin/env bash
# Makes docs/images/dashboard.png anew: the page of samples/Dashboard with SECONDS of earthquakes, in the machine's own browser.
set -euo pipefail
seconds=${1:-300}
picture=$PWD/docs/images/dashboard.png
node=tests/Handlers.Dashboard.Tests/node
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || { echo "screenshot: there is no chromium here; ./build.sh setup installs it" >&2; exit 1; }
[ -d "$node/node_modules/playwright-core" ] || { echo "screenshot: there is no driver of the browser here; ./build.sh setup installs it, with Node.js and npm" >&2; exit 1; }

folder=$(mktemp -d)
sample=""
trap '[ -z "$sample" ] || { kill "$sample"; wait "$sample" || true; } 2>/dev/null; rm -rf "$folder"' EXIT
dotnet build samples/Dashboard -c Release --verbosity quiet
dotnet samples/Dashboard/bin/Release/net10.0/Dashboard.dll --data "$folder/log" --follow --pace 20 --urls http://127.0.0.1:0 >"$folder/said" 2>&1 &
sample=$!
address=""
until address=$(sed -n 's/^The page is at \([^ ,]*\),.*/\1/p' "$folder/said") && [ -n "$address" ]; do
  kill -0 "$sample" 2>/dev/null || { cat "$folder/said" >&2; exit 1; }
  sleep 0.2
done

echo "screenshot: the sample runs for $seconds s" >&2
sleep "$seconds"
# One command a line; the last answer is there when the picture is.
answers=$(printf '%s\n' \
  "{\"do\":\"open\",\"url\":\"$address\",\"width\":1280,\"height\":720,\"dark\":false}" \
  '{"do":"until","script":"document.querySelectorAll(\".handler\").length > 0"}' \
  "{\"do\":\"picture\",\"path\":\"$picture\",\"full\":false}" | node "$node/page.mjs" "$browser")
if grep -q '"error"' <<<"$answers"; then echo "$answers" >&2; exit 1; fi
echo "$picture"
