using System.Globalization;

namespace Handlers.Benchmarks;

/// <summary>What one process is asked to measure: a row of the table, in one round.</summary>
/// <param name="Row">Which.</param>
/// <param name="Bootstrap">The broker, or the emulator.</param>
/// <param name="Topic">The topic, or the stream.</param>
/// <param name="Messages">How many it has.</param>
/// <param name="Group">What the groups of its passes begin with: each pass is a group of its own.</param>
/// <param name="Warm">Passes before the first that is measured.</param>
/// <param name="Measured">Passes that are measured.</param>
internal sealed record RowRequest(string Row, string Bootstrap, string Topic, int Messages, string Group, int Warm, int Measured)
{
    public int Passes => Warm + Measured;

    public IReadOnlyList<string> Arguments => [Row, Bootstrap, Topic, Text(Messages), Group, Text(Warm), Text(Measured)];

    public static RowRequest Parse(string[] words) => words is [var row, var bootstrap, var topic, var messages, var group, var warm, var measured]
        ? new(row, bootstrap, topic, Number(messages), group, Number(warm), Number(measured))
        : throw new ArgumentException("row ROW BOOTSTRAP TOPIC MESSAGES GROUP WARM MEASURED");

    /// <summary>The group of one pass.</summary>
    public string GroupOf(int pass) => $"{Group}-{Text(pass)}";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);
}
