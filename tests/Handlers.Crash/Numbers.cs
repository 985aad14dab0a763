using System.Globalization;

namespace Handlers.Crash;

/// <summary>Handles messages whose bodies are numbers, and writes each down. Some take a moment, before or after: kills meet calls under way.</summary>
public sealed class Numbers(Ledger ledger)
{
    public const string Topic = "numbers";
    public const string Name = "numbers";

    [StreamHandler(Topic, Group = Name, Name = Name)]
    public async ValueTask OnNumber(string number, MessageContext context, CancellationToken stop)
    {
        var id = int.Parse(number, CultureInfo.InvariantCulture);
        if (id % 8 == 0) await Task.Delay(1, stop);
        ledger.Handled(context, id);
        if (id % 8 == 4) await Task.Delay(1, CancellationToken.None);
    }
}

/// <summary>When all is over: what is in the log, and where. A group of its own, so that it reads everything from its beginning.</summary>
public sealed class Census(Ledger ledger)
{
    public const string Name = "census";

    [StreamHandler(Numbers.Topic, Group = Name, Name = Name)]
    public void OnNumber(string number, MessageContext context) => ledger.Handled(context, int.Parse(number, CultureInfo.InvariantCulture));
}
