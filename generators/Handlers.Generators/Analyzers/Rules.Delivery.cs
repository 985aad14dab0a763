using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Analyzers;

/// <summary>Rules about ordering, commit and what is tried again.</summary>
internal static partial class Rules
{
    public static readonly DiagnosticDescriptor EachMessageWithoutOrder = new(
        "HND039", "Commit.EachMessage needs the order of the lane",
        "Handler '{0}' has Commit = EachMessage and Ordering = {1}. With {1} a later message may be done before an earlier one, and its position cannot be committed. Use Ordering = Lane, or Commit = Watermark.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND039"));

    public static readonly DiagnosticDescriptor OnReadRetries = new(
        "HND040", "Commit.OnRead has no second time",
        "Handler '{0}' has Commit = OnRead and [{1}]. With OnRead the message is already committed when it is handled, and each is handled at most once. Use another Commit, or remove [{1}].",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND040"));

    public static readonly DiagnosticDescriptor RetryTopicsBreakOrder = new(
        "HND041", "[RetryTopics] breaks order",
        "Handler '{0}' has [RetryTopics] and Ordering = {1}. A message that comes again by way of a retry topic comes after those that followed it. Use Ordering = None, or [Retry], which waits in place.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND041"));

    public static readonly DiagnosticDescriptor Concurrency = new(
        "HND042", "The concurrency is out of its range",
        "Handler '{0}' has a concurrency of {1}. It must be 1 to 100000; leave it out for 16.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND042"));

    public static readonly DiagnosticDescriptor ConcurrencyWithoutEffect = new(
        "HND043", "Concurrency has no effect with Ordering.Lane",
        "Handler '{0}' sets Concurrency, which has no effect with Ordering = Lane: each lane handles one message at a time. Use Ordering = Key or None, or remove Concurrency.",
        Category, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: Page("HND043"));

    public static readonly DiagnosticDescriptor NoDuration = new(
        "HND044", "A length of time is none",
        "Handler '{0}': {1} is '{2}'. It must be {3}.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND044"));

    public static readonly DiagnosticDescriptor Attempts = new(
        "HND045", "[Retry] tries at least twice",
        "Handler '{0}' has {1} attempts in [Retry]. They count the first call too, so they must be 2 to 1000; leave them out for 3.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND045"));

    public static readonly DiagnosticDescriptor PauseTooLong = new(
        "HND046", "The first pause is longer than the longest",
        "Handler '{0}': [Retry] begins with a pause of {1}, but its longest pause is {2}{3}, and so is every pause. Set MaxDelay to {1} or more.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND046"));

    public static readonly DiagnosticDescriptor PipelineAndSettings = new(
        "HND047", "A pipeline has settings of its own",
        "Handler '{0}' names a pipeline in [Retry] and sets {1} too, which would have no effect. Leave one of them.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND047"));

    public static readonly DiagnosticDescriptor NotAnException = new(
        "HND048", "[Retry] goes by types of exceptions",
        "Handler '{0}' cannot go by '{2}' in {1} of [Retry]: it {3}",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND048"));

    public static readonly DiagnosticDescriptor RetryTopicsDelays = new(
        "HND049", "[RetryTopics] names delays that differ",
        "Handler '{0}': [RetryTopics] {1}",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND049"));

    public static readonly DiagnosticDescriptor TransactionWithoutOrder = new(
        "HND069", "Commit.Transaction needs an order, and single messages",
        "Handler '{0}' has Commit = Transaction and {1}. A transaction holds the results of the messages that its position covers, one by one. Use {2}, or Commit = Watermark.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND069"));

    public static readonly DiagnosticDescriptor TransactionWithoutResult = new(
        "HND070", "A transaction publishes nothing",
        "Handler '{0}' has Commit = Transaction and publishes nothing: a transaction then holds a position alone, which Commit.Watermark makes durable for less. Return what is to be published and name its topic in [PublishTo]; what the method publishes by itself is in no transaction.",
        Category, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: Page("HND070"));

    public static readonly DiagnosticDescriptor RetryTopicsOfPattern = new(
        "HND072", "[RetryTopics] needs the name of one topic",
        "Handler '{0}' has [RetryTopics] and reads the pattern '{1}'. Each topic that it matches would need retry topics of its own, and nobody makes those of a topic that comes later. Use [Retry], which waits in place, or [DeadLetter].",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND072"));

    public static readonly DiagnosticDescriptor EmptyHealthCheck = new(
        "HND054", "The circuit breaker names no health check",
        "Handler '{0}' has a circuit breaker without the name of a health check. Write the name that it is registered by in [CircuitBreaker(\"...\")].",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND054"));
}
