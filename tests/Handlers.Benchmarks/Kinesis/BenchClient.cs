using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Amazon.Runtime;
using Handlers.Kinesis.Peers;

namespace Handlers.Benchmarks;

/// <summary>The SDK's client, the same for the loop by hand and for ours. It tells when the first fetch begins, for that is where measuring does.</summary>
internal sealed class BenchClient(string endpoint, Window? window = null) : AmazonKinesisClient(
    new BasicAWSCredentials(Emulator.AccessKey, Emulator.SecretKey),
    new AmazonKinesisConfig { ServiceURL = endpoint, AuthenticationRegion = Emulator.Region, MaxErrorRetry = 0, MaxStaleConnectionRetries = 0 })
{
    public override Task<GetRecordsResponse> GetRecordsAsync(GetRecordsRequest request, CancellationToken cancellationToken = default)
    {
        window?.Begin();
        return base.GetRecordsAsync(request, cancellationToken);
    }
}
