namespace Handlers.Testing;

/// <summary>While it is paused, a process begins no message of the lane, also of one that comes back to it.</summary>
internal sealed class PausedMeansPaused(Schedule schedule) : Invariant(schedule)
{
    private readonly HashSet<(int Process, string? Partition)> paused = [];
    private readonly PerLane<HashSet<long>> begun = new();

    public override string Name => "a pause holds, and survives a rebalance";

    protected override void See(ref readonly Fact fact)
    {
        switch (fact.Kind)
        {
            case FactKind.Paused:
                paused.Add((fact.Process!.Value, fact.Text));
                break;
            case FactKind.Resumed when fact.Text is null:
                var process = fact.Process;
                paused.RemoveWhere(p => p.Process == process);
                break;
            case FactKind.Resumed:
                paused.Remove((fact.Process!.Value, fact.Text));
                break;
            case FactKind.CallBegan when begun.Of(in fact).Add(fact.Position):
                if (paused.Count == 0) return;
                if (paused.Contains((fact.Process!.Value, null)) || (StageOf(fact.Partition!) == 0 && paused.Contains((fact.Process.Value, fact.Partition!.Name))))
                    Violated(in fact, "begins, and is paused");
                break;
        }
    }
}
