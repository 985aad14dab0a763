namespace Handlers.Kafka.Peers;

/// <summary>
/// The requests that the broker answers, by their number in the Kafka protocol. What is not here it does not know: CreateTopics,
/// DeleteRecords, DescribeGroups and SASL among others; a client is told so by ApiVersions. This file is compiled into the broker and into
/// the library of peers.
/// </summary>
public enum KafkaApi
{
    Produce = 0,
    Fetch = 1,
    ListOffsets = 2,
    Metadata = 3,
    OffsetCommit = 8,
    OffsetFetch = 9,
    FindCoordinator = 10,
    JoinGroup = 11,
    Heartbeat = 12,
    LeaveGroup = 13,
    SyncGroup = 14,
    ApiVersions = 18,
    InitProducerId = 22,
    OffsetForLeaderEpoch = 23,
    AddPartitionsToTxn = 24,
    AddOffsetsToTxn = 25,
    EndTxn = 26,
    TxnOffsetCommit = 28,
    ConsumerGroupHeartbeat = 68,
    GetTelemetrySubscriptions = 71,
    PushTelemetry = 72,
}
