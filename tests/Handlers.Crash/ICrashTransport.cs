namespace Handlers.Crash;

/// <summary>How far a group is in a partition, by what the broker would give to a process that starts now.</summary>
/// <param name="Handled">The last position that is committed as handled.</param>
/// <param name="Lag">Messages behind it.</param>
internal readonly record struct Committed(Position Handled, long Lag);

/// <summary>
/// What the proof asks of a transport, beside publishing and consuming on the public path. Another transport is one more small
/// class, and one more line in <see cref="Of"/>.
/// </summary>
internal interface ICrashTransport : IDisposable
{
    /// <summary>The first argument of <see cref="Of"/>.</summary>
    string Name { get; }

    /// <summary>The second argument of <see cref="Of"/>: a folder, an address.</summary>
    string Place { get; }

    /// <summary>Opens it as a program does, with its own <c>UseX</c>.</summary>
    void Use(HandlersBuilder handlers);

    /// <summary>Makes a topic that is not there.</summary>
    void CreateTopic(string topic, int partitions);

    /// <summary>Where a group stands in a topic, by partition, from outside of the group. One call at a time.</summary>
    IReadOnlyDictionary<string, Committed> Committed(string group, string topic);

    /// <summary>Whether a process that is suspended is in the middle of a commit. Null: it cannot be seen from outside.</summary>
    bool? IsCommitting(int process);

    static IReadOnlyList<string> Names { get; } = ["embedded"];

    static ICrashTransport Of(string name, string place) => name switch
    {
        "embedded" => new EmbeddedCrash(place),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, $"There are: {string.Join(", ", Names)}."),
    };
}
