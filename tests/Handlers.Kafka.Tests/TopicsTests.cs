using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Reflection;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Handlers.Kafka.Peers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Kafka.Tests;

/// <summary>What a start makes of what brokers say of topics.</summary>
public sealed class TopicsTests
{
    private const int Limit = 60_000;

    /// <summary>Found in review: on KRaft the other brokers list a topic a moment after it was made, and it has no leader at first.</summary>
    [Fact(Timeout = Limit)]
    public async Task A_topic_that_was_made_is_looked_for_again()
    {
        var admin = DispatchProxy.Create<IAdminClient, Admin>();
        var broker = (Admin)(object)admin;
        var none = new TopicMetadata("other", [], new Error(ErrorCode.NoError));
        var leaderless = new TopicMetadata("topic", [], new Error(ErrorCode.LeaderNotAvailable));
        var partition = new PartitionMetadata(0, 1, [1], [1], new Error(ErrorCode.NoError));
        var there = new TopicMetadata("topic", [partition, partition, partition], new Error(ErrorCode.NoError));
        foreach (var answer in new[] { none, none, leaderless, there }) broker.Answers.Enqueue(answer);
        await using var transport = Transport("localhost:9", createTopics: true);
        Assert.Equal(3, new Topics(transport, Request()).Check(admin)["topic"]);
        Assert.Equal(["topic"], broker.Made);
    }

    [Fact(Timeout = Limit)]
    public async Task A_topic_without_a_leader_is_waited_for()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var broker = await Broker.StartAsync(stop: stop);
        await broker.CreateTopicAsync("topic", 1);
        await broker.FailTopicAsync("topic", (int)ErrorCode.LeaderNotAvailable);
        await using var transport = Transport(broker.Bootstrap);
        var checking = new Topics(transport, Request()).CheckAsync(stop);
        await Waiting.UntilAsync(async () => await broker.RequestsAsync(KafkaApi.Metadata) >= 3, () => "It is not asked for again.");
        Assert.False(checking.IsCompleted);
        await broker.FailTopicAsync("topic", 0);
        Assert.Equal(1, (await checking)["topic"]);
    }

    [Fact(Timeout = Limit)]
    public async Task A_topic_that_has_no_leader_in_the_end_is_not_said_to_be_missing()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var broker = await Broker.StartAsync(stop: stop);
        await broker.CreateTopicAsync("topic", 1);
        await broker.FailTopicAsync("topic", (int)ErrorCode.LeaderNotAvailable);
        await using var transport = Transport(broker.Bootstrap, callTimeout: TimeSpan.FromSeconds(3));
        var error = await Assert.ThrowsAsync<TransportException>(() => new Topics(transport, Request()).CheckAsync(stop));
        Assert.True(error.IsTransient, error.Message);
        Assert.StartsWith("Group 'group': topic 'topic' cannot be read: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("does not exist", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_topic_that_may_not_be_seen_is_an_error_with_the_remedy()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var broker = await Broker.StartAsync(stop: stop);
        await broker.CreateTopicAsync("topic", 1);
        await broker.FailTopicAsync("topic", (int)ErrorCode.TopicAuthorizationFailed);
        await using var transport = Transport(broker.Bootstrap);
        var error = await Assert.ThrowsAsync<TransportException>(() => new Topics(transport, Request()).CheckAsync(stop));
        Assert.False(error.IsTransient, error.Message);
        Assert.StartsWith("Group 'group': topic 'topic' cannot be read: ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("Grant this client Read and Describe (to publish: Write) on the topic.", error.Message, StringComparison.Ordinal);
        Assert.Equal(TransportErrorKind.Access, error.Kind);
    }

    [Fact(Timeout = Limit)]
    public async Task A_topic_that_is_missing_is_said_to_be()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var broker = await Broker.StartAsync(stop: stop);
        await broker.CreateTopicAsync("topics", 1);
        await using var transport = Transport(broker.Bootstrap);
        var error = await Assert.ThrowsAsync<TransportException>(() => new Topics(transport, Request()).CheckAsync(stop));
        Assert.Equal(TransportErrorKind.Topic, error.Kind);
        Assert.Equal("Group 'group': Topic 'topic' does not exist. Did you mean 'topics'? There is 'topics'. Make it, or set CreateTopics to have missing topics made.", error.Message);
    }

    /// <summary>Found in review: the client says what is wrong to its error callback alone, and the call fails with its time limit.</summary>
    [Fact(Timeout = Limit)]
    public async Task A_certificate_that_nobody_vouches_for_is_named_with_the_remedy()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = AnswerAsync(listener);
        await using (var transport = Transport($"{listener.LocalEndpoint}", callTimeout: TimeSpan.FromSeconds(5), settings: ("security.protocol", "ssl")))
        {
            var error = await Assert.ThrowsAsync<TransportException>(() => new Topics(transport, Request()).CheckAsync(TestContext.Current.CancellationToken));
            Assert.False(error.IsTransient, error.Message);
            Assert.StartsWith($"The topics of {listener.LocalEndpoint} cannot be listed within 5 s: ", error.Message, StringComparison.Ordinal);
            Assert.EndsWith("(Local_Ssl). Check the certificates, ssl.ca.location and that the listener speaks TLS.", error.Message, StringComparison.Ordinal);
        }

        listener.Stop();
        await answering;
    }

    /// <summary>Speaks TLS, with a certificate of its own making.</summary>
    private static async Task AnswerAsync(TcpListener listener)
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue);
        while (true)
        {
            try
            {
                using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
                await using var secure = new SslStream(client.GetStream());
                await secure.AuthenticateAsServerAsync(certificate);
            }
            catch (Exception e) when (e is AuthenticationException or IOException)
            {
                // The client has refused the certificate.
            }
            catch (Exception e) when (e is SocketException or InvalidOperationException)
            {
                return; // the test is over
            }
        }
    }

    private static KafkaTransport Transport(string servers, bool createTopics = false, TimeSpan? callTimeout = null, params (string Name, string Value)[] settings)
    {
        var options = new KafkaOptions { Servers = servers, CreateTopics = createTopics ? new KafkaTopicDefaults() : null, CallTimeout = callTimeout ?? TimeSpan.FromSeconds(20) };
        foreach (var (name, value) in settings) options.Settings[name] = value;
        return new KafkaTransport(options, TimeProvider.System, NullLogger.Instance);
    }

    private static SubscriptionRequest Request() => new() { Group = "group", Topics = [new("topic", StartPosition.Earliest, default)], RevokeBudget = TimeSpan.FromSeconds(1) };

    /// <summary>Public and not sealed: the framework inherits from it. Lists one topic at a time, and makes any.</summary>
    public class Admin : DispatchProxy
    {
        internal Queue<TopicMetadata> Answers { get; } = [];

        internal List<string> Made { get; } = [];

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name == nameof(IAdminClient.GetMetadata)) return new Metadata([], [Answers.Dequeue()], 1, "one");
            Made.AddRange(((IEnumerable<TopicSpecification>)args![0]!).Select(static t => t.Name));
            return Task.CompletedTask;
        }
    }
}
