using Amazon.Runtime;
using Amazon.Runtime.Credentials.Internal;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Auth;

namespace Amazon.Kinesis.Wire;

/// <summary>Every operation is signed with version 4 of AWS's signature.</summary>
internal sealed class KinesisSigning : BaseAuthResolverHandler
{
    protected override List<IAuthSchemeOption> ResolveAuthOptions(IExecutionContext executionContext) => AuthSchemeOption.DEFAULT_SIGV4;
}

/// <summary>What Core asks of a service for the user agent.</summary>
internal sealed class KinesisMetadata : IServiceMetadata
{
    public string ServiceId => AmazonKinesisConfig.ServiceId;

    public IDictionary<string, string> OperationNameMapping { get; } = new Dictionary<string, string>();
}
