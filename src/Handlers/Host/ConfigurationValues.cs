using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Handlers;

/// <summary>
/// Reads values of a section of configuration by hand: no reflection, and no key that is silently ignored. Transports read their options with
/// it. Every value that is wrong is remembered, with its path and what is allowed, and null is returned for it.
/// </summary>
public sealed class ConfigurationValues
{
    private readonly List<string> errors = [];

    /// <summary>Remembers an error that the reader of an option found itself.</summary>
    public void Add(string error) => errors.Add(error);

    /// <summary>Throws a <see cref="HandlersConfigurationException"/> with every error that there was.</summary>
    public void ThrowIfWrong()
    {
        if (errors.Count > 0) throw new HandlersConfigurationException(errors);
    }

    /// <summary>The key of an entry as <paramref name="keys"/> spell it, without regard to case.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="keys">The keys that mean something.</param>
    /// <param name="more">Appended to the error, where there is more to say than the closest key.</param>
    public string? Known(IConfigurationSection entry, IReadOnlyList<string> keys, string more = "")
    {
        ArgumentNullException.ThrowIfNull(entry);
        var key = keys.FirstOrDefault(k => string.Equals(k, entry.Key, StringComparison.OrdinalIgnoreCase));
        if (key is null) Add($"Configuration {entry.Path} names no option.{Closest.Hint(entry.Key, keys)}{more}");
        return key;
    }

    /// <summary>A whole number.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="most">The greatest that is allowed.</param>
    public long? Number(IConfigurationSection entry, long most = long.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (long.TryParse(entry.Value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number <= most) return number;
        var upTo = most == long.MaxValue ? "" : string.Create(CultureInfo.InvariantCulture, $" up to {most}");
        Add($"{entry.Path} is '{entry.Value}'; a whole number{upTo} is allowed.");
        return null;
    }

    /// <summary>A number, with or without a fraction.</summary>
    public double? Fraction(IConfigurationSection entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (double.TryParse(entry.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)) return number;
        Add($"{entry.Path} is '{entry.Value}'; a number is allowed.");
        return null;
    }

    /// <summary>True or false.</summary>
    public bool? Truth(IConfigurationSection entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (bool.TryParse(entry.Value, out var truth)) return truth;
        Add($"{entry.Path} is '{entry.Value}'; true and false are allowed.");
        return null;
    }

    /// <summary>A moment in ISO 8601, and whether it names a zone: without one it is UTC.</summary>
    public (DateTimeOffset Time, bool HasZone)? Time(IConfigurationSection entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (SettingsOverrides.Moment(entry.Value ?? "", out var moment))
            return (moment, entry.Value!.EndsWith('Z') || entry.Value.LastIndexOfAny(['+', '-']) > entry.Value.IndexOf('T', StringComparison.Ordinal));
        Add($"{entry.Path} is '{entry.Value}'; a time in ISO 8601 is allowed (2026-01-31T00:00:00Z).");
        return null;
    }

    /// <summary>A length of time, as <see cref="Duration"/> reads it.</summary>
    public TimeSpan? Span(IConfigurationSection entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (Duration.TryParse(entry.Value, out var span)) return span;
        Add($"{entry.Path} is '{entry.Value}', which is not {Duration.Allowed}.");
        return null;
    }

    /// <summary>A member of an enum by its name, without regard to case; never by its number.</summary>
    public T? Word<T>(IConfigurationSection entry) where T : struct, Enum
    {
        ArgumentNullException.ThrowIfNull(entry);
        foreach (var value in Enum.GetValues<T>())
            if (string.Equals(value.ToString(), entry.Value, StringComparison.OrdinalIgnoreCase)) return value;
        Add($"{entry.Path} is '{entry.Value}'; allowed are {string.Join(", ", Enum.GetNames<T>())}.");
        return null;
    }
}
