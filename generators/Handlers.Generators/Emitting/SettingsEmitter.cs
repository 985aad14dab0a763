using System.Globalization;
using Handlers.Generators.Model;

namespace Handlers.Generators.Emitting;

/// <summary>Prints what the attributes say: what somebody wrote, and no defaults, which are the runtime's.</summary>
internal static class SettingsEmitter
{
    private static readonly (long Ticks, string Unit)[] Units =
    [
        (TimeSpan.TicksPerDay, "Days"), (TimeSpan.TicksPerHour, "Hours"), (TimeSpan.TicksPerMinute, "Minutes"),
        (TimeSpan.TicksPerSecond, "Seconds"), (TimeSpan.TicksPerMillisecond, "Milliseconds"), (1, "Ticks"),
    ];

    public static void Emit(SourceWriter file, SettingsModel settings)
    {
        file.Open("Declared = new global::Handlers.HandlerSettings");
        Text(file, "Topic", settings.Topic);
        Text(file, "Group", settings.Group);
        Text(file, "Transport", settings.Transport);
        Member(file, "Ordering", "Ordering", settings.Ordering);
        Number(file, "Concurrency", settings.Concurrency);
        Member(file, "Commit", "Commit", settings.Commit);
        Member(file, "OnInvalid", "InvalidMessage", settings.OnInvalid);
        Member(file, "OnFailure", "FailedHandler", settings.OnFailure);
        Member(file, "OnUnmatched", "UnmatchedType", settings.OnUnmatched);
        Member(file, "Start", "StartFrom", settings.Start);
        if (settings.StartAt is { } ticks) file.Line($"StartAt = {Moment(ticks)},");
        if (settings.TimeLimitSeconds > 0) file.Line($"TimeLimit = global::System.TimeSpan.FromSeconds({settings.TimeLimitSeconds.ToString("R", CultureInfo.InvariantCulture)}d),");
        Text(file, "PublishTo", settings.PublishTo);
        if (settings.Retry is { } retry) Retry(file, retry);
        if (settings.RetryTopics.Count > 0) file.Line($"RetryTopics = new global::System.TimeSpan[] {{ {string.Join(", ", settings.RetryTopics.Select(Time))} }},");
        Text(file, "DeadLetter", settings.DeadLetter);
        Number(file, "BatchSize", settings.BatchSize);
        Time(file, "BatchTime", settings.BatchTime);
        Text(file, "CircuitBreaker", settings.CircuitBreaker);
        file.Close("},");
    }

    private static void Retry(SourceWriter file, RetryModel retry)
    {
        if (retry == new RetryModel())
        {
            file.Line("Retry = new global::Handlers.RetrySettings(),");
            return;
        }

        file.Open("Retry = new global::Handlers.RetrySettings");
        Number(file, "Attempts", retry.Attempts);
        Time(file, "Delay", retry.Delay);
        Member(file, "Backoff", "Backoff", retry.Backoff);
        Time(file, "MaxDelay", retry.MaxDelay);
        if (retry.Jitter is { } jitter) file.Line($"Jitter = {(jitter ? "true" : "false")},");
        Types("On", retry.On);
        Types("Except", retry.Except);
        Text(file, "Pipeline", retry.Pipeline);
        file.Close("},");

        void Types(string property, EquatableArray<string> types)
        {
            if (types.Count > 0) file.Line($"{property} = {HandlerEmitter.Types(types)},");
        }
    }

    private static void Text(SourceWriter file, string property, string? text)
    {
        if (text is not null) file.Line($"{property} = {HandlerEmitter.Text(text)},");
    }

    private static void Member(SourceWriter file, string property, string type, string? member)
    {
        if (member is not null) file.Line($"{property} = global::Handlers.{type}.{member},");
    }

    private static void Number(SourceWriter file, string property, int? number)
    {
        if (number is { } value) file.Line($"{property} = {value.ToString(CultureInfo.InvariantCulture)},");
    }

    private static void Time(SourceWriter file, string property, long? ticks)
    {
        if (ticks is { } value) file.Line($"{property} = {Time(value)},");
    }

    // In the largest unit of which it is a whole number, as a person would write it.
    private static string Time(long ticks)
    {
        if (ticks == 0) return "global::System.TimeSpan.Zero";
        var (size, unit) = Units.First(u => ticks % u.Ticks == 0);
        return $"global::System.TimeSpan.From{unit}({(ticks / size).ToString(CultureInfo.InvariantCulture)})";
    }

    private static string Moment(long ticks)
    {
        var moment = new DateTime(ticks, DateTimeKind.Utc);
        var whole = moment.ToString("yyyy, M, d, H, m, s", CultureInfo.InvariantCulture);
        var rest = ticks % TimeSpan.TicksPerSecond;
        return $"new global::System.DateTimeOffset({whole}, global::System.TimeSpan.Zero)" + (rest == 0 ? "" : $".AddTicks({rest})");
    }
}
