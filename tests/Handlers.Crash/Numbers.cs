using System.Globalization;

namespace Handlers.Crash;

/// <summary>Handles messages whose bodies are numbers, and writes each down. Some take a moment, before or after: kills meet calls under way.</summary>
internal sealed class Numbers(Ledger ledger, Failures failures)
{
    public const string Topic = "numbers";
    public const string Name = "numbers";

    [StreamHandler(Topic, Group = Name, Name = Name, Start = StartFrom.Earliest), PublishTo(Census.ResultTopic)]
    public async ValueTask<string?> OnNumber(string number, MessageContext context, CancellationToken stop)
    {
        var id = int.Parse(number, CultureInfo.InvariantCulture);
        if (id % 8 == 0) await Task.Delay(1, stop);
        if (failures.Has(id))
        {
            ledger.Failed(context, id);
            throw new InvalidOperationException($"{id} fails for ever.");
        }

        ledger.Handled(context, id);
        if (id % 8 == 4) await Task.Delay(1, CancellationToken.None);
        return failures.Results ? number : null;
    }
}

/// <summary>Which numbers fail for ever.</summary>
/// <param name="Every">One in so many; 0: none.</param>
/// <param name="Results">Whether the others have results.</param>
internal sealed record Failures(int Every, bool Results)
{
    /// <summary>The key of the configuration that asks for results.</summary>
    public const string ResultsKey = "Results";

    /// <summary>The key of the configuration.</summary>
    public const string Key = "FailEvery";

    public bool Has(int id) => Every > 0 && id % Every == Every / 2;
}

/// <summary>When all is over: what is in the log, and where. A group of its own, so that it reads everything from its beginning.</summary>
internal sealed class Census(Ledger ledger)
{
    public const string Group = "census";
    public const string Name = "census";
    public const string DeadTopic = "numbers.dead";
    public const string DeadName = "census.dead";
    public const string ResultTopic = "numbers.results";
    public const string ResultName = "census.results";

    [StreamHandler(Numbers.Topic, Group = Group, Name = Name, Start = StartFrom.Earliest)]
    public void OnNumber(string number, MessageContext context) => ledger.Handled(context, int.Parse(number, CultureInfo.InvariantCulture));

    [StreamHandler(DeadTopic, Group = Group, Name = DeadName, Start = StartFrom.Earliest)]
    public void OnDeadLetter(string number, MessageContext context, [FromHeader(DeadLetterHeaders.Id)] string from) =>
        ledger.DeadLetter(context, int.Parse(number, CultureInfo.InvariantCulture), from);

    [StreamHandler(ResultTopic, Group = Group, Name = ResultName, Start = StartFrom.Earliest)]
    public void OnResult(string number, MessageContext context) => ledger.Result(context, int.Parse(number, CultureInfo.InvariantCulture));
}
