using System.Text.Json.Nodes;

namespace Handlers.Kinesis.Peers;

/// <summary>A PutRecords of which some records fail: the emulator hears of the rest, and the answer is put together again.</summary>
internal sealed class ProxyRecords
{
    private readonly string code;
    private readonly HashSet<int> places;
    private readonly int count;

    public ProxyRecords(byte[] request, string code, int[] places)
    {
        this.code = code;
        this.places = [.. places];
        Rest = ProxyCall.Changed(request, json =>
        {
            var records = json["Records"]!.AsArray();
            json["Records"] = new JsonArray([.. records.Where((_, place) => !this.places.Contains(place)).Select(r => r!.DeepClone())]);
        });
        count = JsonNode.Parse(request)!["Records"]!.AsArray().Count;
    }

    /// <summary>No record is left; a request without any would be refused.</summary>
    public bool All => Enumerable.Range(0, count).All(places.Contains);

    /// <summary>The request without them.</summary>
    public byte[] Rest { get; }

    public byte[] Answer(byte[] answer) => ProxyCall.Changed(answer, json =>
    {
        var stored = new Queue<JsonNode>(json["Records"]!.AsArray().Select(r => r!.DeepClone()));
        json["Records"] = new JsonArray([.. Enumerable.Range(0, count).Select(place => places.Contains(place) ? Failed() : stored.Dequeue())]);
        json["FailedRecordCount"] = (json["FailedRecordCount"]?.GetValue<int>() ?? 0) + places.Count(place => place < count);
    });

    private JsonObject Failed() => new() { ["ErrorCode"] = code, ["ErrorMessage"] = "As the test wants it." };
}
