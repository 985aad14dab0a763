using System.Globalization;
using Handlers.Benchmarks;

// [core|telemetry|page|kafka|kinesis] [ROUNDS] [ROW...]: everything is measured in one run, side by side; 1 where a bound does not hold. `telemetry` is a part of `core`. `kafka guard`: the tests' short form.
if (args is ["row", .. var row]) return await BenchRow.RunAsync(RowRequest.Parse(row));
if (args is ["asked", .. var asked]) return await BenchRow.RunAsync(RowRequest.Parse(asked), Console.In);
if (args is ["kafka", "guard"]) return await KafkaBenchmark.GuardAsync() ? 0 : 1;
var part = args is ["core" or "telemetry" or "page" or "kafka" or "kinesis", ..] ? args[0] : null;
var rest = part is null ? args : args[1..];
string[] only = [.. rest.Skip(1)];
IEnumerable<BenchRow> rows = [.. part is null or "kafka" ? KafkaRow.All.Append(KafkaRow.C) : [], .. part is null or "kinesis" ? KinesisRow.All : []];
var words = rows.Select(static r => r.Word).ToList();
var rounds = 5;
if ((rest.Length > 0 && (!int.TryParse(rest[0], NumberStyles.None, CultureInfo.InvariantCulture, out rounds) || rounds == 0)) || only.Except(words).Any())
{
    Console.Error.WriteLine($"bench [core|telemetry|page|kafka|kinesis] [ROUNDS] [ROW...]: ROUNDS is 1 or more, and here each ROW one of: {string.Join(' ', words)}");
    return 2;
}

if (part is "telemetry") return await TelemetryBenchmark.RunAsync(rounds) ? 0 : 1;
var holds = part is not (null or "core") || await CoreBenchmark.RunAsync(rounds);
if (part is null or "page") holds &= await PageBenchmark.RunAsync(rounds);
if (part is null or "kafka") holds &= await KafkaBenchmark.RunAsync(rounds, only);
if (part is null or "kinesis") holds &= await KinesisBenchmark.RunAsync(rounds, only);
return holds ? 0 : 1;
