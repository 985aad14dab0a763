using System.Collections.ObjectModel;
using Amazon.Kinesis.Wire;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using Amazon.Util.Internal;

namespace Amazon.Kinesis;

public partial class AmazonKinesisConfig : ClientConfig
{
    public AmazonKinesisConfig() : base(new DefaultConfigurationProvider(Defaults()))
    {
        base.ServiceId = ServiceId;
        AuthenticationServiceName = "kinesis";
        EndpointProvider = new KinesisEndpointProvider();
    }

    public static new string ServiceId => "Kinesis";

    public override string RegionEndpointServiceName => "kinesis";

    public override string ServiceVersion => "2013-12-02";

    public override string UserAgent { get; } = InternalSDKUtils.BuildUserAgentString("Kinesis", "4.0.7.14");

    public override Endpoint DetermineServiceOperationEndpoint(ServiceOperationEndpointParameters parameters)
    {
        var context = new RequestContext(false)
        {
            ClientConfig = this,
            OriginalRequest = parameters.Request,
            Request = new DefaultRequest(parameters.Request, ServiceId) { AlternateEndpoint = parameters.AlternateEndpoint },
        };
        return new KinesisEndpointResolver().GetEndpoint(new Amazon.Runtime.Internal.ExecutionContext(context, null));
    }

    // AWS's table of defaults: in each mode, how long connecting may take.
    private static ReadOnlyCollection<IDefaultConfiguration> Defaults() => new(
    [
        Default(DefaultConfigurationMode.Standard, 3_100),
        Default(DefaultConfigurationMode.InRegion, 1_100),
        Default(DefaultConfigurationMode.CrossRegion, 3_100),
        Default(DefaultConfigurationMode.Mobile, 30_000),
        Default(DefaultConfigurationMode.Auto, 1_100),
    ]);

    private static DefaultConfiguration Default(DefaultConfigurationMode mode, int connect) => new()
    {
        Name = mode,
        RetryMode = RequestRetryMode.Standard,
        S3UsEast1RegionalEndpoint = S3UsEast1RegionalEndpointValue.Regional,
        ConnectTimeout = TimeSpan.FromMilliseconds(connect),
        TlsNegotiationTimeout = TimeSpan.FromMilliseconds(connect),
    };
}
