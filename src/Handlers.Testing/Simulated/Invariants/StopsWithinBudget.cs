namespace Handlers.Testing;

/// <summary>A stop ends within its budget of virtual time, whatever handlers and broker do.</summary>
internal sealed class StopsWithinBudget(Schedule schedule) : Invariant(schedule)
{
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    private readonly Dictionary<int, TimeSpan> began = [];

    public override string Name => "a stop ends within its budget";

    protected override void See(ref readonly Fact fact)
    {
        if (fact.Kind == FactKind.StopBegan) began[fact.Process!.Value] = fact.At;
        if (fact.Kind != FactKind.StopEnded) return;
        var took = fact.At - began[fact.Process!.Value] - TimeSpan.FromTicks(fact.Number);
        if (took > Schedule.Options.StopBudget + Slack) Violated(in fact, $"the stop took {took.TotalSeconds:0.0} s of virtual time, and its budget is {Schedule.Options.StopBudget.TotalSeconds:0.0} s");
    }
}
