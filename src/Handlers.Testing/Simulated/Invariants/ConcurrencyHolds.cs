namespace Handlers.Testing;

/// <summary>No more messages are handled at once than the handler says, or was told to.</summary>
internal sealed class ConcurrencyHolds(Schedule schedule) : Invariant(schedule)
{
    private readonly Dictionary<int, HashSet<long>> running = [];
    private readonly Dictionary<int, long> most = [];

    public override string Name => "no more at once than Concurrency";

    protected override void See(ref readonly Fact fact)
    {
        if (fact.Kind == FactKind.Limited) most[fact.Process!.Value] = Math.Max(fact.Number, most.GetValueOrDefault(fact.Process.Value));
        if (Of(fact.Partition) is not { Ordering: not Ordering.Lane } settings) return;
        switch (fact.Kind)
        {
            case FactKind.CallBegan:
                if (!running.TryGetValue(fact.Process!.Value, out var calls)) running.Add(fact.Process.Value, calls = []);
                calls.Add(fact.Number);
                var limit = Math.Max(settings.Concurrency, most.GetValueOrDefault(fact.Process.Value));
                if (calls.Count > limit) Violated(in fact, $"is called, and {calls.Count} calls are under way of {limit}");
                break;
            case FactKind.CallReturned or FactKind.CallThrew or FactKind.CallGaveUp or FactKind.CallRefused:
                running[fact.Process!.Value].Remove(fact.Number);
                break;
        }
    }
}
