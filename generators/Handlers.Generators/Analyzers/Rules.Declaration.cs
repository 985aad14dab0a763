using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Analyzers;

/// <summary>Rules about the attribute.</summary>
internal static partial class Rules
{
    public static readonly DiagnosticDescriptor EmptyTopic = new(
        "HND001", "The topic is empty",
        "Handler '{0}' names no topic. Write the name of the stream in [StreamHandler(\"...\")].",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND001"));

    public static readonly DiagnosticDescriptor NoPattern = new(
        "HND071", "The pattern of topics is no regular expression",
        "Handler '{0}' reads the topics that '{1}' matches, because that begins with '^', and it is no regular expression ({2}). Write one, or a topic's name.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND071"));

    public static readonly DiagnosticDescriptor InvalidName = new(
        "HND021", "The handler's name is invalid",
        "Handler '{0}' cannot be named '{1}', because a name is a section of the configuration: not empty, without ':', and not the name of an option. Choose another Name, or leave it out.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND021"));

    public static readonly DiagnosticDescriptor EmptyName = new(
        "HND022", "A name is empty",
        "Handler '{0}' sets {1} to an empty text. Name one, or leave {1} out to use {2}.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND022"));

    public static readonly DiagnosticDescriptor UnknownValue = new(
        "HND033", "An attribute has a value that its enum does not define",
        "Handler '{0}' sets {1} to {2}, which is no member of {1}. Use a member of the enum.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND033"));

    public static readonly DiagnosticDescriptor OnReadCannotStop = new(
        "HND023", "Commit.OnRead cannot stop on a message",
        "Handler '{0}' has Commit = OnRead and {1} = Stop. With OnRead the message is already committed when it is handled, so stopping would lose it. Use {1} = Skip, or another Commit.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND023"));

    public static readonly DiagnosticDescriptor StartAt = new(
        "HND024", "Start and StartAt do not fit",
        "Handler '{0}': {1}",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND024"));

    public static readonly DiagnosticDescriptor TimeLimit = new(
        "HND025", "The time limit is no length of time",
        "Handler '{0}' has a time limit of {1} seconds. It must be 0 (no limit) or more, and less than 4294967 (49 days).",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND025"));

    public static readonly DiagnosticDescriptor TimeLimitNotHeard = new(
        "HND026", "A time limit needs a CancellationToken",
        "Handler '{0}' has a time limit but no CancellationToken, so it cannot hear that its time is up. Add a CancellationToken parameter.",
        Category, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: Page("HND026"));

    public static readonly DiagnosticDescriptor EmptyPublishTo = new(
        "HND010", "The topic to publish to is empty",
        "Handler '{0}' publishes to a topic without a name. Write its name in [PublishTo(\"...\")].",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND010"));

    public static readonly DiagnosticDescriptor PublishesToItself = new(
        "HND011", "The handler publishes to the topic that it reads",
        "Handler '{0}' publishes to '{1}', {2}, and so handles its own results without end. Publish to another topic.",
        Category, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: Page("HND011"));
}
