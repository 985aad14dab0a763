using System.Net;
using System.Text;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Handlers.Kinesis.Peers;

namespace Handlers.EndToEnd.Tests;

/// <summary>What calls are signed with: the keys of the environment, which are settings too, or what the SDK's own chain finds where no key is set.</summary>
public sealed class KinesisCredentialsTests : IDisposable
{
    private const string AccessKey = "AKIDOFTHECHAIN";
    private const string Secret = "a-secret-that-nobody-is-told";
    private const string Token = "a-token-that-nobody-is-told";

    private readonly Workplace workplace = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => workplace.Dispose();

    [Fact]
    public Task Keys_come_from_the_environment() => SignsAsync(
        ("AWS_ACCESS_KEY_ID", AccessKey), ("AWS_SECRET_ACCESS_KEY", Secret), ("AWS_SESSION_TOKEN", Token));

    [Fact]
    public Task Keys_come_from_a_profile() => SignsAsync(
        ("AWS_SHARED_CREDENTIALS_FILE", workplace.Write("credentials", $"""
            [default]
            aws_access_key_id = AKIDOFANOTHER
            aws_secret_access_key = another
            [of-the-team]
            aws_access_key_id = {AccessKey}
            aws_secret_access_key = {Secret}
            aws_session_token = {Token}
            """)), ("AWS_PROFILE", "of-the-team"));

    [Fact]
    public async Task Keys_come_from_the_agent_of_a_container()
    {
        using var agent = new HttpListener();
        var address = Listen(agent);
        var answering = AnswerAsync(agent);
        await SignsAsync(("AWS_CONTAINER_CREDENTIALS_FULL_URI", $"{address}role"), ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "who-asks"));
        agent.Stop();
        Assert.Equal("who-asks", await answering);
    }

    private async Task SignsAsync(params (string Key, string Value)[] chain)
    {
        Assert.SkipWhen(Emulator.Missing is not null, Emulator.Missing ?? "");
        await using var emulator = await Kinesalite.StartAsync(stop: Stop);
        await using var proxy = await KinesisProxy.StartAsync(emulator.Endpoint, Stop);
        using (var client = new AmazonKinesisClient("AKIDOFNOBODY", "none", new AmazonKinesisConfig { ServiceURL = emulator.Endpoint, AuthenticationRegion = Emulator.Region }))
            await client.CreateStreamAsync(new CreateStreamRequest { StreamName = "readings", ShardCount = 1 }, Stop);
        using var publish = QuickStartRun.StartProgram(
            "Tool", $"publish readings --body one --kinesis {proxy.Endpoint}", [("HOME", workplace.PathOf("home")), ("AWS_EC2_METADATA_DISABLED", "true"), .. chain]);
        Assert.True(await publish.ExitAsync() == 0, publish.Errors);
        Assert.Equal([(AccessKey, Token)], proxy.Signers);
        Assert.DoesNotContain(Secret, publish.Output + publish.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(Token, publish.Output + publish.Errors, StringComparison.Ordinal);
    }

    /// <summary>On a port that is free.</summary>
    private static string Listen(HttpListener agent)
    {
        while (true)
        {
            var address = $"http://127.0.0.1:{Random.Shared.Next(20_000, 60_000)}/";
            agent.Prefixes.Clear();
            agent.Prefixes.Add(address);
            try
            {
                agent.Start();
                return address;
            }
            catch (HttpListenerException)
            {
                // Somebody has it.
            }
        }
    }

    /// <summary>As an agent of ECS or EKS does. Returns what the last who asked said of itself.</summary>
    private static async Task<string?> AnswerAsync(HttpListener agent)
    {
        string? asked = null;
        try
        {
            while (true)
            {
                var context = await agent.GetContextAsync();
                asked = context.Request.Headers["Authorization"];
                await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(
                    $$"""{"AccessKeyId":"{{AccessKey}}","SecretAccessKey":"{{Secret}}","Token":"{{Token}}","Expiration":"{{DateTime.UtcNow.AddHours(6):yyyy-MM-ddTHH:mm:ssZ}}"}"""), Stop);
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            return asked;
        }
    }
}
