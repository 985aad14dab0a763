using Handlers.Kafka.Peers;

namespace Handlers.Kafka.Broker;

/// <summary>The cluster and the client that hosts it; the client itself talks to nobody.</summary>
internal sealed unsafe class MockCluster : IDisposable
{
    private const int ErrorSize = 512;
    private const string Mac = "The library takes this error as a variadic argument, which .NET cannot pass on Apple silicon.";

    private readonly nint client;
    private readonly nint cluster;

    /// <exception cref="InvalidOperationException">librdkafka refuses.</exception>
    public MockCluster(Options options)
    {
        var error = stackalloc byte[ErrorSize];
        var configuration = Native.NewConfiguration();
        var quiet = Native.Set(configuration, "log_level", options.Verbose ? "7" : "0", error, ErrorSize);
        if (quiet != 0 || (options.Verbose && Native.Set(configuration, "debug", "mock", error, ErrorSize) != 0)) throw Refused(error);
        client = Native.NewClient(Native.Producer, configuration, error, ErrorSize);
        if (client == 0) throw Refused(error);
        cluster = Native.NewCluster(client, options.Brokers);
        if (cluster == 0) throw new InvalidOperationException($"librdkafka {Native.Text(Native.Version())} makes no cluster of {options.Brokers} brokers.");
        Native.SetController(cluster, 1); // without one, administrators' requests wait for it until they time out
        Native.SetJoinDelay(cluster, options.JoinDelay);
        Native.SetHeartbeatInterval(cluster, options.Heartbeat);
        Native.StartRequestTracking(cluster);
    }

    public string Bootstrap => Native.Text(Native.Bootstrap(cluster));

    public void CreateTopic(string name, int partitions) => Check(Native.CreateTopic(cluster, name, partitions, 1));

    public void DeleteTopic(string name) => Check(Native.DeleteTopic(cluster, name));

    /// <summary>The topic's start moves there, as retention would move it.</summary>
    public void Trim(string topic, int partition, long offset) => Check(Native.DeleteRecords(cluster, topic, partition, offset));

    public void SetLeader(string topic, int partition, int broker) => Check(Native.SetLeader(cluster, topic, partition, broker));

    public void SetCoordinator(string keyType, string key, int broker) => Check(Native.SetCoordinator(cluster, keyType, key, broker));

    public void SetDown(int broker) => Check(Native.SetDown(cluster, broker));

    public void SetUp(int broker) => Check(Native.SetUp(cluster, broker));

    public void SetRoundTrip(int broker, int milliseconds) => Check(Native.SetRoundTrip(cluster, broker, milliseconds));

    public void SetSessionTimeout(int milliseconds) => Native.SetSessionTimeout(cluster, milliseconds);

    public void SetVersions(KafkaApi api, int min, int max) => Check(Native.SetVersions(cluster, (short)api, checked((short)min), checked((short)max)));

    /// <summary>The next requests of this kind fail with these errors, one after the other, whichever broker they go to.</summary>
    public void Fail(KafkaApi api, int[] errors) => Native.PushErrors(cluster, (short)api, (nuint)errors.Length, errors);

    /// <summary>The next request of this kind to this broker is answered late, with this error or with 0 for none. Goes before <see cref="Fail"/>.</summary>
    public void FailAt(int broker, KafkaApi api, int error, int milliseconds)
    {
        if (!Native.Variadic) throw new PlatformNotSupportedException(Mac);
        Check(Native.PushError(cluster, broker, (short)api, 1, error, milliseconds));
    }

    /// <summary>This partition fails in the next request of this kind that names it; the request's other partitions do not.</summary>
    public void FailPartition(string topic, int partition, KafkaApi api, int error)
    {
        if (!Native.Variadic) throw new PlatformNotSupportedException(Mac);
        Check(Native.PushPartitionError(cluster, topic, partition, (short)api, 1, error));
    }

    /// <summary>The topic's error in Metadata and AddPartitionsToTxn, until it is set to 0.</summary>
    public void FailTopic(string topic, int error) => Native.SetTopicError(cluster, topic, error);

    /// <summary>How many requests of this kind came, since the start or since they were cleared.</summary>
    public int Requests(KafkaApi api)
    {
        var requests = Native.Requests(cluster, out var count);
        var found = 0;
        for (nuint i = 0; i < count; i++)
        {
            if (Native.ApiOf(requests[i]) == (short)api) found++;
        }

        Native.DestroyRequests(requests, count);
        return found;
    }

    /// <summary>No error waits any more (of those from <see cref="Fail"/>), and no request has been seen.</summary>
    public void Clear()
    {
        foreach (var api in Enum.GetValues<KafkaApi>()) Native.ClearErrors(cluster, (short)api);
        Native.ClearRequests(cluster);
    }

    public void Dispose()
    {
        Native.DestroyCluster(cluster);
        Native.DestroyClient(client);
    }

    private static void Check(int error)
    {
        if (error != 0) throw new InvalidOperationException($"{Native.Text(Native.ErrorText(error))} ({Native.Text(Native.ErrorName(error))})");
    }

    private static InvalidOperationException Refused(byte* error) => new($"librdkafka refuses: {Native.Text((nint)error)}");
}
