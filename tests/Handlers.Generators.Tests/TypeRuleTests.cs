using static Handlers.Generators.Tests.Driving.Marked;

namespace Handlers.Generators.Tests;

public class TypeRuleTests
{
    [Fact]
    public Task HND012_the_handler_is_not_accessible() => CheckAsync("""
        public class Quakes
        {
            [StreamHandler("a")]
            private void {|HND012:Private|}(string body) { }

            [StreamHandler("b")]
            protected static void {|HND012:Protected|}(string body) { }

            [StreamHandler("c")]
            private protected static void {|HND012:Both|}(string body) { }

            [StreamHandler("d")]
            protected internal static void Either(string body) { }

            private static class Hidden
            {
                [StreamHandler("e")]
                public static void {|HND012:Nested|}(string body) { }
            }
        }

        file static class Local
        {
            [StreamHandler("f")]
            public static void {|HND012:InFile|}(string body) { }
        }

        public interface IHandle { void Explicit(string body); }

        public class Handle : IHandle
        {
            [StreamHandler("g")]
            void IHandle.{|HND012:Explicit|}(string body) { }
        }
        """);

    [Fact]
    public Task HND013_the_type_is_generic() => CheckAsync("""
        public class Outer<T>
        {
            [StreamHandler("a")]
            public void {|HND013:On|}(string body) { }

            public static class Inner
            {
                [StreamHandler("b")]
                public static void {|HND013:On|}(T body) { }
            }
        }
        """.Replace("(T body)", "(string body)", StringComparison.Ordinal));

    [Fact]
    public Task HND014_the_type_cannot_have_instances() => CheckAsync("""
        public abstract class Abstract
        {
            [StreamHandler("a")]
            public void {|HND014:On|}(string body) { }

            [StreamHandler("b")]
            public static void Static(string body) { }
        }

        public interface IContract
        {
            [StreamHandler("c")]
            void {|HND014:On|}(string body);

            [StreamHandler("d")]
            static abstract void {|HND014:Abstract|}(string body);

            [StreamHandler("e")]
            static void Static(string body) { }
        }

        public struct Value
        {
            [StreamHandler("f")]
            public void {|HND014:On|}(string body) { }
        }
        """);

    [Fact]
    public Task HND015_the_class_has_no_single_constructor() => CheckAsync("""
        public class {|HND015:Several|}
        {
            public Several() { }
            internal Several(IServiceProvider services) { }

            [StreamHandler("a")]
            public void On(string body) { }
        }

        public class {|HND015:None|}
        {
            private None() { }

            [StreamHandler("b")]
            public void On(string body) { }
        }

        public class ByReference({|HND015:in int number|})
        {
            [StreamHandler("c")]
            public void On(string body) => Console.Write(Number);

            public int Number { get; } = number;
        }

        public record Record(IServiceProvider Services)
        {
            [StreamHandler("d")]
            public void On(string body) { }
        }
        """);

    [Fact]
    public Task HND016_the_class_has_required_members() => CheckAsync("""
        public class Basic { public required string {|HND016:Name|} { get; init; } }

        public class Quakes : Basic
        {
            [StreamHandler("a")]
            public void On(string body) { }
        }

        public class Sets : Basic
        {
            [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
            public Sets() => Name = "";

            [StreamHandler("b")]
            public void On(string body) { }
        }
        """);

    [Fact]
    public Task HND017_the_method_is_generic() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a")]
            public static void {|HND017:On|}<T>(string body) { }
        }
        """);

    [Fact]
    public Task HND035_only_methods_are_handlers() => CheckAsync("""
        public static class Quakes
        {
            public static void Run()
            {
                [StreamHandler("a")]
                static void {|HND035:Local|}(string body) { }

                Local("");
                Action<string> lambda = {|HND035:[StreamHandler("b")] (string body) => { }|};
                lambda("");
            }

            public static string Property { [StreamHandler("c")] {|HND035:set|} { } }
        }
        """);
}
