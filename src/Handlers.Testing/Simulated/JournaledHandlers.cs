using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Testing;

/// <summary>An application's own handlers, with each call written down.</summary>
internal sealed class JournaledHandlers(SimulatedProcess process, History history) : IHandlerVisitor<HandlerRegistration>
{
    private long calls;

    /// <summary>Puts itself around every handler that is registered.</summary>
    public static void Around(IServiceCollection services, SimulatedProcess process, History history)
    {
        var declarations = (HandlerDeclarations)services.First(s => s.ServiceType == typeof(HandlerDeclarations)).ImplementationInstance!;
        var journaled = declarations.Handlers.Select(h => h.Accept(new JournaledHandlers(process, history))).ToList();
        declarations.Handlers.Clear();
        declarations.Handlers.AddRange(journaled);
    }

    public HandlerRegistration Visit<T>(HandlerRegistration<T> handler)
    {
        var (unpack, dispatch) = (handler.Unpack, handler.Dispatch);
        return new HandlerRegistration<T>
        {
            Name = handler.Name,
            Declared = handler.Declared,
            PayloadType = handler.PayloadType,
            Reads = MessageParts.All,
            TakesTombstones = handler.TakesTombstones,
            NeedsScope = handler.NeedsScope,
            Instance = handler.Instance,
            IsSingleton = handler.IsSingleton,
            MessageType = handler.MessageType,
            RequiredServices = handler.RequiredServices,
            Unpack = unpack,
            Dispatch = (T payload, in HandlerCall call) =>
            {
                var context = call.Context;
                var number = Begin([context]);
                ValueTask task;
                try
                {
                    task = dispatch(payload, in call);
                }
                catch (Exception e)
                {
                    task = ValueTask.FromException(e);
                }

                return EndAsync(task, [context], number, call.Stop);
            },
        };
    }

    public HandlerRegistration Visit<T>(BatchRegistration<T> handler)
    {
        var (unpack, dispatch) = (handler.Unpack, handler.Dispatch);
        return new BatchRegistration<T>
        {
            Name = handler.Name,
            Declared = handler.Declared,
            PayloadType = handler.PayloadType,
            Reads = MessageParts.All,
            TakesTombstones = handler.TakesTombstones,
            NeedsScope = handler.NeedsScope,
            Instance = handler.Instance,
            IsSingleton = handler.IsSingleton,
            MessageType = handler.MessageType,
            RequiredServices = handler.RequiredServices,
            Unpack = unpack,
            Dispatch = call =>
            {
                var contexts = call.Messages.Select(m => m.Context).ToList();
                var number = Begin(contexts);
                return EndAsync(CallAsync(), contexts, number, call.Stop);

                async ValueTask CallAsync() => await dispatch(call);
            },
        };
    }

    private long Begin(IReadOnlyList<MessageContext> contexts)
    {
        var number = ((long)process.Number << 32) | ++calls;
        foreach (var context in contexts) Say(FactKind.CallBegan, context, number);
        return number;
    }

    private async ValueTask EndAsync(ValueTask task, IReadOnlyList<MessageContext> contexts, long number, CancellationToken stop)
    {
        var end = FactKind.CallReturned;
        try
        {
            await task;
        }
        catch (Exception e)
        {
            end = Ended(e, stop);
            throw;
        }
        finally
        {
            foreach (var context in contexts) Say(end, context, number);
        }
    }

    /// <summary>How a call ended that threw.</summary>
    public static FactKind Ended(Exception e, CancellationToken stop) => e switch
    {
        OperationCanceledException when stop.IsCancellationRequested => FactKind.CallGaveUp,
        InvalidMessageException => FactKind.CallRefused,
        _ => FactKind.CallThrew,
    };

    private void Say(FactKind kind, MessageContext context, long number) =>
        history.Add(kind, process.Number, process.PartitionOf(context.Lane), context.Lane.Epoch, context.Position.Number, number);
}
