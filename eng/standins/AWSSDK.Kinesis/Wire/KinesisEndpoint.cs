using Amazon.Kinesis.Model;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using Amazon.Util;
using static Amazon.Runtime.Internal.Endpoints.StandardLibrary.Fn;

namespace Amazon.Kinesis.Wire;

/// <summary>What an address depends on. Names are those of the service's rules.</summary>
internal sealed class KinesisEndpointParameters : EndpointParameters;

/// <summary>From a request and the client's settings to the parameters of its address.</summary>
internal sealed class KinesisEndpointResolver : BaseEndpointResolver
{
    protected override void ServiceSpecificHandler(IExecutionContext executionContext, EndpointParameters parameters) => InjectHostPrefix(executionContext.RequestContext);

    protected override EndpointParameters MapEndpointsParameters(IRequestContext requestContext)
    {
        var config = requestContext.ClientConfig;
        var (arn, data) = Arn(requestContext.OriginalRequest);
        return new KinesisEndpointParameters
        {
            ["Region"] = requestContext.Request.AlternateEndpoint?.SystemName ?? config.RegionEndpoint?.SystemName ?? SignedAs(config),
            ["UseDualStack"] = config.UseDualstackEndpoint,
            ["UseFIPS"] = config.UseFIPSEndpoint,
            ["Endpoint"] = config.ServiceURL,
            ["ARN"] = arn,
            ["OperationType"] = data ? "data" : "control",
        };
    }

    // An address alone does not tell its region, unless it is AWS's own.
    private static string SignedAs(IClientConfig config) =>
        string.IsNullOrEmpty(config.ServiceURL) ? null
        : !string.IsNullOrEmpty(config.AuthenticationRegion) ? config.AuthenticationRegion
        : RegionEndpoint.GetBySystemName(AWSSDKUtils.DetermineRegion(config.ServiceURL)).SystemName;

    private static (string Arn, bool Data) Arn(AmazonWebServiceRequest request) => request switch
    {
        GetRecordsRequest r => (r.StreamARN, true),
        GetShardIteratorRequest r => (r.StreamARN, true),
        PutRecordRequest r => (r.StreamARN, true),
        PutRecordsRequest r => (r.StreamARN, true),
        SubscribeToShardRequest r => (r.ConsumerARN, true),
        DeleteStreamRequest r => (r.StreamARN, false),
        DeregisterStreamConsumerRequest r => (r.StreamARN ?? r.ConsumerARN, false),
        DescribeStreamConsumerRequest r => (r.StreamARN ?? r.ConsumerARN, false),
        DescribeStreamSummaryRequest r => (r.StreamARN, false),
        ListShardsRequest r => (r.StreamARN, false),
        MergeShardsRequest r => (r.StreamARN, false),
        RegisterStreamConsumerRequest r => (r.StreamARN, false),
        SplitShardRequest r => (r.StreamARN, false),
        UpdateShardCountRequest r => (r.StreamARN, false),
        _ => (null, false),
    };
}

/// <summary>The service's rules: an address of one's own as it is; else the account's where an ARN names it; else the region's.</summary>
internal sealed class KinesisEndpointProvider : IEndpointProvider
{
    public Endpoint ResolveEndpoint(EndpointParameters parameters)
    {
        var (fips, dual) = (parameters["UseFIPS"] is true, parameters["UseDualStack"] is true);
        if (parameters["Endpoint"] is string { Length: > 0 } own)
        {
            if (fips || dual) throw new AmazonClientException("Neither FIPS nor dual stack go together with an endpoint of one's own.");
            return At(own);
        }
        if (parameters["Region"] is not string { Length: > 0 } region) throw new AmazonClientException("No region is configured for Kinesis.");

        var partition = Partition(region);
        if (fips && !Supports("supportsFIPS")) throw new AmazonClientException($"The partition of {region} has no FIPS endpoints.");
        if (dual && !Supports("supportsDualStack")) throw new AmazonClientException($"The partition of {region} has no dual-stack endpoints.");
        var suffix = (string)GetAttr(partition, dual ? "dualStackDnsSuffix" : "dnsSuffix");
        var name = fips ? "kinesis-fips" : "kinesis";
        var partitionName = (string)GetAttr(partition, "name");
        if (parameters["ARN"] is string { Length: > 0 } text && partitionName is not ("aws-iso" or "aws-iso-b")) return At($"https://{Account(text, partitionName)}.{parameters["OperationType"]}-{name}.{region}.{suffix}");
        return At(fips && !dual && partitionName == "aws-us-gov" ? $"https://kinesis.{region}.amazonaws.com" : $"https://{name}.{region}.{suffix}");

        bool Supports(string what) => GetAttr(partition, what) is true;
    }

    private static Endpoint At(string url) => new(url, InterpolateJson("", []), InterpolateJson("", []));

    // arn:PARTITION:kinesis:REGION:ACCOUNT:stream/NAME
    private static string Account(string text, string partition)
    {
        var parts = text.Split(':', 6);
        var good = parts is ["arn", _, "kinesis", { Length: > 0 }, { Length: > 0 }, _] && parts[1] == partition && parts[5].StartsWith("stream/", StringComparison.Ordinal)
            && IsValidHostLabel(parts[3], false) && IsValidHostLabel(parts[4], false);
        return good ? parts[4] : throw new AmazonClientException($"'{text}' is no ARN of a Kinesis stream in partition {partition}.");
    }
}
