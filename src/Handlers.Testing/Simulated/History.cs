using System.Globalization;

namespace Handlers.Testing;

/// <summary>What can be seen from outside the core. The invariants know nothing else.</summary>
internal enum FactKind
{
    // The broker
    Appended, PartitionEnded, Assigned, RevokeAsked, Taken, LostTold, Released, FlushSent, FlushFailed, Committed, Refused, Rewound, PublishFailed,

    // The lane, as the core uses it
    Read, StoredAfterLost,

    // The handler
    CallBegan, CallReturned, CallThrew, CallRefused, CallGaveUp, UnpackThrew,

    // The listener
    Outcome,

    // Processes and the schedule
    Started, Paused, Resumed, Limited, SubscriptionFailed, StopBegan, StopEnded, Crashed, CrashedWith, Late, Event, Calm,
}

/// <summary>One thing that happened.</summary>
/// <param name="At">Virtual time since the schedule began.</param>
/// <param name="Kind">What.</param>
/// <param name="Process">The process, by its number in the schedule; null: the broker or the schedule.</param>
/// <param name="Partition">The partition, where it is of one.</param>
/// <param name="Epoch">The assignment.</param>
/// <param name="Position">The position; of many, the last.</param>
/// <param name="Number">How many; of an outcome, its kind.</param>
/// <param name="Text">What else there is to say; nothing is derived from it.</param>
internal readonly record struct Fact(
    TimeSpan At, FactKind Kind, int? Process, SimulatedPartition? Partition, long Epoch, long Position, long Number, string? Text)
{
    public override string ToString()
    {
        var who = Process is { } process ? $"process {process}" : "";
        var where = Partition is null ? "" : $" {Partition}{(Epoch > 0 ? $" epoch {Epoch}" : "")}{(Position >= 0 ? $" position {Position}" : "")}";
        var what = Kind == FactKind.Outcome ? $" {(OutcomeKind)Number}" : Number != 0 ? $" ({Number})" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{At.TotalSeconds,9:0.000} s  {who,-10} {Kind}{what}{where}{(Text is null ? "" : $": {Text}")}");
    }
}

/// <summary>What an invariant found.</summary>
/// <param name="Invariant">Its name.</param>
/// <param name="Message">Lane, positions, and what is wrong.</param>
/// <param name="At">When.</param>
internal sealed record Violated(string Invariant, string Message, TimeSpan At);

/// <summary>All that happened in one schedule, in its order.</summary>
internal sealed class History
{
    private readonly FactList facts = new();
    private readonly List<Violated> violations = [];
    private readonly Lock gate = new(); // of violations: one kind comes from other threads

    public SimulationThread Thread { get; set; } = null!;

    public FactList Facts => facts;

    public IReadOnlyList<Violated> Violations => violations;

    public bool IsViolated => violations.Count > 0;

    public void Add(
        FactKind kind, int? process = null, SimulatedPartition? partition = null, long epoch = 0, long position = -1, long number = 0, string? text = null) =>
        facts.Add(new Fact(Thread.Now, kind, process, partition, epoch, position, number, text));

    public void Violate(string invariant, string message) => Violate(invariant, message, Thread.Now);

    public void Violate(string invariant, string message, TimeSpan at)
    {
        lock (gate) violations.Add(new Violated(invariant, message, at));
    }

    /// <summary>Work of the schedule came back on another thread.</summary>
    public void Escaped(string stack) => Violate("one thread", $"work escaped to another thread:{Environment.NewLine}{stack}", TimeSpan.Zero);
}
