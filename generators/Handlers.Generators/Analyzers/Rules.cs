using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Analyzers;

/// <summary>
/// What a handler must be. Each rule is checked in one place only, by the parser, which the generator and the analyzer share:
/// the analyzer reports it, the generator turns an error into a refusal to start.
/// </summary>
/// <remarks>Argument 0 of every message is the handler, by the name under which configuration, logs and metrics know it.</remarks>
internal static partial class Rules
{
    private const string Category = "Handlers";

    /// <summary>All rules, by id.</summary>
    public static ImmutableArray<DiagnosticDescriptor> All => ImmutableArray.Create(
        EmptyTopic, NoPayload, SeveralPayloads, NotOnJsonContext, UnsupportedPayload,
        UnsupportedReturnType, AsyncVoid, ResultWithoutPublishTo, PublishToWithoutResult, EmptyPublishTo,
        PublishesToItself, NotAccessible, GenericType, NotAClass, NoSingleConstructor,
        RequiredMembers, GenericMethod, ByReference, SharedGroup, DuplicateName,
        InvalidName, EmptyName, OnReadCannotStop, StartAt, TimeLimit,
        TimeLimitNotHeard, NotCancellable, UnsupportedPart, EmptyHeader, SeveralSources,
        SingletonWithoutHandlers, AttributeWithoutHandler, UnknownValue, UnsupportedResult, NotAMethod,
        SeveralJsonContexts, ReferenceWithoutModule, UnknownType, EachMessageWithoutOrder, OnReadRetries,
        RetryTopicsBreakOrder, Concurrency, ConcurrencyWithoutEffect, NoDuration, Attempts,
        PauseTooLong, PipelineAndSettings, NotAnException, RetryTopicsDelays, EmptyDeadLetter,
        DeadLetterToItself, NoDeadLetter, DeadLetterUnused, EmptyHealthCheck, BatchEachMessage,
        BatchByKey, BatchSize, NotABatch, BatchContextWithoutBatch, BatchParameter,
        BatchResult, BatchOfType, NoMessageType, SameMessageType, Disagreement,
        UnsupportedFrame, FramedTypeInBody, Names, TransactionWithoutOrder, TransactionWithoutResult,
        NoPattern, RetryTopicsOfPattern);

    private static string Page(string id) => $"https://github.com/handlers-dotnet/handlers/blob/main/docs/diagnostics/{id}.md";
}
