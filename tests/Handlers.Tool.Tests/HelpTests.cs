namespace Handlers.Tool.Tests;

/// <summary>What <c>--help</c> says.</summary>
public sealed class HelpTests
{
    [Fact]
    public async Task Every_command_has_help_with_examples_and_exit_codes()
    {
        foreach (var command in (string[])["", "describe", "diff", "tail", "publish", "lag", "replay", "redrive"])
        {
            var ran = await Ran.Async([.. command.Length == 0 ? Array.Empty<string>() : [command], "--help"]);
            Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
            foreach (var part in (string[])["Usage:", "Options:", "Examples:", $"  handlers {command}", "Exit codes:", "  0 ", "  2 wrong usage"]) Assert.Contains(part, ran.Output, StringComparison.Ordinal);
            Assert.All(ran.Output[ran.Output.IndexOf("Exit codes:", StringComparison.Ordinal)..].Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[1..], code => Assert.True(char.IsAsciiDigit(code[0]), code));
        }
    }

    [Fact]
    public void Examples_are_understood()
    {
        using var nowhere = new StringWriter();
        var command = ToolCommand.Create(Screen.Of(nowhere, nowhere));
        Assert.True(Help.Examples.Count() > 10);
        Assert.All(Help.Examples, example => Assert.Empty(command.Parse(example.Split(" > ")[0].Split(' ')[1..]).Errors));
    }
}
