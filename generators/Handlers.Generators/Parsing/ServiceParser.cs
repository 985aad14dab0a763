using Handlers.Generators.Model;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>From a parameter to the service that is passed for it.</summary>
internal static class ServiceParser
{
    public static ServiceModel Parse(IParameterSymbol parameter)
    {
        var isNullable = parameter.Type.IsNullable(out var type);
        return new ServiceModel(type.Spelling(), isNullable || parameter.HasExplicitDefaultValue)
        {
            Key = Key(parameter),
            Default = parameter is { HasExplicitDefaultValue: true, ExplicitDefaultValue: { } value } ? Literals.Of(value, type) : Empty(parameter, isNullable),
            IsValueType = type.IsValueType,
            IsBuiltIn = type.Is("System", "IServiceProvider"),
        };
    }

    // A struct's default, written as `default`, is known to symbols as null.
    private static string? Empty(IParameterSymbol parameter, bool isNullable) =>
        parameter is { HasExplicitDefaultValue: true, Type.IsValueType: true } && !isNullable ? "default" : null;

    private static string? Key(IParameterSymbol parameter)
    {
        var keyed = parameter.Attribute("Microsoft.Extensions.DependencyInjection", "FromKeyedServicesAttribute");
        if (keyed is null || keyed.ConstructorArguments.IsEmpty) return null;
        var key = keyed.ConstructorArguments[0];
        return key switch
        {
            { IsNull: true } => null,
            { Kind: TypedConstantKind.Type, Value: ITypeSymbol type } => $"typeof({type.Key()})",
            { Kind: TypedConstantKind.Primitive or TypedConstantKind.Enum, Type: { } type } => Literals.Of(key.Value!, type),
            _ => null,
        };
    }
}
