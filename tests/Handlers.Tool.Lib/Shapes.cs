using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Handlers.Tool.Lib;

/// <summary>Types of all kinds, whose schemas are held against those of System.Text.Json.</summary>
public sealed record Values(
    string Text, string? NullableText, bool Yes, int Int, long Long, byte Byte, double Double, float Float, decimal Decimal, char Char, int? NullableInt,
    DateTime Time, DateTimeOffset? Moment, DateOnly Day, TimeOnly Clock, TimeSpan Span, Guid Id, Uri Link, Uri? NullableLink, byte[] Bytes, JsonElement Element, JsonNode? Node, object? Any);

public sealed record Lists(int[] Numbers, List<string> Texts, IReadOnlyList<Leaf?>? Leaves, Dictionary<string, int> Counts, IReadOnlyDictionary<string, Leaf> ByName, HashSet<Guid> Ids);

public sealed record Leaf(string Name);

public sealed record Tree(Leaf Leaf, Tree? Next, List<Tree> Children);

public class Members
{
    public required string Required { get; set; }
    [JsonRequired] public int AlsoRequired { get; set; }
    [JsonPropertyName("other-name")] public string? Named { get; set; }
    [JsonIgnore] public string? Ignored { get; set; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? WhenNull { get; set; }
    [JsonInclude] public int Field;
    public int NoField;
    public string ReadOnly => "";
    internal string? Internal { get; set; }
    [JsonPropertyOrder(-1)] public int First { get; set; }
    [JsonNumberHandling(JsonNumberHandling.AllowReadingFromString | JsonNumberHandling.WriteAsString)] public int AsText { get; set; }
    public static int Static { get; set; }
    public string this[int index] => $"{index}";
}

public class Derived : Members
{
    public int More { get; set; }
}

public sealed class Extended
{
    public int Known { get; set; }
    [JsonExtensionData] public Dictionary<string, JsonElement>? Rest { get; set; }
}

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record Closed(int Number);

public enum Color { Red, Green }

[Flags]
public enum Flags { None, A, B }

[JsonConverter(typeof(JsonStringEnumConverter<Size>))]
public enum Size { Small, [JsonStringEnumMemberName("extra-large")] ExtraLarge }

public sealed record Enums(Color Color, Color? Maybe, Size Size, Size? MaybeSize);

[JsonDerivedType(typeof(Circle), "circle"), JsonDerivedType(typeof(Square), "square")]
public abstract record Shape;

public sealed record Circle(double Radius) : Shape;

public sealed record Square(double Side) : Shape;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind"), JsonDerivedType(typeof(Dog), 1)]
public class Animal
{
    public string? Name { get; set; }
}

public sealed class Dog : Animal
{
    public int Age { get; set; }
}

public sealed record Zoo(Shape Shape, Animal? Animal);

public struct Point
{
    public int X { get; set; }
    public int? Y { get; set; }
}

public sealed record Points(Point One, Point? Maybe, List<Point> Many);

public sealed record Pair<T>(T First, T Second);

public sealed class Outer
{
    public sealed record Inner(int Number);

    public Inner? In { get; set; }
}

#nullable disable
public sealed class Oblivious
{
    public string Text { get; set; }
}
#nullable restore

[JsonConverter(typeof(TemperatureConverter))]
public readonly record struct Temperature(double Degrees);

public sealed class TemperatureConverter : JsonConverter<Temperature>
{
    public override Temperature Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetDouble());

    public override void Write(Utf8JsonWriter writer, Temperature value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Degrees);
}

public sealed record Weather(Temperature Now);

public sealed record Celsius(double Degrees);

public sealed class CelsiusConverter : JsonConverter<Celsius>
{
    public override Celsius Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetDouble());

    public override void Write(Utf8JsonWriter writer, Celsius value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Degrees);
}

public sealed record Forecast(Celsius High, List<Celsius> Days, Color Color, Flags Flags);

[JsonSourceGenerationOptions(Converters = new[] { typeof(CelsiusConverter), typeof(JsonStringEnumConverter<Color>) })]
[JsonSerializable(typeof(Forecast)), JsonSerializable(typeof(Enums))]
public sealed partial class ConvertersJson : JsonSerializerContext;

[JsonSerializable(typeof(Values)), JsonSerializable(typeof(Lists)), JsonSerializable(typeof(Tree)), JsonSerializable(typeof(Members)), JsonSerializable(typeof(Derived)), JsonSerializable(typeof(Extended))]
[JsonSerializable(typeof(Closed)), JsonSerializable(typeof(Enums)), JsonSerializable(typeof(Flags)), JsonSerializable(typeof(Shape)), JsonSerializable(typeof(Animal)), JsonSerializable(typeof(Zoo))]
[JsonSerializable(typeof(Points)), JsonSerializable(typeof(Pair<int>)), JsonSerializable(typeof(Pair<Pair<Leaf>>)), JsonSerializable(typeof(Outer)), JsonSerializable(typeof(Oblivious)), JsonSerializable(typeof(Weather))]
[JsonSerializable(typeof(Leaf[])), JsonSerializable(typeof(Dictionary<string, List<Leaf>>)), JsonSerializable(typeof(int)), JsonSerializable(typeof(Size))]
public sealed partial class ShapesJson : JsonSerializerContext;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true, IncludeFields = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(Values)), JsonSerializable(typeof(Members)), JsonSerializable(typeof(Enums)), JsonSerializable(typeof(Flags)), JsonSerializable(typeof(Points)), JsonSerializable(typeof(Tree))]
public sealed partial class WebJson : JsonSerializerContext;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(Members)), JsonSerializable(typeof(Values)), JsonSerializable(typeof(Lists))]
public sealed partial class SnakeJson : JsonSerializerContext;
