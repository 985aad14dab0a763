using System.Text;
using Amazon.Kinesis.Wire;
using Amazon.Runtime.EventStreams;
using Amazon.Runtime.EventStreams.Internal;

namespace Amazon.Kinesis.Model;

/// <summary>
/// The events of one subscription, enumerated once. Nothing is read from the connection but when the next event is asked for. Whatever fails, a cancelled
/// token too, is thrown as <see cref="KinesisEventStreamException"/> around its cause, and the stream is disposed.
/// </summary>
public sealed class SubscribeToShardEventStream : EnumerableEventOutputStream<IEventStreamEvent, KinesisEventStreamException>
{
    private volatile bool processing;

    public SubscribeToShardEventStream(Stream stream) : this(stream, null)
    {
    }

    public SubscribeToShardEventStream(Stream stream, IEventStreamDecoder eventStreamDecoder) : base(stream, eventStreamDecoder)
    {
        base.EventReceived += (_, args) => EventReceived?.Invoke(this, args);
        base.ExceptionReceived += (_, args) => ExceptionReceived?.Invoke(this, args);
        Decoder.MessageReceived += (_, args) =>
        {
            // Whoever enumerates has no handlers here, and has the message converted by itself.
            if (EventReceived is not null || InitialResponseReceived is not null || SubscribeToShardEventReceived is not null) Raise(ConvertMessageToEvent(args.Message));
        };
    }

    public override event EventHandler<EventStreamEventReceivedArgs<IEventStreamEvent>> EventReceived;

    public override event EventHandler<EventStreamExceptionReceivedArgs<KinesisEventStreamException>> ExceptionReceived;

    public event EventHandler<EventStreamEventReceivedArgs<InitialResponseEvent>> InitialResponseReceived;

    public event EventHandler<EventStreamEventReceivedArgs<SubscribeToShardEvent>> SubscribeToShardEventReceived;

    protected override bool IsProcessing
    {
        get => processing;
        set => processing = value;
    }

    protected override IDictionary<string, Func<IEventStreamMessage, IEventStreamEvent>> EventMapping { get; } =
        new Dictionary<string, Func<IEventStreamMessage, IEventStreamEvent>>(StringComparer.OrdinalIgnoreCase)
        {
            ["Initial-Response"] = message => new InitialResponseEvent(message),
            ["SubscribeToShardEvent"] = message => Read.SubscribeToShardEvent(message.Payload),
        };

    // An error that comes as an event has no code and no message of its own: its type says it, and the outer exception has its text.
    protected override IDictionary<string, Func<IEventStreamMessage, KinesisEventStreamException>> ExceptionMapping { get; } =
        new Dictionary<string, Func<IEventStreamMessage, KinesisEventStreamException>>(StringComparer.OrdinalIgnoreCase)
        {
            ["InternalFailureException"] = message => Failure(message, new InternalFailureException()),
            ["KMSAccessDeniedException"] = message => Failure(message, new KMSAccessDeniedException()),
            ["KMSDisabledException"] = message => Failure(message, new KMSDisabledException()),
            ["KMSInvalidStateException"] = message => Failure(message, new KMSInvalidStateException()),
            ["KMSNotFoundException"] = message => Failure(message, new KMSNotFoundException()),
            ["KMSOptInRequired"] = message => Failure(message, new KMSOptInRequiredException()),
            ["KMSThrottlingException"] = message => Failure(message, new KMSThrottlingException()),
            ["ResourceInUseException"] = message => Failure(message, new ResourceInUseException()),
            ["ResourceNotFoundException"] = message => Failure(message, new ResourceNotFoundException()),
        };

    private static KinesisEventStreamException Failure(IEventStreamMessage message, AmazonKinesisException cause) => new(Encoding.UTF8.GetString(message.Payload), cause);

    private void Raise(IEventStreamEvent received)
    {
        EventReceived?.Invoke(this, new EventStreamEventReceivedArgs<IEventStreamEvent>(received));
        if (received is InitialResponseEvent first) InitialResponseReceived?.Invoke(this, new EventStreamEventReceivedArgs<InitialResponseEvent>(first));
        if (received is SubscribeToShardEvent records) SubscribeToShardEventReceived?.Invoke(this, new EventStreamEventReceivedArgs<SubscribeToShardEvent>(records));
    }
}
