using Handlers.Generators.Model;

namespace Handlers.Generators.Emitting;

/// <summary>The name of an emitted class, and of its file.</summary>
internal sealed record EmittedName(string Class, string File)
{
    /// <summary>
    /// Names that several handlers would have: overloads, and what differs only by case or by an underscore. A file's name is
    /// compared without case, and a second file of one name would take the whole generator down.
    /// </summary>
    public static EquatableArray<string> Taken(IEnumerable<HandlerModel> handlers) => handlers
        .GroupBy(h => Spelled(h.Path).ToUpperInvariant(), StringComparer.Ordinal)
        .Where(g => g.Skip(1).Any())
        .Select(g => g.Key)
        .OrderBy(n => n, StringComparer.Ordinal)
        .ToEquatableArray();

    public static EmittedName Of(HandlerModel handler, EquatableArray<string> taken)
    {
        var name = Spelled(handler.Path);
        if (!taken.Contains(name.ToUpperInvariant())) return new EmittedName(name, handler.Path + ".g.cs");
        var number = StableNumber.Of(handler.Identity);
        return new EmittedName($"{name}_{number}", $"{handler.Path}_{number}.g.cs");
    }

    private static string Spelled(string path) => path.Replace('.', '_');
}

/// <summary>A handler and the name under which it is emitted.</summary>
internal sealed record NamedHandler(HandlerModel Handler, EmittedName Name)
{
    /// <summary>The switch over types of messages that it is a case of; null where it takes every type.</summary>
    public TypePlace? Types { get; init; }

    /// <summary>What has errors and is never emitted.</summary>
    public static IEnumerable<NamedHandler> WithoutName(IEnumerable<HandlerModel?> handlers) =>
        handlers.OfType<HandlerModel>().Select(h => new NamedHandler(h, new EmittedName("", "")));
}
