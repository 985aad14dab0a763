using Amazon.DynamoDBv2;
using Amazon.Kinesis;

namespace Handlers.Kinesis.Tests;

public sealed class KinesisClientsTests
{
    private readonly ReadLogged log = new();

    [Fact]
    public void The_region_the_endpoint_and_the_keys_are_taken_from_the_options()
    {
        using var regional = (AmazonKinesisClient)KinesisClients.Kinesis(new KinesisOptions { Region = "eu-west-1", AccessKey = "a", SecretKey = "b" }, log);
        Assert.Equal("eu-west-1", regional.Config.RegionEndpoint.SystemName);
        Assert.Equal(0, regional.Config.MaxErrorRetry);
        using var local = KinesisClients.Kinesis(new KinesisOptions { Region = "eu-west-1", Endpoint = "http://127.0.0.1:4567", AccessKey = "a", SecretKey = "b" }, log);
        Assert.StartsWith("http://127.0.0.1:4567", local.Config.ServiceURL, StringComparison.Ordinal);
        Assert.Equal("eu-west-1", local.Config.AuthenticationRegion);
        using var leases = KinesisClients.DynamoDB(new KinesisOptions { AccessKey = "a", SecretKey = "b", Leases = new KinesisLeaseOptions { Endpoint = "http://127.0.0.1:4568" } }, log);
        Assert.StartsWith("http://127.0.0.1:4568", leases.Config.ServiceURL, StringComparison.Ordinal);
        Assert.Equal("us-east-1", leases.Config.AuthenticationRegion);
        Assert.Null(leases.Config.HttpClientFactory);
        Assert.Equal("", log.All);
    }

    [Fact]
    public void One_key_without_the_other_is_an_error()
    {
        var e = Assert.Throws<TransportException>(() => KinesisClients.Kinesis(new KinesisOptions { Region = "eu-west-1", AccessKey = "only-this" }, log));
        Assert.Contains("AccessKey and SecretKey go together", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("only-this", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Certificates_that_are_not_verified_are_a_warning_without_secrets()
    {
        using var client = KinesisClients.Kinesis(new KinesisOptions { Endpoint = "https://127.0.0.1:4567", VerifyTls = false, AccessKey = "key-id", SecretKey = "secret" }, log);
        Assert.Equal(1, log.Count(4101));
        Assert.Contains("https://127.0.0.1:4567", log.All, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", log.All.Replace("a secret", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("key-id", log.All, StringComparison.Ordinal);
        using var http = client.Config.HttpClientFactory.CreateHttpClient(client.Config);
        Assert.NotNull(http);
    }

    [Fact]
    public void Clients_of_the_application_s_own_are_used_as_they_are()
    {
        using var own = new AmazonKinesisClient("a", "b", new AmazonKinesisConfig { ServiceURL = "http://127.0.0.1:9" });
        using var ownLeases = new AmazonDynamoDBClient("a", "b", new AmazonDynamoDBConfig { ServiceURL = "http://127.0.0.1:9" });
        Assert.Same(own, KinesisClients.Kinesis(new KinesisOptions { Client = () => own }, log));
        Assert.Same(ownLeases, KinesisClients.DynamoDB(new KinesisOptions { Leases = new KinesisLeaseOptions { Client = () => ownLeases } }, log));
    }
}
