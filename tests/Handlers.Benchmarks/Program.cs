using System.Globalization;
using Handlers.Benchmarks;

// [core|kafka] [ROUNDS] [ROW...]: everything is measured in one run, side by side; 1 where a bound does not hold. `kafka guard`: the tests' short form.
if (args is ["row", .. var row]) return await KafkaRow.RunAsync(RowRequest.Parse(row));
if (args is ["kafka", "guard"]) return await KafkaBenchmark.GuardAsync() ? 0 : 1;
var part = args is ["core" or "kafka", ..] ? args[0] : null;
var rest = part is null ? args : args[1..];
var rounds = rest is [var n, ..] && int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? asked : 5;
if (part is not "kafka") await CoreBenchmark.RunAsync(rounds);
return part is "core" || await KafkaBenchmark.RunAsync(rounds, [.. rest.Skip(1)]) ? 0 : 1;
