using Handlers.Generators.Tests.Driving;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Generators.Tests;

public class ParameterTests
{
    private const string Source = MainPathTests.Log + """

        namespace App
        {
            public interface IPager { string Number => "112"; }
            public sealed class Pager : IPager;
            public interface IMissing { string Name { get; } }
            public enum Line { First, Second }

            internal static class On
            {
                [StreamHandler("t")]
                public static void Text(string body, [FromKey] string key, [FromHeader("a\"b")] string header, [FromHeader("no")] string? none) =>
                    Log.Lines.Add($"{key} {header} {none ?? "-"}");

                [StreamHandler("t")]
                public static void Arrays([FromKey] byte[]? key, [FromHeader("h")] byte[] header, byte[] body) =>
                    Log.Lines.Add($"{key?.Length ?? -1} {header.Length}");

                [StreamHandler("t")]
                public static ValueTask Memories([FromKey] ReadOnlyMemory<byte> key, [FromHeader("h")] ReadOnlyMemory<byte>? header, byte[] body)
                {
                    Log.Lines.Add($"{key.Length} {header?.Length ?? -1}");
                    return default;
                }

                [StreamHandler("t")]
                public static void Services(string body, [FromServices] IPager pager, [FromServices] IMissing? missing, [FromServices] IServiceProvider services) =>
                    Log.Lines.Add($"{pager.Number} {missing?.Name ?? "-"} {services is not null}");

                [StreamHandler("t")]
                public static void Keyed(string body, [FromKeyedServices("blue")] IPager blue, [FromKeyedServices(Line.Second)] IPager second, [FromKeyedServices(7)] IPager? seventh) =>
                    Log.Lines.Add($"{blue.Number} {second.Number} {seventh?.Number ?? "-"}");

                [StreamHandler("t")]
                public static void Stop(CancellationToken stop, string body) => Log.Lines.Add($"{stop.CanBeCanceled}");
            }
        }
        """;

    private static readonly Lazy<Generated> Program = new(() => Generated.From(Source));

    private static Task<IReadOnlyList<string>> CallAsync(string method, string? key, params Header[] headers)
    {
        var program = new LoadedProgram(Program.Value);
        var (service, type) = (program.Type("App.IPager"), program.Type("App.Pager"));
        program.Services.AddScoped(service, type);
        program.Services.AddKeyedScoped(service, "blue", type);
        program.Services.AddKeyedScoped(service, Enum.ToObject(program.Type("App.Line"), 1), type);
        return program.CallAsync("On." + method, Messages.Of("body", key, headers));
    }

    [Fact]
    public async Task Key_and_headers_are_passed_as_text() =>
        Assert.Equal(["k 1 -"], await CallAsync("Text", "k", Header.Of("a\"b", "1")));

    [Fact]
    public async Task Key_and_headers_are_passed_as_arrays() => Assert.Equal(["-1 2"], await CallAsync("Arrays", null, Header.Of("h", "xy")));

    [Fact]
    public async Task Key_and_headers_are_passed_as_memory() => Assert.Equal(["1 -1"], await CallAsync("Memories", "k"));

    [Theory]
    [InlineData("Text", "a key")]
    [InlineData("Memories", "a key")]
    [InlineData("Arrays", "the header 'h'")]
    public async Task A_message_without_a_required_part_is_invalid(string method, string what)
    {
        var invalid = await Assert.ThrowsAsync<InvalidMessageException>(() => CallAsync(method, null));
        Assert.Contains(what, invalid.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Services_are_of_the_messages_scope() => Assert.Equal(["112 - True"], await CallAsync("Services", null));

    [Fact]
    public async Task Keyed_services_are_passed() => Assert.Equal(["112 112 -"], await CallAsync("Keyed", null));

    [Fact]
    public async Task The_token_is_passed() => Assert.Equal(["True"], await CallAsync("Stop", null));

    [Fact]
    public void A_registration_says_what_is_read_and_required()
    {
        var handlers = new LoadedProgram(Program.Value).Register().Handlers.ToDictionary(h => h.Name);
        Assert.Equal(MessageParts.Key | MessageParts.Headers, handlers["On.Text"].Reads);
        Assert.Equal(MessageParts.None, handlers["On.Stop"].Reads);
        Assert.False(handlers["On.Stop"].NeedsScope);
        Assert.True(handlers["On.Services"].NeedsScope);
        Assert.Equal(["App.IPager"], handlers["On.Services"].RequiredServices.Select(t => t.FullName));
        Assert.Empty(handlers["On.Keyed"].RequiredServices);
    }

    [Fact]
    public void Emitted_files() => Snapshot.Verify(Program.Value, ["App.On.Text.g.cs", "App.On.Services.g.cs", "App.On.Keyed.g.cs"]);
}
