using Amazon.Kinesis.Model;

namespace Amazon.Kinesis.Wire;

/// <summary>All of them, with the errors that each declares.</summary>
internal static class Operations
{
    private const string Denied = "AccessDeniedException";
    private const string ExpiredToken = "ExpiredNextTokenException";
    private const string InUse = "ResourceInUseException";
    private const string Internal = "InternalFailureException";
    private const string Invalid = "InvalidArgumentException";
    private const string Limit = "LimitExceededException";
    private const string NotFound = "ResourceNotFoundException";
    private const string Throughput = "ProvisionedThroughputExceededException";
    private const string Validation = "ValidationException";

    private static readonly string[] Keys = ["KMSAccessDeniedException", "KMSDisabledException", "KMSInvalidStateException", "KMSNotFoundException", "KMSOptInRequired", "KMSThrottlingException"];

    public static readonly Operation CreateStream = new Operation<CreateStreamRequest, CreateStreamResponse>("CreateStream", Write.CreateStream, null, Invalid, Limit, InUse, Validation);

    public static readonly Operation DeleteStream = new Operation<DeleteStreamRequest, DeleteStreamResponse>("DeleteStream", Write.DeleteStream, null, Denied, Invalid, Limit, InUse, NotFound);

    public static readonly Operation DeregisterStreamConsumer = new Operation<DeregisterStreamConsumerRequest, DeregisterStreamConsumerResponse>(
        "DeregisterStreamConsumer", Write.DeregisterStreamConsumer, null, Invalid, Limit, NotFound);

    public static readonly Operation DescribeStreamConsumer = new Operation<DescribeStreamConsumerRequest, DescribeStreamConsumerResponse>(
        "DescribeStreamConsumer", Write.DescribeStreamConsumer, Read.DescribeStreamConsumer, Invalid, Limit, NotFound);

    public static readonly Operation DescribeStreamSummary = new Operation<DescribeStreamSummaryRequest, DescribeStreamSummaryResponse>(
        "DescribeStreamSummary", Write.DescribeStreamSummary, Read.DescribeStreamSummary, Denied, Invalid, Limit, NotFound);

    public static readonly Operation GetRecords = new Operation<GetRecordsRequest, GetRecordsResponse>(
        "GetRecords", Write.GetRecords, Read.GetRecords, [Denied, "ExpiredIteratorException", Internal, Invalid, .. Keys, Throughput, NotFound]);

    public static readonly Operation GetShardIterator = new Operation<GetShardIteratorRequest, GetShardIteratorResponse>(
        "GetShardIterator", Write.GetShardIterator, Read.GetShardIterator, Denied, Internal, Invalid, Throughput, NotFound);

    public static readonly Operation ListShards = new Operation<ListShardsRequest, ListShardsResponse>(
        "ListShards", Write.ListShards, Read.ListShards, Denied, ExpiredToken, Invalid, Limit, InUse, NotFound);

    public static readonly Operation ListStreams = new Operation<ListStreamsRequest, ListStreamsResponse>("ListStreams", Write.ListStreams, Read.ListStreams, ExpiredToken, Invalid, Limit);

    public static readonly Operation MergeShards = new Operation<MergeShardsRequest, MergeShardsResponse>(
        "MergeShards", Write.MergeShards, null, Denied, Invalid, Limit, InUse, NotFound, Validation);

    public static readonly Operation PutRecord = new Operation<PutRecordRequest, PutRecordResponse>(
        "PutRecord", Write.PutRecord, Read.PutRecord, [Denied, Internal, Invalid, .. Keys, Throughput, NotFound]);

    public static readonly Operation PutRecords = new Operation<PutRecordsRequest, PutRecordsResponse>(
        "PutRecords", Write.PutRecords, Read.PutRecords, [Denied, Internal, Invalid, .. Keys, Throughput, NotFound]);

    public static readonly Operation RegisterStreamConsumer = new Operation<RegisterStreamConsumerRequest, RegisterStreamConsumerResponse>(
        "RegisterStreamConsumer", Write.RegisterStreamConsumer, Read.RegisterStreamConsumer, Invalid, Limit, InUse, NotFound);

    public static readonly Operation SplitShard = new Operation<SplitShardRequest, SplitShardResponse>(
        "SplitShard", Write.SplitShard, null, Denied, Invalid, Limit, InUse, NotFound, Validation);

    public static readonly Operation SubscribeToShard = new SubscribeToShardOperation();

    public static readonly Operation UpdateShardCount = new Operation<UpdateShardCountRequest, UpdateShardCountResponse>(
        "UpdateShardCount", Write.UpdateShardCount, Read.UpdateShardCount, Denied, Invalid, Limit, InUse, NotFound, Validation);
}
