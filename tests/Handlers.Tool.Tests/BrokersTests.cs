using System.Text;
using System.Text.Json.Nodes;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Handlers.Kafka.Peers;
using Handlers.Kinesis.Peers;

namespace Handlers.Tool.Tests;

/// <summary>The commands on brokers over the wire; what they do in detail is in <see cref="TopicsTests"/>.</summary>
public sealed class BrokersTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("handlers-brokers-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact(Timeout = 60_000)]
    public async Task On_Kafka()
    {
        await using var broker = await Broker.StartAsync(stop: TestContext.Current.CancellationToken);
        foreach (var topic in (string[])["orders", "copies", "orders.dead"]) await broker.CreateTopicAsync(topic, 2);
        await UseAsync("--kafka", broker.Bootstrap);
    }

    [Fact(Timeout = 60_000)]
    public async Task On_Kinesis()
    {
        Assert.SkipWhen(Emulator.Missing is not null, Emulator.Missing ?? "");
        var stop = TestContext.Current.CancellationToken;
        await using var kinesis = await Kinesalite.StartAsync(stop: stop);
        using var client = new AmazonKinesisClient(Emulator.AccessKey, Emulator.SecretKey, new AmazonKinesisConfig { ServiceURL = kinesis.Endpoint, AuthenticationRegion = Emulator.Region });
        foreach (var stream in (string[])["orders", "copies", "orders.dead"]) await client.CreateStreamAsync(new CreateStreamRequest { StreamName = stream, ShardCount = 1 }, stop);
        while ((await client.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = "orders.dead" }, stop)).StreamDescriptionSummary.StreamStatus != StreamStatus.ACTIVE) await Task.Delay(20, stop);
        await UseAsync(
            "--kinesis", kinesis.Endpoint, "--set", $"Kinesis:AccessKey={Emulator.AccessKey}", "--set", $"Kinesis:SecretKey={Emulator.SecretKey}", "--set", $"Kinesis:Region={Emulator.Region}",
            "--set", $"Kinesis:CheckpointFolder={folder.FullName}");
    }

    private async Task UseAsync(params string[] where)
    {
        var lines = Path.Combine(folder.FullName, "lines.txt");
        await File.WriteAllTextAsync(lines, string.Join('\n', Enumerable.Range(0, 5)), new UTF8Encoding(false), TestContext.Current.CancellationToken);
        Assert.Equal((0, "published 5\n"), await SaidAsync("publish", "orders", "--lines", lines, "--key", "k"));

        var tailed = await DoneAsync("tail", "orders", "--from", "earliest", "--json");
        Assert.Equal(["0", "1", "2", "3", "4"], tailed.TrimEnd().Split('\n').Select(l => JsonNode.Parse(l)!["body"]!.GetValue<string>()));
        Assert.Contains("orders", await DoneAsync("lag", "--group", "nobody", "--topic", "orders"), StringComparison.Ordinal);

        var file = Path.Combine(folder.FullName, "window.ndjson");
        Assert.Equal((0, "replayed 5\n"), await SaidAsync("replay", "orders", "--from", "earliest", "--into", file));
        Assert.Equal(tailed, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        Assert.Equal((0, "published 5\n"), await SaidAsync("publish", "copies", "--ndjson", file));
        Assert.Equal(5, (await DoneAsync("tail", "copies", "--from", "earliest", "--json")).TrimEnd().Split('\n').Length);

        Assert.Equal((0, "published 1\n"), await SaidAsync("publish", "orders.dead", "--body", "again", "--key", "k", "--header", $"{DeadLetterHeaders.Topic}=orders"));
        Assert.Equal("read 1 put back 1 left 0 without origin 0\n", await DoneAsync("redrive", "orders.dead"));
        Assert.Contains("\"again\"", await DoneAsync("tail", "orders", "--from", "earliest", "--json"), StringComparison.Ordinal);

        var wrong = await Ran.Async(["tail", "order", .. where]);
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains("'orders'", wrong.Error, StringComparison.Ordinal);

        Task<string> DoneAsync(params string[] arguments) => Ran.OutputAsync([.. arguments, .. where]);

        async Task<(int, string)> SaidAsync(params string[] arguments) => await Ran.Async([.. arguments, .. where]) is var ran ? (ran.ExitCode, ran.Error) : default;
    }
}
