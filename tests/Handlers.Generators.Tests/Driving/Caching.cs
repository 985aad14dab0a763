using System.Collections;
using System.Reflection;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Tests.Driving;

/// <summary>What keeps an editor quick: after an unrelated edit no step has a new output, and no output keeps a compilation alive.</summary>
internal static class Caching
{
    public static void Check(GeneratorRunResult first, GeneratorRunResult second)
    {
        foreach (var (name, steps) in second.TrackedSteps.Where(s => Steps.All.Contains(s.Key)))
            foreach (var (_, reason) in steps.SelectMany(s => s.Outputs))
                Assert.True(reason is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged, $"Step {name} is {reason} after an unrelated edit.");
        foreach (var (_, reason) in second.TrackedOutputSteps.SelectMany(s => s.Value).SelectMany(s => s.Outputs))
            Assert.True(reason is IncrementalStepRunReason.Cached, $"An output is {reason} after an unrelated edit.");
        foreach (var (name, steps) in first.TrackedSteps.Where(s => Steps.All.Contains(s.Key)))
            foreach (var (value, _) in steps.SelectMany(s => s.Outputs)) CheckIsData(value, name, []);
    }

    private static void CheckIsData(object? value, string path, HashSet<object> seen)
    {
        if (value is null or string || value.GetType().IsPrimitive || value.GetType().IsEnum) return;
        if (!value.GetType().IsValueType && !seen.Add(value)) return;
        Assert.False(value is ISymbol or SyntaxNode or SyntaxTree or Compilation or Location or SemanticModel or AttributeData, $"{path} holds a {value.GetType()}.");
        if (value is IEnumerable items)
            foreach (var item in items) CheckIsData(item, path + "[]", seen);
        if (value.GetType().Namespace?.StartsWith("System", StringComparison.Ordinal) == true) return;
        for (var type = value.GetType(); type is not null && type != typeof(object); type = type.BaseType)
            foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                CheckIsData(field.GetValue(value), $"{path}.{field.Name}", seen);
    }
}
