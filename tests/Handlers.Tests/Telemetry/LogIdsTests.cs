using System.Globalization;
using System.Text.RegularExpressions;

namespace Handlers.Tests;

/// <summary>People alert on the ids of log messages: each means one thing, and each project's stand on one page.</summary>
public sealed partial class LogIdsTests
{
    [Fact]
    public void Each_project_has_its_log_messages_in_one_file_and_no_id_is_used_twice()
    {
        var files = Directory.GetDirectories(Path.Combine(Repository.Root, "src"))
            .SelectMany(static project => Directory.GetFiles(project, "*.cs", SearchOption.AllDirectories).Where(static file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
                .Select(file => (Project: Path.GetFileName(project), File: file, Text: File.ReadAllText(file))))
            .Where(static f => f.Text.Contains("[LoggerMessage", StringComparison.Ordinal)).ToList();
        Assert.True(files.Count >= 4);
        Assert.Empty(files.GroupBy(static f => f.Project).Where(static p => p.Count() > 1).SelectMany(static p => p.Select(static f => f.File)));

        var ids = files.SelectMany(static f => Id().Matches(f.Text).Select(m => (Id: int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture), f.Project))).ToList();
        Assert.Equal(files.Sum(static f => Regex.Count(f.Text, @"\[LoggerMessage")), ids.Count); // written so that this test sees it
        Assert.Empty(ids.GroupBy(static i => i.Id).Where(static g => g.Count() > 1).Select(static g => $"{g.Key}: {string.Join(", ", g.Select(static i => i.Project))}"));
        Assert.Empty(ids.GroupBy(static i => i.Id / 1000).Where(static g => g.Select(static i => i.Project).Distinct().Count() > 1).Select(static g => $"{g.Key}000"));
    }

    [Fact]
    public void The_page_has_every_log_message_with_its_id_and_level()
    {
        var code = Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(static file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(static file => Message().Matches(File.ReadAllText(file)))
            .Select(static m => $"| {m.Groups[1].Value} | {(m.Groups[2].Success ? m.Groups[2].Value : "varies")} | {m.Groups[3].Value} |");
        var page = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "logs.md")).Where(static line => line.Length > 2 && line[0] == '|' && char.IsAsciiDigit(line[2]));
        Assert.Equal(code.Order(StringComparer.Ordinal), page.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"\[LoggerMessage\((?:EventId = )?(\d+), (?:LogLevel\.(\w+), |Message = )""((?:[^""\\]|\\.)*)""\)\]")]
    private static partial Regex Message();

    [GeneratedRegex(@"\[LoggerMessage\((?:EventId = )?(\d+),")]
    private static partial Regex Id();
}

/// <summary>The working tree that is tested.</summary>
internal static class Repository
{
    public static string Root { get; } = Found();

    private static string Found()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Handlers.sln"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
