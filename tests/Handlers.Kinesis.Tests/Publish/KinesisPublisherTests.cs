using System.Text;
using Amazon.Kinesis.Model;
using FsCheck;
using FsCheck.Fluent;
using Record = Amazon.Kinesis.Model.Record;

namespace Handlers.Kinesis.Tests;

public sealed class KinesisPublisherTests : KinesisUnitTest, IAsyncDisposable
{
    private KinesisPublisher? publisher;

    public KinesisPublisherTests() => Service.Add("s");

    private KinesisPublisher Publisher => publisher ??= new KinesisPublisher(Calls, Streams, Options);

    public async ValueTask DisposeAsync()
    {
        if (publisher is not null) await publisher.DisposeAsync();
    }

    [Fact]
    public async Task A_message_is_a_record_with_its_key_and_body_as_they_are()
    {
        await Publisher.PublishAsync(Message("é", "body"), default);
        var record = Assert.Single(Service.Shard.Records);
        Assert.Equal("é", record.PartitionKey);
        Assert.Equal("body"u8.ToArray(), record.Data.ToArray());
        Assert.Null(Service.Requests<PutRecordsRequest>()[0].Records[0].ExplicitHashKey);
    }

    [Fact]
    public async Task Messages_without_a_key_have_each_one_by_chance()
    {
        await Publisher.PublishAsync([.. Enumerable.Range(0, 50).Select(static i => Message(null, $"{i}"))], default);
        Assert.Equal(50, Service.Shard.Records.Select(static r => r.PartitionKey).Distinct().Count());
        Assert.Equal(1, Service.Calls("PutRecords"));
    }

    [Fact]
    public async Task A_list_is_sent_five_hundred_records_and_five_megabytes_at_a_time()
    {
        await Publisher.PublishAsync([.. Enumerable.Range(0, 1203).Select(static i => Message($"{i}", "x"))], default);
        Assert.Equal([500, 500, 203], Service.Requests<PutRecordsRequest>().Select(static r => r.Records.Count));
        await Publisher.PublishAsync([.. Enumerable.Range(0, 12).Select(static i => new OutgoingMessage { Topic = "s", Key = Utf8($"{i}"), Body = new byte[1024 * 1024 - 10] })], default);
        Assert.Equal([5, 5, 2], Service.Requests<PutRecordsRequest>().Skip(3).Select(static r => r.Records.Count));
    }

    [Fact]
    public async Task Calls_that_come_while_requests_are_under_way_share_the_next()
    {
        var gate = new TaskCompletionSource();
        Service.BeforePut = () => gate.Task;
        var calls = Enumerable.Range(0, 100).Select(i => Publisher.PublishAsync(Message($"{i}", $"{i}"), default).AsTask()).ToList();
        gate.SetResult();
        await Task.WhenAll(calls);
        // Four went alone at once; the other 96 went as soon as one of them was back.
        Assert.Equal([1, 1, 1, 1, 96], Service.Requests<PutRecordsRequest>().Select(static r => r.Records.Count).Order());
    }

