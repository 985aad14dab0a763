using Handlers.Testing;

namespace Handlers.Simulation;

/// <summary>
/// The user's side of a schedule: a handler that is quick, slow, stuck or failing as its message wants it, and writes down each call.
/// </summary>
internal sealed class CellHandler
{
    private static readonly TypeSwitch Switch = IndexOf;

    private readonly Chance chance;
    private readonly History history;
    private readonly Draw draw;
    private readonly Nature[] natures;
    private readonly int[] calls; // of a message, by all processes
    private bool calm;
    private long numbers; // of calls

    public CellHandler(Schedule schedule, Draw draw, int messages)
    {
        this.draw = draw;
        chance = schedule.Chance;
        history = schedule.History;
        var trouble = chance.Pick([0.0, 0.02, 0.1]);
        natures = [.. Enumerable.Range(0, messages).Select(_ => chance.Of(trouble) ? Trouble() : Nature.Fine)];
        calls = new int[messages];
    }

    /// <summary>The handlers, of which the second is there for typed messages only.</summary>
    public static IReadOnlyList<string> Names { get; } = ["Things.OnThing", "Things.OnOther"];

    /// <summary>The types that they take.</summary>
    public static IReadOnlyList<string> Types { get; } = ["a", "b"];

    /// <summary>From now on calls return, or fail at once.</summary>
    public void Calm() => calm = true;

    /// <summary>As generated code would declare them.</summary>
    public IEnumerable<HandlerRegistration> For(SimulatedProcess process) => draw.Shape switch
    {
        Shape.Lists => [OfLists(process)],
        Shape.Typed => Types.Select((type, index) => Of(process, Names[index], new MessageTypeMatch(type, TypeSource.Header, null, Switch, index))),
        _ => [Of(process, Names[0], null)],
    };

    private HandlerRegistration<int> Of(SimulatedProcess process, string name, MessageTypeMatch? type) => new()
    {
        Name = name,
        Declared = draw.Settings,
        PayloadType = "int",
        Reads = MessageParts.All,
        MessageType = type,
        Unpack = body => Unpack(process, body),
        Dispatch = (int id, in HandlerCall call) => draw.Settings.PublishTo is { } results
            ? call.PublishResultAsync(ResultAsync(process, id, call.Context, call.Stop), number => SimulatedMessage.Of(results, number, null))
            : CallAsync(process, id, call.Context, call.Stop),
    };

    private async ValueTask<int> ResultAsync(SimulatedProcess process, int id, MessageContext context, CancellationToken stop)
    {
        await CallAsync(process, id, context, stop);
        return id;
    }

    private BatchRegistration<int> OfLists(SimulatedProcess process) => new()
    {
        Name = Names[0],
        Declared = draw.Settings,
        PayloadType = "int",
        Reads = MessageParts.All,
        Unpack = body => Unpack(process, body),
        Dispatch = call => CallAsync(process, call),
    };

    private static int IndexOf(ReadOnlySpan<byte> type) => type.SequenceEqual("a"u8) ? 0 : type.SequenceEqual("b"u8) ? 1 : -1;

    private Nature Trouble() => chance.Pick([Nature.Slow, Nature.Slow, Nature.Stuck, Nature.Deaf, Nature.Fails, Nature.Fails, Nature.Cancelled, Nature.Refused, Nature.Invalid]);

    private int Unpack(SimulatedProcess process, Bytes body)
    {
        var id = SimulatedMessage.IdOf(body);
        if (natures[id] != Nature.Invalid || !Fails(id, draw.Settings.OnInvalid == InvalidMessage.Stop)) return id;
        history.Add(FactKind.UnpackThrew, process.Number, number: id);
        throw new FormatException("It is no thing.");
    }

    private async ValueTask CallAsync(SimulatedProcess process, int id, MessageContext context, CancellationToken stop)
    {
        var call = ++numbers;
        Say(FactKind.CallBegan, process, context, call);
        try
        {
            await ActAsync(process, id, stop);
            Say(FactKind.CallReturned, process, context, call);
        }
        catch (Exception e)
        {
            Say(JournaledHandlers.Ended(e, stop), process, context, call);
            throw;
        }
    }

    /// <summary>A list: the first that is slow or stuck holds up all, each that fails is named, and sometimes all fail as one.</summary>
    private async ValueTask CallAsync(SimulatedProcess process, BatchCall<int> list)
    {
        var call = ++numbers;
        foreach (var message in list.Messages) Say(FactKind.CallBegan, process, message.Context, call);
        var failures = new Exception?[list.Messages.Count];
        try
        {
            for (var i = 0; i < failures.Length; i++)
            {
                try
                {
                    await ActAsync(process, list.Messages[i].Payload, list.Stop);
                }
                catch (Exception e) when (JournaledHandlers.Ended(e, list.Stop) != FactKind.CallGaveUp)
                {
                    failures[i] = e;
                }
            }

            // One that fails alone may as well have failed them all, as where they are written in one transaction.
            if (failures.Length == 1 && failures[0] is { } only) throw only;
        }
        catch (Exception e)
        {
            foreach (var message in list.Messages) Say(JournaledHandlers.Ended(e, list.Stop), process, message.Context, call);
            throw;
        }

        for (var i = 0; i < failures.Length; i++)
        {
            if (failures[i] is { } failure) list.Context.Fail(i, failure);
            Say(failures[i] is { } f ? JournaledHandlers.Ended(f, CancellationToken.None) : FactKind.CallReturned, process, list.Messages[i].Context, call);
        }
    }

    private void Say(FactKind kind, SimulatedProcess process, MessageContext context, long call) =>
        history.Add(kind, process.Number, process.PartitionOf(context.Lane), context.Lane.Epoch, context.Position.Number, call);

    private async ValueTask ActAsync(SimulatedProcess process, int id, CancellationToken stop)
    {
        if (chance.Of(0.2)) await Task.Yield();
        if (chance.Of(0.2)) await Task.Delay(chance.Milliseconds(0, 40), process.Party.Clock, chance.Of(0.5) ? stop : CancellationToken.None);
        switch (natures[id])
        {
            case Nature.Slow when !calm:
                await Task.Delay(chance.Milliseconds(40, 900), process.Party.Clock, stop);
                break;
            case Nature.Stuck when !calm:
                await Task.Delay(chance.Milliseconds(1_000, 30_000), process.Party.Clock, stop);
                break;
            case Nature.Deaf when !calm:
                await Task.Delay(chance.Milliseconds(1_000, 30_000), process.Party.Clock, CancellationToken.None);
                break;
            case Nature.Fails when Fails(id, draw.Cell.Failed == FailedHandler.Stop):
                throw new InvalidOperationException("The handler fails.");
            case Nature.Cancelled when Fails(id, draw.Cell.Failed == FailedHandler.Stop):
                throw new OperationCanceledException("Something of the handler's own was cancelled.");
            case Nature.Refused when Fails(id, draw.Settings.OnInvalid == InvalidMessage.Stop):
                throw new InvalidMessageException("It is not wanted.");
        }
    }

    /// <summary>For ever where the policy goes on with the next message; otherwise for a time, or nothing would come to its end.</summary>
    private bool Fails(int id, bool stops)
    {
        calls[id]++;
        return stops ? !calm && calls[id] <= 1 + id % 3 : id % 2 == 0 || calls[id] <= 2;
    }

    private enum Nature
    {
        Fine,
        Slow,
        Stuck,     // until its token fires
        Deaf,      // and does not listen to its token
        Fails,
        Cancelled, // by something of its own
        Refused,   // it calls the message invalid
        Invalid,
    }
}
