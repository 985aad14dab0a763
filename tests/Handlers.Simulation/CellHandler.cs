using Handlers.Testing;

namespace Handlers.Simulation;

/// <summary>
/// The user's side of a schedule: a handler that is quick, slow, stuck or failing as its message wants it, and writes down each call.
/// </summary>
internal sealed class CellHandler
{
    private readonly Chance chance;
    private readonly History history;
    private readonly Draw draw;
    private readonly Nature[] natures;
    private readonly int[] calls; // of a message, by all processes
    private bool calm;

    public CellHandler(Schedule schedule, Draw draw, int messages)
    {
        this.draw = draw;
        chance = schedule.Chance;
        history = schedule.History;
        var trouble = chance.Pick([0.0, 0.02, 0.1]);
        natures = [.. Enumerable.Range(0, messages).Select(_ => chance.Of(trouble) ? Trouble() : Nature.Fine)];
        calls = new int[messages];
    }

    /// <summary>From now on calls return, or fail at once.</summary>
    public void Calm() => calm = true;

    /// <summary>As generated code would declare it.</summary>
    public HandlerRegistration For(SimulatedProcess process) => new HandlerRegistration<int>
    {
        Name = "Things.OnThing",
        Declared = draw.Settings,
        PayloadType = "int",
        Reads = MessageParts.All,
        Unpack = body => Unpack(process, body),
        Dispatch = (int id, in HandlerCall call) => CallAsync(process, id, call.Context, call.Stop),
    };

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
        Say(FactKind.CallBegan, process, context);
        try
        {
            await ActAsync(process, id, stop);
            Say(FactKind.CallReturned, process, context);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Say(FactKind.CallGaveUp, process, context);
            throw;
        }
        catch (InvalidMessageException)
        {
            Say(FactKind.CallRefused, process, context);
            throw;
        }
        catch (Exception)
        {
            Say(FactKind.CallThrew, process, context);
            throw;
        }
    }

    private void Say(FactKind kind, SimulatedProcess process, MessageContext context) =>
        history.Add(kind, process.Number, process.PartitionOf(context.Lane), context.Lane.Epoch, context.Position.Number);

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
