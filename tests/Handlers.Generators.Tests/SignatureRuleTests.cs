using Handlers.Generators.Tests.Driving;
using static Handlers.Generators.Tests.Driving.Marked;

namespace Handlers.Generators.Tests;

public class SignatureRuleTests
{
    [Fact]
    public Task HND002_there_is_no_payload() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a")]
            public static void {|HND002:On|}(MessageContext context, [FromKey] string? key, [FromServices] IServiceProvider services, CancellationToken stop) { }
        }
        """);

    [Fact]
    public Task HND003_there_are_several_payloads() => CheckAsync("""
        public interface IPager;

        public static class Quakes
        {
            [StreamHandler("a")]
            public static void On(string body, {|HND003:IPager pager|}) { }
        }
        """);

    [Fact]
    public async Task HND004_the_payload_is_on_no_context()
    {
        var found = await CheckAsync("""
            public record Quake(string Place);

            public static class Quakes
            {
                [StreamHandler("a")]
                public static void On({|HND004:Quake|} quake) { }

                [StreamHandler("b"), PublishTo("c")]
                public static {|HND004:Task<Quake>|} Out(string text, CancellationToken stop) => Task.FromResult(new Quake(text));
            }
            """);
        Assert.Equal("Handler 'Quakes.On': the type 'Quake' is on no JsonSerializerContext. Add [JsonSerializable(typeof(Quake))] to a context of yours, such as: partial class AppJson : JsonSerializerContext.", found[0]);
    }

    [Fact]
    public async Task HND004_names_the_context_that_there_is()
    {
        var found = await CheckAsync("""
            public record Quake(string Place);

            [JsonSerializable(typeof(int))]
            internal sealed partial class AppJson : JsonSerializerContext;

            public static class Quakes
            {
                [StreamHandler("a")]
                public static void On({|HND004:List<Quake?>|} quake) { }
            }
            """);
        Assert.EndsWith("Add [JsonSerializable(typeof(List<Quake?>))] to 'AppJson'; or, for a batch of messages, take IReadOnlyList<Quake?>.", found[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("IPager")]
    [InlineData("Abstract")]
    [InlineData("object")]
    [InlineData("dynamic")]
    [InlineData("System.IO.Stream")]
    [InlineData("System.IO.MemoryStream")]
    [InlineData("Span<byte>")]
    [InlineData("ReadOnlySpan<byte>")]
    [InlineData("Memory<byte>")]
    [InlineData("JsonDocument")]
    [InlineData("Action")]
    [InlineData("IEnumerable<string>")]
    [InlineData("Message<string>")]
    [InlineData("IReadOnlyList<string>?")]
    [InlineData("IReadOnlyList<Message<string>?>")]
    [InlineData("IReadOnlyList<object>")]
    [InlineData("int*")]
    [InlineData("PacksOnly")]
    public Task HND005_the_payload_cannot_be_unpacked(string type) => CheckAsync($$"""
        public interface IPager;

        public abstract class Abstract;

        public class PacksOnly : IPack<PacksOnly> { public static void Pack(PacksOnly payload, System.Buffers.IBufferWriter<byte> body) { } }

        public static unsafe class Quakes
        {
            [StreamHandler("a")]
            public static void On({|HND005:{{type}}|} body) { }
        }
        """);

    [Theory]
    [InlineData("Task<Task>")]
    [InlineData("Task<IAsyncEnumerable<string>>")]
    [InlineData("System.Runtime.CompilerServices.YieldAwaitable")]
    [InlineData("Task?")]
    [InlineData("ValueTask?")]
    [InlineData("ref int")]
    public Task HND006_the_return_type_is_not_supported(string type) => CheckAsync($$"""
        public static class Quakes
        {
            [StreamHandler("a")]
            public static {|HND006:{{type}}|} On(string body) => throw new InvalidOperationException();
        }
        """);

    [Fact]
    public Task HND007_a_handler_is_not_async_void() => CheckAsync("""
        public static partial class Quakes
        {
            [StreamHandler("a")]
            public static async {|HND007:void|} On(string body) => await Task.Yield();

            [StreamHandler("b")]
            public static partial {|HND007:void|} Defined(string body);

            public static async partial void Defined(string body) => await Task.Yield();

            public static partial Task Implemented(string body, CancellationToken stop);

            [StreamHandler({|HND001:""|})]
            public static partial Task Implemented(string body, CancellationToken stop) => Task.CompletedTask;
        }
        """);

    [Theory]
    [InlineData("int")]
    [InlineData("Task<string>")]
    [InlineData("ValueTask<string?>")]
    [InlineData("IAsyncEnumerable<string>")]
    public Task HND008_the_result_goes_nowhere(string type) => CheckAsync($$"""
        public static class Quakes
        {
            [StreamHandler("a")]
            public static {|HND008:{{type}}|} On(string body, CancellationToken stop) => throw new InvalidOperationException();
        }
        """);

    [Theory]
    [InlineData("void")]
    [InlineData("Task")]
    [InlineData("ValueTask")]
    public Task HND009_there_is_no_result_to_publish(string type) => CheckAsync($$"""
        public static class Quakes
        {
            [StreamHandler("a"), {|HND009:PublishTo("b")|}]
            public static {{type}} On(string body, CancellationToken stop) => throw new InvalidOperationException();
        }
        """);

    [Theory]
    [InlineData("ref string body")]
    [InlineData("out string body")]
    [InlineData("in string body")]
    [InlineData("ref readonly string body")]
    [InlineData("params string[] body")]
    public Task HND018_parameters_are_taken_by_value(string parameter) => CheckAsync($$"""
        [JsonSerializable(typeof(string[]))]
        internal sealed partial class AppJson : JsonSerializerContext;

        public static class Quakes
        {
            [StreamHandler("a")]
            public static void On({|HND018:{{parameter}}|}) => throw new InvalidOperationException();
        }
        """);

    [Fact]
    public Task HND027_an_asynchronous_handler_should_be_cancellable() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a")]
            public static Task {|HND027:On|}(string body) => Task.CompletedTask;

            [StreamHandler("b"), PublishTo("c")]
            public static IAsyncEnumerable<string> {|HND027:Each|}(string body) => throw new InvalidOperationException();

            [StreamHandler("d")]
            public static void Synchronous(string body) { }
        }
        """);

    [Fact]
    public Task HND028_a_key_or_header_is_text_or_bytes() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a")]
            public static void On(string body, [FromKey] {|HND028:int|} key, [FromHeader("at")] {|HND028:DateTime?|} at) { }
        }
        """);

    [Fact]
    public Task HND029_the_header_has_no_name() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a")]
            public static void On(string body, [FromHeader({|HND029:""|})] string header) { }
        }
        """);

    [Fact]
    public Task HND030_a_parameter_has_one_source() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a")]
            public static void On(string body, {|HND030:[FromKey, FromHeader("b")] string key|}, {|HND030:[FromServices] MessageContext context|}) { }
        }
        """);

    [Theory]
    [InlineData("ReadsOnly")]
    [InlineData("OutgoingMessage")]
    [InlineData("OutgoingMessage<ReadsOnly>")]
    [InlineData("IReadOnlyList<string>")]
    [InlineData("object")]
    public Task HND034_the_result_cannot_be_packed(string type) => CheckAsync($$"""
        public class ReadsOnly : IUnpack<ReadsOnly> { public static ReadsOnly Unpack(ReadOnlySpan<byte> body) => new(); }

        public static class Quakes
        {
            [StreamHandler("a"), PublishTo("b")]
            public static {|HND034:{{type}}|} On(ReadsOnly body) => throw new InvalidOperationException();
        }
        """);

    [Fact]
    public async Task HND036_the_payload_is_on_several_contexts()
    {
        var found = await CheckAsync("""
            public record Quake(string Place);

            [JsonSerializable(typeof(Quake))]
            internal sealed partial class SecondJson : JsonSerializerContext;

            [JsonSerializable(typeof(Quake))]
            internal sealed partial class FirstJson : JsonSerializerContext;

            public static class Quakes
            {
                [StreamHandler("a")]
                public static void On({|HND036:Quake|} quake) { }
            }
            """);
        Assert.Contains("on FirstJson and SecondJson", found[0], StringComparison.Ordinal);
        Assert.Contains("; FirstJson is used", found[0], StringComparison.Ordinal);
    }

    [Fact]
    public Task HND038_a_type_is_not_known_to_the_generator() => CheckAsync("""
        public class Quakes({|HND038:IMissing|} missing)
        {
            [StreamHandler("a")]
            public void Payload({|HND038:Missing|} body) => Console.Write(missing);

            [StreamHandler("b")]
            public static void Service(string body, [FromServices] {|HND038:IReadOnlyList<Missing>|} service) { }

            [StreamHandler("c"), PublishTo("d")]
            public static {|HND038:Missing[]|} Result(string body) => throw new InvalidOperationException();
        }
        """);

    [Fact]
    public async Task HND038_a_type_of_another_generator_refuses_to_start()
    {
        var generated = Generated.From("public static class On { [StreamHandler(\"t\")] public static void Unknown(Emitted e) { } }");
        Assert.Contains("AddError(\"HND038\", \"Handler 'On.Unknown'", generated.Module, StringComparison.Ordinal);
        var complete = generated.Compilation.AddSyntaxTrees(Sources.Tree("public class Emitted;", "Other.g.cs"));
        Assert.Equal(["HND004"], (await AnalyzeAsync(complete)).Select(d => d.Id));
    }
}
