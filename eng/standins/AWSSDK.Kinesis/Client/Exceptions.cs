using System.Net;
using Amazon.Runtime;
using Amazon.Runtime.EventStreams.Internal;

namespace Amazon.Kinesis;

/// <summary>An error of the service. Those that an operation declares have a class of their own; any other is this one, with its ErrorCode.</summary>
public partial class AmazonKinesisException : AmazonServiceException
{
    public AmazonKinesisException()
    {
    }

    public AmazonKinesisException(string message) : base(message)
    {
    }

    public AmazonKinesisException(string message, Exception innerException) : base(message, innerException)
    {
    }

    public AmazonKinesisException(Exception innerException) : base(innerException?.Message, innerException)
    {
    }

    public AmazonKinesisException(string message, ErrorType errorType, string errorCode, string requestId, HttpStatusCode statusCode)
        : base(message, errorType, errorCode, requestId, statusCode)
    {
    }

    public AmazonKinesisException(string message, Exception innerException, ErrorType errorType, string errorCode, string requestId, HttpStatusCode statusCode)
        : base(message, innerException, errorType, errorCode, requestId, statusCode)
    {
    }
}

/// <summary>What a stream of events ends with: the modelled error, or whatever else went wrong, is the inner exception.</summary>
public class KinesisEventStreamException : EventStreamException
{
    public KinesisEventStreamException()
    {
    }

    public KinesisEventStreamException(string message) : base(message)
    {
    }

    public KinesisEventStreamException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
