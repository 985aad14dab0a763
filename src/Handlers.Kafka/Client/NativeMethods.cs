using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Handlers.Kafka;

/// <summary>The functions of librdkafka (rdkafka.h) that Confluent.Kafka does not offer: a partition's own queue, and whole batches from it.</summary>
internal static unsafe partial class NativeMethods
{
    public const string Library = "librdkafka";

    [LibraryImport(Library, EntryPoint = "rd_kafka_version")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int Version();

    [LibraryImport(Library, EntryPoint = "rd_kafka_queue_get_partition", StringMarshalling = StringMarshalling.Utf8)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nint QueueOfPartition(nint client, string topic, int partition);

    /// <summary>With no destination the queue keeps what it gets, also after the next assignment: the client leaves a choice of the application's alone.</summary>
    [LibraryImport(Library, EntryPoint = "rd_kafka_queue_forward")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void QueueForward(nint queue, nint destination);

    [LibraryImport(Library, EntryPoint = "rd_kafka_queue_destroy")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void QueueDestroy(nint queue);

    /// <summary>Calls back, on a thread of the client and under the queue's lock, whenever an empty queue gets something. Null: no more.</summary>
    [LibraryImport(Library, EntryPoint = "rd_kafka_queue_cb_event_enable")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void QueueCallBack(nint queue, delegate* unmanaged[Cdecl]<nint, nint, void> callback, nint state);

    [LibraryImport(Library, EntryPoint = "rd_kafka_consume_batch_queue")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nint ConsumeBatch(nint queue, int milliseconds, NativeMessage** messages, nuint count);

    [LibraryImport(Library, EntryPoint = "rd_kafka_message_destroy")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void MessageDestroy(NativeMessage* message);

    [LibraryImport(Library, EntryPoint = "rd_kafka_message_timestamp")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial long MessageTimestamp(NativeMessage* message, int* kind);

    [LibraryImport(Library, EntryPoint = "rd_kafka_message_headers")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int MessageHeaders(NativeMessage* message, nint* headers);

    [LibraryImport(Library, EntryPoint = "rd_kafka_header_get_all")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int Header(nint headers, nuint index, byte** name, byte** value, nuint* length);

    [LibraryImport(Library, EntryPoint = "rd_kafka_queue_new")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nint QueueNew(nint client);

    [LibraryImport(Library, EntryPoint = "rd_kafka_topic_partition_list_new")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial NativePartitions* PartitionsNew(int room);

    /// <summary>The partition is the list's, and moves when that grows.</summary>
    [LibraryImport(Library, EntryPoint = "rd_kafka_topic_partition_list_add", StringMarshalling = StringMarshalling.Utf8)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial NativePartition* PartitionsAdd(NativePartitions* list, string topic, int partition);

    [LibraryImport(Library, EntryPoint = "rd_kafka_topic_partition_list_destroy")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void PartitionsDestroy(NativePartitions* list);

    /// <summary>Asks for a commit; its result comes to the queue as an event. With a callback, which is not called then: without one the client's own would be.</summary>
    [LibraryImport(Library, EntryPoint = "rd_kafka_commit_queue")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int Commit(nint client, NativePartitions* offsets, nint queue, delegate* unmanaged[Cdecl]<nint, int, nint, nint, void> callback, nint state);

    [LibraryImport(Library, EntryPoint = "rd_kafka_queue_poll")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nint QueuePoll(nint queue, int milliseconds);

    [LibraryImport(Library, EntryPoint = "rd_kafka_event_error")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int EventError(nint result);

    /// <summary>The list is the event's.</summary>
    [LibraryImport(Library, EntryPoint = "rd_kafka_event_topic_partition_list")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial NativePartitions* EventPartitions(nint result);

    /// <summary>The error that ended the client, and its reason as text.</summary>
    [LibraryImport(Library, EntryPoint = "rd_kafka_fatal_error")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int FatalError(nint client, byte* text, nuint room);

    [LibraryImport(Library, EntryPoint = "rd_kafka_event_destroy")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void EventDestroy(nint result);
}

/// <summary>rd_kafka_topic_partition_list_t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativePartitions
{
    public int Count;
    public int Room;
    public NativePartition* Items;
}

/// <summary>rd_kafka_topic_partition_t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativePartition
{
    public byte* Topic;
    public int Partition;
    public long Offset;
    public void* Metadata;
    public nuint MetadataLength;
    public void* State;
    public int Error;
    public void* Private;
}

/// <summary>rd_kafka_message_t. Where <see cref="Error"/> is not 0 the payload is text that says what it is.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeMessage
{
    public int Error;
    public nint Topic;
    public int Partition;
    public byte* Payload;
    public nuint Length;
    public byte* Key;
    public nuint KeyLength;
    public long Offset;
    public nint Private;
}
