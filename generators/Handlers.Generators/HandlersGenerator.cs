using Handlers.Generators.Emitting;
using Handlers.Generators.Model;
using Handlers.Generators.Parsing;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators;

/// <summary>
/// Emits, for each marked method, its registration; for each assembly, its module and <c>AddStreamHandlers()</c>. This is the
/// table of contents: the parser alone sees symbols, models are equatable, the emitter only prints.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class HandlersGenerator : IIncrementalGenerator
{
    /// <inheritdoc />
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var parsed = context.SyntaxProvider
            .ForAttributeWithMetadataName(HandlerParser.Attribute, static (_, _) => true, HandlerParser.Parse)
            .Where(static handler => handler is not null)
            .Select(static (handler, _) => handler!)
            .WithTrackingName(Steps.Parsed);

        var lambdas = context.SyntaxProvider
            .CreateSyntaxProvider(HandlerParser.IsMarkedLambda, HandlerParser.ParseLambda)
            .WithTrackingName(Steps.Lambdas);

        var own = context.SyntaxProvider
            .ForAttributeWithMetadataName(JsonContextParser.Attribute, static (_, _) => true, JsonContextParser.Parse)
            .WithTrackingName(Steps.OwnContexts);

        var referenced = context.CompilationProvider
            .Select(JsonContextParser.Referenced)
            .WithTrackingName(Steps.ReferencedContexts);

        var contexts = own.Collect().Combine(referenced)
            .Select(static (all, _) => new JsonContexts(all.Left.OfType<JsonContextModel>().Concat(all.Right)))
            .WithTrackingName(Steps.Contexts);

        var handlers = parsed.Combine(contexts)
            .Select(static (pair, _) => JsonRule.Apply(pair.Left, pair.Right))
            .WithTrackingName(Steps.Handlers);

        var together = handlers.Collect();
        var taken = together
            .Select(static (all, _) => EmittedName.Taken(all))
            .WithTrackingName(Steps.TakenNames);

        var types = together
            .Select(static (all, _) => new TypeSets(all))
            .WithTrackingName(Steps.TypeSets);

        var named = handlers.Combine(taken.Combine(types))
            .Select(static (pair, _) => new NamedHandler(pair.Left, EmittedName.Of(pair.Left, pair.Right.Left)) { Types = pair.Right.Right.Of(pair.Left) })
            .WithTrackingName(Steps.NamedHandlers);

        var switches = types
            .SelectMany(static (sets, _) => sets.All)
            .WithTrackingName(Steps.TypeSwitches);

        var assembly = context.CompilationProvider
            .Select(AssemblyParser.Parse)
            .WithTrackingName(Steps.Assembly);

        var all = named.Collect().Combine(lambdas.Collect())
            .Select(static (all, _) => all.Left.Concat(NamedHandler.WithoutName(all.Right)).ToEquatableArray())
            .WithTrackingName(Steps.AllHandlers);

        context.RegisterSourceOutput(named.Combine(assembly), Outputs.Handler);
        context.RegisterSourceOutput(switches.Combine(assembly), Outputs.Switch);
        context.RegisterSourceOutput(all.Combine(assembly), Outputs.Module);
        context.RegisterSourceOutput(all.Select(static (handlers, _) => handlers.Count > 0).Combine(assembly), Outputs.Extensions);
    }
}
