#!/usr/bin/env bash
# Plants nine bugs, one after the other, in a copy of the source, and has the simulation catch each within 2,000 schedules.
# A patch whose text is gone fails loudly: it must be written anew, not left out.
set -euo pipefail
schedules=2000
only=${1:-} # one bug by its name; all of them otherwise
copy=$(mktemp -d "${TMPDIR:-/tmp}/plant.XXXXXX")
trap 'rm -rf "$copy"' EXIT
planted=0
caught=0
patched=()
table=""

patch() { # FILE FROM TO: replaces a text that is there once
  patched+=("$1")
  FROM=$2 TO=$3 perl -0777 -i -pe '
    BEGIN { $from = $ENV{FROM}; $to = $ENV{TO} }
    $n = () = /\Q$from\E/g;
    die "plant.sh: $ARGV holds this text $n times, not once: $from\n" if $n != 1;
    s/\Q$from\E/$to/' "$copy/src/Handlers/$1" || exit 1
}

copy_source() { # the source as it is in the working tree, as it stands now; what is edited meanwhile does not matter
  git ls-files -z --cached --others --exclude-standard -- src tests/Handlers.Simulation tests/Directory.Build.props generators '*.props' '*.targets' NuGet.config .editorconfig eng/feed README.md |
    xargs -0 -I{} sh -c 'if [ -e "$1" ]; then mkdir -p "$2/$(dirname "$1")" && cp "$1" "$2/$1"; fi' _ {} "$copy"
  cp -r "$copy/src" "$copy/.source"
}

fresh() { # takes patches back; what was built of the rest stays
  local file
  for file in ${patched[@]+"${patched[@]}"}; do cp "$copy/.source/Handlers/$file" "$copy/src/Handlers/$file"; done
  patched=()
}

plant() { # NAME: the bug is patched in; builds, runs, and takes the copy back
  local name=$1 seen
  if [ -n "$only" ] && [ "$only" != "$name" ]; then fresh; return; fi
  planted=$((planted + 1))
  dotnet build "$copy/tests/Handlers.Simulation" -c Release -p:RunAnalyzers=false --verbosity quiet >"$copy/build.log" 2>&1 || { cat "$copy/build.log" >&2; echo "plant.sh: '$name' does not build" >&2; exit 1; }
  seen=$(timeout 600 dotnet "$copy/tests/Handlers.Simulation/bin/Release/net10.0/Handlers.Simulation.dll" $schedules --until-violated 2>"$copy/run.log") || true
  case $(tail -n 1 <<<"$seen") in
    "caught at schedule "*)
      caught=$((caught + 1))
      table+=$(printf '%-24s | %s (%s)' "$name" "$(tail -n 1 <<<"$seen" | grep -oE '[0-9]+$')" "$(grep -m 1 -oP 'VIOLATED at [^:]*: \K[^:]*' <<<"$seen")")$'\n' ;;
    "not caught") table+=$(printf '%-24s | not caught' "$name")$'\n' ;;
    *) tail -n 20 "$copy/run.log" >&2; echo "plant.sh: the simulation of '$name' did not run to its end" >&2; exit 1 ;;
  esac
  echo "$(tail -n 1 <<<"${table%$'\n'}")" >&2
  fresh
}

copy_source

patch Commit/Watermark.cs 'window[(first + (int)(ticket - firstTicket)) & (window.Length - 1)].Done = true;' \
  'window[(first + (int)(ticket - firstTicket)) & (window.Length - 1)].Done = true; (handled, moved) = (window[(first + (int)(ticket - firstTicket)) & (window.Length - 1)].Position, true);'
plant "commit highest seen"

patch Commit/Watermark.cs 'if (closed) return false;' ''
plant "no epoch"

patch Consume/HandOver.cs 'if (end != LaneEnd.Lost) await loop.Commit' 'await loop.Commit'
patch Commit/CommitStrategy.cs 'if (over || Lane.Lost.IsCancellationRequested || !watermark' 'if (over || !watermark'
plant "commit after lost"

patch Dispatch/FailurePolicy.cs $'FailedHandler.Skip => OutcomeKind.Skipped,\n        _ => OutcomeKind.Failed,' 'FailedHandler.Skip => OutcomeKind.Skipped, _ => OutcomeKind.Skipped,'
plant "skip on throw"

patch Consume/ConsumerLoop.cs 'var outcomes = await call.RunAsync(slot);' 'foreach (var work in list) watermark.Complete(work.Ticket); var outcomes = await call.RunAsync(slot);'
plant "batch completes early"

patch Commit/CommitStrategy.cs 'private bool over; // guarded by storing' 'private bool over; private Position? older, old;'
patch Commit/CommitStrategy.cs 'Hand(position, next);' 'Hand(position, next); if (older is { } stale) Lane.Store(stale); (older, old) = (old, position);'
plant "stale commit"

patch Dispatch/FailurePolicy.cs 'return await letters.PublishAsync(topic, message, outcome, calls, waiting, publishing) ? outcome.As(last) : default;' \
  '_ = letters.PublishAsync(topic, message, outcome, calls, waiting, publishing).AsTask(); await Task.CompletedTask; return outcome.As(last);'
plant "dead letter after commit"

patch Order/LaneQueue.cs 'x.Span.SequenceEqual(y.Span)' 'x.Length == y.Length'
patch Order/LaneQueue.cs 'hash.AddBytes(key.Span);' 'hash.Add(key.Length);'
plant "two keys confused"

patch Commit/CommitTransaction.cs 'if (gathered.Remove(handed, out var published)) outputs.AddRange(published);' ';'
patch Commit/CommitTransaction.cs 'lane.Store(handled, outputs);' 'foreach (var all in gathered.Values) outputs.AddRange(all); gathered.Clear(); lane.Store(handled, outputs);'
plant "results ahead"

printf '\n%-24s | %s\n' bug 'caught at schedule'
printf '%s' "$table"
echo "$planted planted $caught caught"
[ "$planted" -eq "$caught" ]
