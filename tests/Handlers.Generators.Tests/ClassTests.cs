using Handlers.Generators.Tests.Driving;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Generators.Tests;

public class ClassTests
{
    private const string Source = MainPathTests.Log + """

        namespace App
        {
            public interface IPager;
            public sealed class Pager : IPager;
            public interface IMissing;
            public enum Level { Low, High }

            public sealed class Scoped(IPager pager, IServiceProvider services, IMissing? missing) : IDisposable
            {
                [StreamHandler("a")] public void First(string body) => Log.Lines.Add($"first {pager is not null} {services is not null} {missing is null}");
                [StreamHandler("b")] internal void Second(string body) => Log.Lines.Add("second");
                public void Dispose() => Log.Lines.Add("disposed");
            }

            [SingletonHandler]
            public sealed class Single
            {
                private int count;
                [StreamHandler("c")] public void On(string body) => Log.Lines.Add($"{++count}");
            }

            public sealed class Optional(string text = "a\"b", int number = -3, Level level = Level.High, double ratio = 0.5, decimal price = 1.10m, char c = '\'',
                bool flag = true, TimeSpan span = default, int? none = null, IMissing? missing = null, long big = 5_000_000_000, [FromKeyedServices("k")] IPager? keyed = null)
            {
                [StreamHandler("d")]
                public void On(string body) => Log.Lines.Add(FormattableString.Invariant($"{text} {number} {level} {ratio} {price} {c} {flag} {span} {none is null} {missing is null} {big} {keyed is null}"));
            }

            public record class Record(IPager Pager)
            {
                [StreamHandler("e")] public void On(string body) => Log.Lines.Add($"record {Pager is not null}");

                internal sealed class @class
                {
                    [StreamHandler("f")] public void @event(string @string) => Log.Lines.Add("nested");
                }
            }
        }
        """;

    private static readonly Lazy<Generated> Program = new(() => Generated.From(Source));

    private static LoadedProgram Load()
    {
        var program = new LoadedProgram(Program.Value);
        program.Services.AddScoped(program.Type("App.IPager"), program.Type("App.Pager"));
        return program;
    }

    [Fact]
    public async Task A_class_has_an_instance_per_message_and_the_scope_disposes_it() =>
        Assert.Equal(["first True True True", "disposed"], await Load().CallAsync("Scoped.First", Messages.Of("x")));

    [Fact]
    public async Task Optional_constructor_parameters_have_their_defaults() =>
        Assert.Equal(["a\"b -3 High 0.5 1.10 ' True 00:00:00 True True 5000000000 True"], await Load().CallAsync("Optional.On", Messages.Of("x")));

    [Fact]
    public async Task Records_and_nested_classes_are_handlers()
    {
        Assert.Equal(["record True"], await Load().CallAsync("Record.On", Messages.Of("x")));
        Assert.Equal(["nested"], await Load().CallAsync("Record.class.event", Messages.Of("x")));
    }

    [Fact]
    public void A_singleton_is_one()
    {
        var program = Load();
        var registration = program.Register().Handlers.Single(h => h.Name == "Single.On");
        Assert.True(registration.IsSingleton);
        Assert.False(registration.NeedsScope);
        using var provider = program.Services.BuildServiceProvider(validateScopes: true);
        Assert.Same(registration.Instance!(provider), registration.Instance!(provider));
    }

    [Fact]
    public void Required_services_are_those_without_which_no_instance_can_be_made()
    {
        var handlers = Load().Register().Handlers.ToDictionary(h => h.Name);
        Assert.Equal(["App.IPager"], handlers["Scoped.First"].RequiredServices.Select(t => t.FullName));
        Assert.Empty(handlers["Optional.On"].RequiredServices);
    }

    [Fact]
    public void A_class_is_registered_once_and_the_users_registration_goes_first()
    {
        var program = Load();
        var type = program.Type("App.Scoped");
        program.Services.AddTransient(type);
        program.Register();
        program.Register();
        var registered = Assert.Single(program.Services, s => s.ServiceType == type);
        Assert.Equal(ServiceLifetime.Transient, registered.Lifetime);
        Assert.Single(program.Services, s => s.ServiceType == program.Type("App.Single"));
    }

    [Fact]
    public void Emitted_files() => Snapshot.Verify(Program.Value, ["HandlersModule.g.cs", "App.Single.On.g.cs", "App.Record.class.event.g.cs"]);
}
