using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Handlers;
using Handlers.Embedded;
using Handlers.Kafka;
using Handlers.Tool.Lib;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// Read by tests of the tool, and never run: a file beside it would say so.
var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddStreamHandlers().UseEmbedded("./data").UseKafka(kafka => kafka.Servers = "nowhere:9092", "west");
await builder.Build().RunAsync();

internal static class Ran
{
    [ModuleInitializer]
    internal static void Write() => File.WriteAllText(Path.Combine(AppContext.BaseDirectory, "ran.txt"), "An assembly of the application was run.");
}

[JsonSerializable(typeof(Order)), JsonSerializable(typeof(Invoice))]
internal sealed partial class AppJson : JsonSerializerContext;

internal static class Shop
{
    [StreamHandler("orders"), Retry(Attempts = 5), DeadLetter("orders.dead"), PublishTo("invoices")]
    public static Invoice? OnOrder(Order order) => null;

    [StreamHandler(@"^audit\..*", Group = "audit", Ordering = Ordering.Key)]
    public static void OnAudit(ReadOnlyMemory<byte> body) { }

    [StreamHandler("ledger", Group = "ledger", Commit = Commit.Transaction), PublishTo("ledger.out")]
    public static OutgoingMessage<string?> OnLedger(string line) => new(line);

    [StreamHandler("doors", Group = "doors", MessageType = "opened")]
    public static void OnOpened(string door) { }

    [StreamHandler("doors", Group = "doors", MessageType = "closed")]
    public static void OnClosed(string door) { }

    [StreamHandler("mails", Group = "mail's", Ordering = Ordering.None), RetryTopics("5s", "1m"), DeadLetter("mails.dead")]
    public static void OnMail(byte[]? mail) { }
}
