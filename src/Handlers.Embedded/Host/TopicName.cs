namespace Handlers.Embedded;

/// <summary>What a topic or a group may be called.</summary>
internal static class TopicName
{
    private const int Longest = 249; // as in Kafka, so that names can move there

    /// <summary>What is wrong with a topic's name; null where nothing is.</summary>
    public static string? Error(string? name) => Error("topic", name);

    /// <summary>Throws what is wrong with a topic's name.</summary>
    public static void Check(string? name)
    {
        if (Error(name) is { } error) throw new TransportException(error);
    }

    /// <summary>Throws what is wrong with a group's name.</summary>
    public static void CheckGroup(string? name)
    {
        if (Error("group", name) is { } error) throw new TransportException(error);
    }

    private static string? Error(string what, string? name)
    {
        if (string.IsNullOrWhiteSpace(name)) return $"The {what} name '{name}' is empty. Give it a name.";
        if (name.Length > Longest) return $"The {what} name '{name[..40]}...' has {name.Length} characters; at most {Longest} are allowed.";
        foreach (var character in name)
            if (char.IsControl(character)) return $"The {what} name '{Visible(name)}' holds the control character U+{(int)character:X4}.";
        return null;
    }

    private static string Visible(string name) => string.Concat(name.Select(c => char.IsControl(c) ? $"\\u{(int)c:X4}" : c.ToString()));
}
