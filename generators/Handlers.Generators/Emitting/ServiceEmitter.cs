using Handlers.Generators.Model;

namespace Handlers.Generators.Emitting;

/// <summary>Prints what resolves services: by their types, known now, so that nothing is looked up by reflection later.</summary>
internal static class ServiceEmitter
{
    private const string Namespace = "global::Microsoft.Extensions.DependencyInjection";

    public static string Resolve(string provider, ServiceModel service)
    {
        if (service is { IsOptional: true, Key: null, IsValueType: true }) return $"({service.Type}?){provider}.GetService(typeof({service.Type})){Otherwise(service)}";
        var method = (service.IsOptional ? "Get" : "GetRequired") + (service.Key is null ? "Service" : "KeyedService");
        var extensions = service.Key is null ? "ServiceProviderServiceExtensions" : "ServiceProviderKeyedServiceExtensions";
        var key = service.Key is null ? "" : ", " + service.Key;
        return $"{Namespace}.{extensions}.{method}<{service.Type}>({provider}{key}){Otherwise(service)}";
    }

    /// <summary>Registers a handler class, unless the user did: then it is theirs.</summary>
    public static void Register(SourceWriter file, ClassModel type)
    {
        var lifetime = type.IsSingleton ? "TryAddSingleton" : "TryAddScoped";
        var arguments = SourceWriter.Arguments(type.Services.Select(s => Resolve("services", s)));
        file.Line($"{Namespace}.Extensions.ServiceCollectionDescriptorExtensions.{lifetime}(")
            .Indented($"builder.Services, static services => new {type.Type}({arguments}));");
    }

    private static string Otherwise(ServiceModel service) => service.Default is { } value ? $" ?? {value}" : "";
}
