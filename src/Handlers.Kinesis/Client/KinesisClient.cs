using Amazon.Kinesis;
using Amazon.Runtime;
using Amazon.Runtime.Internal;

namespace Handlers.Kinesis;

/// <summary>The SDK's client, which makes a call again for one reason alone: this machine's clock was off, and the answer told by how much.</summary>
/// <remarks>
/// <see cref="KinesisCalls"/> makes calls again otherwise. But the correction is the SDK's own to write down, and it does so only where it may try again
/// (RetryPolicy.cs of aws/aws-sdk-net at 090f66a3cb8f83671510d95a2dae1817ebb4fecb). What was refused for its signature was not done, so a put is not stored twice by it.
/// </remarks>
internal sealed class KinesisClient : AmazonKinesisClient
{
    public KinesisClient(AmazonKinesisConfig config)
        : base(config)
    {
    }

    public KinesisClient(AWSCredentials credentials, AmazonKinesisConfig config)
        : base(credentials, config)
    {
    }

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
    {
        base.CustomizeRuntimePipeline(pipeline);
        pipeline.ReplaceHandler<RetryHandler>(new RetryHandler(new OnceForClocks()));
    }

    /// <summary>The base class finds out whether it is a clock. Everything else is no reason.</summary>
    private sealed class OnceForClocks : RetryPolicy
    {
        public OnceForClocks() => MaxRetries = 1;

        public override bool CanRetry(IExecutionContext executionContext) => true;

        public override bool RetryLimitReached(IExecutionContext executionContext) => executionContext.RequestContext.Retries >= MaxRetries;

        public override bool RetryForException(IExecutionContext executionContext, Exception exception) => false;

        public override Task<bool> RetryForExceptionAsync(IExecutionContext executionContext, Exception exception) => Task.FromResult(false);

        public override void WaitBeforeRetry(IExecutionContext executionContext)
        {
        }

        public override Task WaitBeforeRetryAsync(IExecutionContext executionContext) => Task.CompletedTask;
    }
}
