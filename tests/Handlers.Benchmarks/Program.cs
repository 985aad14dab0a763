using System.Globalization;
using Handlers.Benchmarks;

// [core|kafka|kinesis] [ROUNDS] [ROW...]: everything is measured in one run, side by side; 1 where a bound does not hold. `kafka guard`: the tests' short form.
if (args is ["row", .. var row]) return await BenchRow.RunAsync(RowRequest.Parse(row));
if (args is ["kafka", "guard"]) return await KafkaBenchmark.GuardAsync() ? 0 : 1;
var part = args is ["core" or "kafka" or "kinesis", ..] ? args[0] : null;
var rest = part is null ? args : args[1..];
var rounds = rest is [var n, ..] && int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? asked : 5;
string[] only = [.. rest.Skip(1)];
if (part is null or "core") await CoreBenchmark.RunAsync(rounds);
var holds = part is not (null or "kafka") || await KafkaBenchmark.RunAsync(rounds, only);
if (part is null or "kinesis") holds &= await KinesisBenchmark.RunAsync(rounds, only);
return holds ? 0 : 1;
