using System.Globalization;
using Handlers.Kafka.Peers;

namespace Handlers.Kafka.Broker;

/// <summary>One line each, and what is answered.</summary>
internal sealed class Commands(MockCluster cluster)
{
    public const string Usage = """
        topic NAME PARTITIONS              makes a topic
        delete NAME                        deletes it
        trim TOPIC PARTITION OFFSET        what is before the offset is gone, as by retention
        fail API COUNT ERROR...            the next requests fail with these errors in turn, COUNT times. API is a name or number of the
                                           protocol (OffsetCommit, 8), ERROR a number (16); -195 ends the connection. Metadata takes the
                                           end of the connection only: see fail-topic
        fail-at BROKER API COUNT ERROR MS  the next requests to this broker are answered MS late, with this error (0: none)
        fail-partition TOPIC PARTITION API COUNT ERROR
                                           this partition fails in the next requests that name it
        fail-topic TOPIC ERROR             the topic's error in Metadata, until it is 0
        down BROKER, up BROKER             no broker listens there, or again (-1: all). Leaders stay where they are
        rtt BROKER MS                      every answer of this broker comes so much later (-1: all)
        leader TOPIC PARTITION BROKER
        coordinator group|transaction KEY BROKER
        session MS                         the session timeout of groups with the protocol `consumer`
        versions API MIN MAX               which versions clients are told of; -1 -1: the broker does not know the request
        requests API                       how many came so far
        clear                              forgets errors that wait (of `fail`) and requests that came
        quit
        """;

    public string Obey(string line)
    {
        try
        {
            var value = Run(line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
            return value is null ? "ok" : $"ok {value}";
        }
        catch (Exception e) when (e is FormatException or OverflowException or InvalidOperationException or PlatformNotSupportedException)
        {
            return $"error {e.Message}";
        }
    }

    private string? Run(string[] words)
    {
        switch (words)
        {
            case ["topic", var name, var partitions]: cluster.CreateTopic(name, AtLeast(1, partitions)); break;
            case ["delete", var name]: cluster.DeleteTopic(name); break;
            case ["trim", var topic, var partition, var offset]: cluster.Trim(topic, Number(partition), long.Parse(offset, CultureInfo.InvariantCulture)); break;
            case ["fail", var api, var count, .. { Length: > 0 } errors]:
                cluster.Fail(Api(api), [.. Enumerable.Repeat(errors.Select(Number), Number(count)).SelectMany(e => e)]);
                break;
            case ["fail-at", var broker, var api, var count, var error, var late]:
                for (var i = 0; i < Number(count); i++) cluster.FailAt(Number(broker), Api(api), Number(error), Number(late));
                break;
            case ["fail-partition", var topic, var partition, var api, var count, var error]:
                for (var i = 0; i < Number(count); i++) cluster.FailPartition(topic, Number(partition), Api(api), Number(error));
                break;
            case ["fail-topic", var topic, var error]: cluster.FailTopic(topic, Number(error)); break;
            case ["down", var broker]: cluster.SetDown(Number(broker)); break;
            case ["up", var broker]: cluster.SetUp(Number(broker)); break;
            case ["rtt", var broker, var milliseconds]: cluster.SetRoundTrip(Number(broker), Number(milliseconds)); break;
            case ["leader", var topic, var partition, var broker]: cluster.SetLeader(topic, Number(partition), Number(broker)); break;
            case ["coordinator", "group" or "transaction", var key, var broker]: cluster.SetCoordinator(words[1], key, Number(broker)); break;
            case ["session", var milliseconds]: cluster.SetSessionTimeout(Number(milliseconds)); break;
            case ["versions", var api, var min, var max]: cluster.SetVersions(Api(api), Number(min), Number(max)); break;
            case ["requests", var api]: return cluster.Requests(Api(api)).ToString(CultureInfo.InvariantCulture);
            case ["clear"]: cluster.Clear(); break;
            default: throw new FormatException($"'{string.Join(' ', words)}' is no command. --help lists them.");
        }

        return null;
    }

    private static int Number(string word) => AtLeast(int.MinValue, word);

    private static int AtLeast(int least, string word) =>
        int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least
            ? number
            : throw new FormatException($"'{word}' is no number{(least > int.MinValue ? $" of at least {least}" : "")}.");

    private static KafkaApi Api(string word) =>
        Enum.TryParse<KafkaApi>(word, ignoreCase: true, out var api) && Enum.IsDefined(api)
            ? api
            : throw new FormatException($"The broker knows no request '{word}'. It knows {string.Join(", ", Enum.GetValues<KafkaApi>())}.");
}