    [Fact]
    public async Task No_request_has_two_records_of_a_key_and_a_key_has_one_request_under_way()
    {
        var seen = new Dictionary<string, int>();
        var underWay = new HashSet<string>();
        var random = new Random(3);
        var gate = new Lock();
        Service.Put = record =>
        {
            // Refused now and then: what comes after it must wait.
            if (random.Next(4) == 0) return "ProvisionedThroughputExceededException";
            var number = int.Parse(Encoding.UTF8.GetString(record.Data.ToArray()), null);
            Assert.True(number > seen.GetValueOrDefault(record.PartitionKey, -1), $"{number} of {record.PartitionKey} came too late.");
            seen[record.PartitionKey] = number;
            return null;
        };
        Service.BeforePut = async () => await Task.Yield();
        Options.Retry = new KinesisRetry(Tries: 50);
        await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Publisher.PublishAsync([.. Enumerable.Range(0, 200).Select(n => Message($"{i}-{n % 7}", $"{n}"))], default).AsTask()));
        Assert.Equal(2000, Service.Shard.Records.Count);
        Assert.All(Service.Requests<PutRecordsRequest>(), static r => Assert.Equal(r.Records.Count, r.Records.Select(static e => e.PartitionKey).Distinct().Count()));
        Assert.True(Service.Requests<PutRecordsRequest>().Max(static r => r.Records.Count) > 7, "Different keys never went together.");
    }

    [Fact]
    public void Whatever_fails_or_is_lost_what_is_acknowledged_is_there_in_order() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
    {
        // Each case has a service of its own.
        using var service = new FakeKinesis(new AutoClock());
        service.Add("s");
        var random = new Random(seed);
        var gate = new Lock();
        double Chance()
        {
            lock (gate) return random.NextDouble();
        }

        service.Put = _ => Chance() < 0.15 ? "ProvisionedThroughputExceededException" : Chance() < 0.1 ? "InternalFailure" : null;
        service.AfterPut = () => Chance() < 0.1 ? new HttpRequestException("reset") : null;
        service.BeforePut = async () =>
        {
            if (Chance() < 0.5) await Task.Yield();
        };
        var calls = new KinesisCalls(service, new KinesisRetry(Tries: random.Next(2, 9)), new AutoClock(), Log);
        var aggregate = random.Next(2) == 0;
        var publisher = new KinesisPublisher(calls, new KinesisStreams(calls), new KinesisOptions { Aggregate = aggregate });
        var next = new int[5];
        List<(List<OutgoingMessage> Messages, Task Call)> sent = [];
        for (var i = 0; i < 30; i++)
        {
            var messages = Enumerable.Range(0, random.Next(1, 8)).Select(_ => random.Next(5)).Select(k => Message($"{k}", $"{k} {next[k]++}")).ToList();
            sent.Add((messages, publisher.PublishAsync(messages, default).AsTask()));
        }

        Task.WhenAll(sent.Select(static s => s.Call)).ContinueWith(static _ => { }, TaskScheduler.Default).GetAwaiter().GetResult();
        var there = service.Shard.Records.SelectMany(static r => Texts(r)).Select(static t => (Key: t.Split(' ')[0], Number: int.Parse(t.Split(' ')[1], null))).ToList();
        var acknowledged = sent.Where(static s => s.Call.IsCompletedSuccessfully).SelectMany(static s => s.Messages).Select(static m => Text(Bytes.Of(m.Body)));
        // What came twice came before what is behind it: each number is at most one step, or one aggregate, behind the largest before it.
        var inOrder = there.GroupBy(static t => t.Key).All(k => aggregate || k.Zip(k.Skip(1)).All(static p => p.Second.Number >= p.First.Number));
        return inOrder && acknowledged.All(there.Select(static t => $"{t.Key} {t.Number}").ToHashSet().Contains);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    [Fact]
    public async Task What_failed_is_sent_again_alone_after_a_pause()
    {
        Options.Retry = new KinesisRetry(Delay: Seconds(2));
        var failing = 2;
        Service.Put = record => record.PartitionKey == "b" && failing-- > 0 ? "InternalFailure" : null;
        await Publisher.PublishAsync([Message("a", "1"), Message("b", "2"), Message("c", "3"), Message("b", "4")], default);
        Assert.Equal(["a", "c", "b", "b"], Service.Shard.Records.Select(static r => r.PartitionKey));
        Assert.Equal(["a b c", "b", "b", "b"], Service.Requests<PutRecordsRequest>().Select(static r => string.Join(' ', r.Records.Select(static e => e.PartitionKey))));
        Assert.Equal([Seconds(2), Seconds(4)], Clock.Waits);
    }

    [Fact]
    public async Task Those_that_failed_together_are_sent_again_together()
    {
        var failing = 3;
        Service.Put = _ => failing-- > 0 ? "ProvisionedThroughputExceededException" : null;
        await Publisher.PublishAsync([.. Enumerable.Range(0, 10).Select(static i => Message($"{i}", "x"))], default);
        Assert.Equal([10, 3], Service.Requests<PutRecordsRequest>().Select(static r => r.Records.Count));
        Assert.Equal([Seconds(0.2)], Clock.Waits);
    }

    [Fact]
    public async Task A_record_that_is_never_taken_is_an_error_with_the_stream_and_the_first_code()
    {
        Options.Retry = new KinesisRetry(Tries: 3, Delay: Seconds(1));
        var codes = new Queue<string>(["InternalFailure", "InternalFailure", "InternalFailure"]);
        Service.Put = record => record.PartitionKey == "b" ? codes.Dequeue() : null;
        var e = await Assert.ThrowsAsync<TransportException>(async () => await Publisher.PublishAsync([Message("a", "1"), Message("b", "2"), Message("b", "3")], default));
        Assert.True(e.IsTransient);
        Assert.Contains("Publishing to stream 's' failed: a record was sent 3 times and never taken. The first error was InternalFailure", e.Message, StringComparison.Ordinal);
        // The record behind it is not sent: it would overtake.
        Assert.Equal(["a"], Service.Shard.Records.Select(static r => r.PartitionKey));
        Service.Put = static _ => null;
        await Publisher.PublishAsync(Message("b", "4"), default);
        Assert.Equal(2, Service.Shard.Records.Count);
    }

    [Fact]
    public async Task Being_throttled_is_counted_and_waited_for_as_long_as_the_tries_would_take()
    {
        Options.Retry = new KinesisRetry(Tries: 2, Delay: Seconds(10));
        var failing = 5;
        Service.Put = _ => failing-- > 0 ? "ProvisionedThroughputExceededException" : null;
        await Publisher.PublishAsync(Message("a", "1"), default);
        Assert.Equal(5, Calls.Throttled);
        failing = int.MaxValue;
        var e = await Assert.ThrowsAsync<TransportException>(async () => await Publisher.PublishAsync(Message("a", "1"), default));
        Assert.Contains("ProvisionedThroughputExceededException", e.Message, StringComparison.Ordinal);
        Assert.Single(Service.Shard.Records);
    }

    [Fact]
    public async Task A_request_that_fails_as_a_whole_is_sent_again()
    {
        Service.Fail("PutRecords", new HttpRequestException("reset"), 2);
        await Publisher.PublishAsync([Message("a", "1"), Message("b", "2")], default);
        Assert.Equal(2, Service.Shard.Records.Count);
        Assert.Equal([Seconds(5), Seconds(10)], Clock.Waits);
    }

    [Fact]
    public async Task A_stream_that_is_not_there_is_named_with_the_closest_one()
    {
        var e = await Assert.ThrowsAsync<TransportException>(async () => await Publisher.PublishAsync(Message("a", "1") with { Topic = "t" }, default));
        Assert.Contains("Stream 't' does not exist", e.Message, StringComparison.Ordinal);
        Assert.Equal(TransportErrorKind.Topic, e.Kind);
        Assert.Contains("Did you mean 's'?", e.Message, StringComparison.Ordinal);
        Assert.Equal(1, Service.Calls("PutRecords"));
    }

    [Fact]
    public async Task One_that_is_refused_does_not_take_those_beside_it_with_it()
    {
        var gate = new TaskCompletionSource();
        Service.BeforePut = () => gate.Task;
        Service.Put = static record => record.PartitionKey == "a" ? throw new InvalidArgumentException("too large for this stream") : null;
        var before = Enumerable.Range(0, 4).Select(i => Publisher.PublishAsync(Message($"{i}", "x"), default).AsTask()).ToList();
        var a = Publisher.PublishAsync(Message("a", "1"), default).AsTask();
        var b = Publisher.PublishAsync(Message("b", "2"), default).AsTask();
        gate.SetResult();
        await Task.WhenAll(before);
        Assert.True((await Assert.ThrowsAsync<TransportException>(() => a)).IsRefused);
        await b;
        Assert.Equal(["a", "a b", "b"], Service.Requests<PutRecordsRequest>().Select(static r => string.Join(' ', r.Records.Select(static e => e.PartitionKey))).Where(static r => r[0] > '9').Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_cannot_be_a_record_is_refused_before_anything_is_sent()
    {
        await RefusedAsync("the key is not UTF-8 text", Message(null, "x") with { Key = new byte[] { 0xff } });
        await RefusedAsync("the key has 0 characters", Message("", "x"));
        await RefusedAsync("the key has 257 characters", Message(new string('k', 257), "x"));
        await RefusedAsync("its body is null", new OutgoingMessage { Topic = "s", Key = Utf8("k") });
        await RefusedAsync("names no topic", Message("k", "x") with { Topic = " " });
        await RefusedAsync("it has 1048577 bytes, and the most is 1048576", new OutgoingMessage { Topic = "s", Key = Utf8("k"), Body = new byte[1024 * 1024] });
        await RefusedAsync("and the most is 1048576", new OutgoingMessage { Topic = "s", Key = Utf8("k"), Body = new byte[1024 * 1024 - 10], Headers = new Headers(Header.Of("h", "v")) });
        await RefusedAsync("the key has 257 characters", Message(string.Concat(Enumerable.Repeat("😀", 257)), "x"));
        Assert.Equal(0, Service.Calls("PutRecords"));
        await Publisher.PublishAsync(Message(new string('k', 256), ""), default);
        await Publisher.PublishAsync(Message(string.Concat(Enumerable.Repeat("😀", 256)), ""), default); // characters are Unicode's, as the service counts them
        await Publisher.PublishAsync(new OutgoingMessage { Topic = "s", Key = Utf8("k"), Body = new byte[1024 * 1024 - 1] }, default);
        Assert.Equal(3, Service.Shard.Records.Count);
    }

    [Fact]
    public async Task Headers_go_as_tags_and_a_trace_context_alone_goes_not()
    {
        var trace = new Headers(Header.Of("traceparent", "00-1"), Header.Of("TraceState", "x"), Header.Of("baggage", "y"));
        await Publisher.PublishAsync(Message("k", "plain") with { Headers = trace }, default);
        Assert.Equal("plain"u8.ToArray(), Service.Shard.Records[0].Data.ToArray());
        await Publisher.PublishAsync(Message("k", "body") with { Headers = new Headers(trace.Append(new Header("none", null)).Append(Header.Of("none", "again"))) }, default);
        var aggregate = Aggregate.Of(Service.Shard.Records[1].Data.ToArray())!;
        Assert.True(aggregate.TryNext(out var record));
        Assert.Equal("k", Text(Bytes.Of(record.PartitionKey)));
        Assert.Equal("body", Text(Bytes.Of(record.Data)));
        Assert.Equal(["traceparent", "TraceState", "baggage", "none", "none"], record.Tags()!.Select(static h => h.Name));
        Assert.Equal([false, true], record.Tags()!.Skip(3).Select(static h => h.Value is not null));
        Assert.False(aggregate.TryNext(out _));
    }

    [Fact]
    public async Task Explicit_hash_keys_are_checked_and_sent()
    {
        await using var explicitly = new KinesisPublisher(Calls, Streams, new KinesisOptions { ExplicitHashKey = static m => m.Headers.Text("hash") ?? "340282366920938463463374607431768211455" });
        await explicitly.PublishAsync(Message("k", "x"), default);
        Assert.Equal("340282366920938463463374607431768211455", Service.Requests<PutRecordsRequest>()[0].Records[0].ExplicitHashKey);
        var e = await Assert.ThrowsAsync<TransportException>(async () => await explicitly.PublishAsync(Message("k", "x") with { Headers = new Headers(Header.Of("hash", "340282366920938463463374607431768211456")) }, default));
        Assert.Contains("explicit hash key", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Aggregates_hold_the_messages_of_one_key_and_one_call()
    {
        Options.Aggregate = true;
        await Publisher.PublishAsync([Message("a", "1"), Message("b", "2"), Message("a", "3"), Message(null, "4"), Message(null, "5"), Message("a", "6") with { Headers = new Headers(Header.Of("h", "v")) }], default);
        Assert.Equal(1, Service.Calls("PutRecords"));
        Assert.Equal(["a: 1 3 6[1]", "b plain 2", "? plain 4", "? plain 5"], Service.Shard.Records.Select(Shown));
        await Publisher.PublishAsync(Message("a", "7"), default);
        Assert.Equal("a plain 7", Shown(Service.Shard.Records[^1]));
    }

    [Fact]
    public async Task Aggregates_are_no_larger_than_a_record_and_in_order()
    {
        Options.Aggregate = true;
        var messages = Enumerable.Range(0, 2000).Select(static i => Message("key", $"{i}".PadLeft(2000)) with { Headers = i % 3 == 0 ? new Headers(Header.Of("n", $"{i}")) : Headers.Empty }).ToList();
        await Publisher.PublishAsync(messages, default);
        var records = Service.Shard.Records;
        Assert.All(records, static r => Assert.InRange(r.Data.Length + 3, 1, 1024 * 1024));
        Assert.Equal(4, records.Count); // 2,000 of 2 kB in as few as can be
        List<int> read = [];
        foreach (var record in records)
            for (var aggregate = Aggregate.Of(record.Data.ToArray())!; aggregate.TryNext(out var user);) read.Add(int.Parse(Text(Bytes.Of(user.Data)), null));
        Assert.Equal(Enumerable.Range(0, 2000), read);
        Assert.All(Service.Requests<PutRecordsRequest>(), static r => Assert.Single(r.Records));
    }

    [Fact]
    public async Task A_call_that_is_given_up_sends_nothing_more()
    {
        var gate = new TaskCompletionSource();
        Service.BeforePut = () => gate.Task;
        using var stop = new CancellationTokenSource();
        var call = Publisher.PublishAsync([Message("a", "1"), Message("a", "2")], stop.Token).AsTask();
        var other = Publisher.PublishAsync(Message("a", "3"), default).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        gate.SetResult();
        await other;
        Assert.Equal(["1", "3"], Service.Shard.Records.Select(static r => Encoding.UTF8.GetString(r.Data.ToArray())));
    }

    [Fact]
    public async Task Thousands_of_one_key_go_one_after_the_other()
    {
        await Publisher.PublishAsync([.. Enumerable.Range(0, 20_000).Select(static i => Message("k", $"{i}"))], default);
        Assert.Equal(20_000, Service.Calls("PutRecords"));
        Assert.Equal(Enumerable.Range(0, 20_000).Select(static i => $"{i}"), Service.Shard.Records.Select(static r => Encoding.UTF8.GetString(r.Data.ToArray())));
    }

    [Fact]
    public async Task Closing_waits_for_what_is_on_its_way_and_then_ends_it()
    {
        var clock = new Handlers.Testing.FakeClock();
        var gate = new TaskCompletionSource();
        Service.BeforePut = () => gate.Task;
        var closing = new KinesisPublisher(new KinesisCalls(Service, Options.Retry, clock, Log), Streams, Options);
        var call = closing.PublishAsync(Message("a", "1"), default).AsTask();
        var closed = closing.DisposeAsync().AsTask();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await closing.PublishAsync(Message("a", "2"), default));
        Assert.False(closed.IsCompleted);
        gate.SetResult();
        await closed;
        await call;

        // What does not come back has ten seconds.
        Service.BeforePut = static () => Task.CompletedTask;
        Service.Put = static _ => "InternalFailure";
        closing = new KinesisPublisher(new KinesisCalls(Service, Options.Retry, clock, Log), Streams, Options);
        call = closing.PublishAsync(Message("a", "1"), default).AsTask();
        closed = closing.DisposeAsync().AsTask();
        clock.Advance(Seconds(4));
        Assert.False(closed.IsCompleted);
        clock.Advance(Seconds(6));
        await closed;
        var e = await Assert.ThrowsAsync<TransportException>(() => call);
        Assert.Contains("the transport is closed", e.Message, StringComparison.Ordinal);
    }

    private async Task RefusedAsync(string why, OutgoingMessage message)
    {
        var e = await Assert.ThrowsAsync<TransportException>(async () => await Publisher.PublishAsync([Message("good", "x"), message], default));
        Assert.Contains(why, e.Message, StringComparison.Ordinal);
        Assert.True(e.IsRefused);
        Assert.False(e.IsTransient);
        await Assert.ThrowsAsync<TransportException>(async () => await Publisher.PublishAsync(message, default));
    }

    private static List<string> Texts(Record record)
    {
        if (Aggregate.Of(record.Data.ToArray()) is not { } aggregate) return [Encoding.UTF8.GetString(record.Data.ToArray())];
        List<string> texts = [];
        while (aggregate.TryNext(out var user)) texts.Add(Text(Bytes.Of(user.Data)));
        return texts;
    }

    private static string Shown(Record record)
    {
        var key = record.PartitionKey.Length == 32 ? "?" : record.PartitionKey;
        if (Aggregate.Of(record.Data.ToArray()) is not { } aggregate) return $"{key} plain {Encoding.UTF8.GetString(record.Data.ToArray())}";
        var shown = $"{key}:";
        while (aggregate.TryNext(out var user)) shown += $" {Text(Bytes.Of(user.Data))}{(user.Tags() is { } tags ? $"[{tags.Count}]" : "")}";
        return shown;
    }

    private static OutgoingMessage Message(string? key, string body) => new() { Topic = "s", Key = OutgoingMessage.Utf8(key), Body = Utf8(body) };

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
