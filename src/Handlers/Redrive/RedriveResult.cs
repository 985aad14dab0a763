namespace Handlers;

/// <summary>What became of the dead letters that a redrive read.</summary>
/// <param name="Read">Letters read; the sum of the others.</param>
/// <param name="PutBack">Published again, and acknowledged. In a dry run: those that would have been.</param>
/// <param name="Left">Left where they are by a filter.</param>
/// <param name="WithoutOrigin">Left where they are because they do not say which topic they came from.</param>
public sealed record RedriveResult(long Read, long PutBack, long Left, long WithoutOrigin)
{
    /// <summary>Where letters without origin stand, <c>topic/partition@position</c>: the first hundred.</summary>
    public IReadOnlyList<string> WithoutOriginAt { get; init; } = [];
}

/// <summary>How far a redrive has come.</summary>
/// <param name="Read">As in <see cref="RedriveResult"/>, so far.</param>
/// <param name="PutBack">As in <see cref="RedriveResult"/>, so far.</param>
/// <param name="Left">As in <see cref="RedriveResult"/>, so far.</param>
/// <param name="WithoutOrigin">As in <see cref="RedriveResult"/>, so far.</param>
/// <param name="ToRead">Letters that are still to be read, as far as the broker tells.</param>
public readonly record struct RedriveProgress(long Read, long PutBack, long Left, long WithoutOrigin, long ToRead);
