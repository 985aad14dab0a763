namespace Handlers.EndToEnd.Orders;

/// <summary>Fails while something is broken.</summary>
public sealed class Orders(Shelf shelf)
{
    [StreamHandler("orders", Group = "orders"), DeadLetter(Letters.Topic)]
    public void OnOrder(string order, MessageContext context)
    {
        if (shelf.IsBroken) throw new InvalidOperationException("The shelf is broken.");
        shelf.Write($"{order} {context.Headers.Text(DeadLetterHeaders.Id)} {context.Headers.Text(DeadLetterHeaders.Redriven)}");
    }
}

/// <summary>What was handled, line by line.</summary>
public sealed class Shelf(string folder)
{
    private readonly Lock gate = new();

    public bool IsBroken => File.Exists(Path.Combine(folder, "broken"));

    public void Write(string line)
    {
        lock (gate) File.AppendAllText(Path.Combine(folder, "handled.txt"), line + "\n");
    }
}

internal static class Letters
{
    public const string Topic = "orders.dead";

    public static OutgoingMessage Order(int number) => new()
    {
        Topic = "orders",
        Key = OutgoingMessage.Utf8($"key {number}"),
        Body = OutgoingMessage.Utf8($"order-{number}"),
        Headers = new Headers(Header.Of("number", $"{number}")),
    };

    public static OutgoingMessage Letter(int number) => Order(number) with
    {
        Topic = Topic,
        Headers = new Headers(Header.Of(DeadLetterHeaders.Id, $"orders/0@{number}"), Header.Of(DeadLetterHeaders.Topic, "orders")),
    };
}
