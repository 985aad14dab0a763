using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Transport.Contract;

/// <summary>Hosts within a process that runs tests.</summary>
public static class HostInTest
{
    /// <summary>The host is not the process: its signals and its exit code are left alone, whatever ends the host.</summary>
    public static IServiceCollection AddHostInTest(this IServiceCollection services) =>
        services.AddSingleton(static s => new HandlersRuntime(s.GetRequiredService<HandlerDeclarations>(), s) { OwnsProcess = false });
}
