using Handlers.Generators.Tests.Driving;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Generators.Tests;

public class MainPathTests
{
    internal const string Log = """
        public static class Log { public static readonly List<string> Lines = []; }
        """;

    private const string Source = Log + """

        namespace App
        {
            public sealed record Earthquake(string Place, double Magnitude);

            [JsonSerializable(typeof(Earthquake))]
            internal sealed partial class AppJson : JsonSerializerContext;

            public interface IPager { void Page(string text); }

            public sealed class Pager : IPager { public void Page(string text) => Log.Lines.Add(text); }

            public sealed class Alerts(IPager pager)
            {
                [StreamHandler("earthquakes", Group = "alerts")]
                public async Task OnEarthquake(Earthquake quake, MessageContext context, CancellationToken stop)
                {
                    await Task.Yield();
                    pager.Page($"{quake.Place} {quake.Magnitude} {context.KeyText} {context.Group} {context.Lane}");
                }
            }

            internal static class Raw
            {
                [StreamHandler("bytes")]
                public static void OnBytes(byte[] body) => Log.Lines.Add($"{body.Length} bytes");

                [StreamHandler("texts", Commit = Commit.OnRead, Start = StartFrom.Time, StartAt = "2026-01-31T01:30:00+01:00", TimeLimitSeconds = 2.5)]
                public static ValueTask OnText(string text, CancellationToken stop) { Log.Lines.Add(text); return default; }
            }
        }
        """;

    [Fact]
    public void A_class_with_constructor_injection_is_registered_and_called()
    {
        var generated = Generated.From(Source);
        Snapshot.Verify(generated, ["App.Alerts.OnEarthquake.g.cs", "App.Raw.OnBytes.g.cs", "App.Raw.OnText.g.cs", "HandlersModule.g.cs", "AddStreamHandlers.g.cs", "EmbeddedAttribute.g.cs"]);
    }

    [Fact]
    public async Task It_runs()
    {
        var program = new LoadedProgram(Generated.From(Source));
        program.Services.AddSingleton(program.Type("App.IPager"), program.Type("App.Pager"));
        await program.CallAsync("Alerts.OnEarthquake", Messages.Of("""{"Place":"Kobe","Magnitude":7}""", key: "jp"));
        await program.CallAsync("Raw.OnBytes", Messages.Of("abc"));
        await program.CallAsync("Raw.OnText", Messages.Of("text"));
        Assert.Equal(["Kobe 7 jp alerts earthquakes/0", "3 bytes", "text"], program.Lines());
    }

    [Fact]
    public void AddStreamHandlers_is_there_without_handlers()
    {
        var declarations = new LoadedProgram(Generated.From("class Nothing;")).Register();
        Assert.Empty(declarations.Handlers);
        Assert.Empty(declarations.Modules);
    }
}
