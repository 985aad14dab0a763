using System.Runtime.CompilerServices;

namespace Handlers;

/// <summary>
/// Asks brokers whether they answer, when somebody wants to know: one question at a time for each membership, with a limit, and what it came to is kept
/// for a moment, so that probes cost a broker little however many there are.
/// </summary>
internal sealed class Pings(TimeProvider time)
{
    /// <summary>How long an answer may take.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    /// <summary>How long an answer is good.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromSeconds(2);

    private readonly ConditionalWeakTable<SubscriptionLoop, Ping> pings = [];

    public async ValueTask<IReadOnlyList<GroupPing>> AskAsync(IReadOnlyList<SubscriptionLoop> subscriptions, CancellationToken stop)
    {
        var asked = subscriptions.Select(s => (s.Group.Group, Answer: pings.GetValue(s, subscription => new Ping(subscription, time)).AskAsync())).ToList();
        var answers = new List<GroupPing>(asked.Count);
        foreach (var (group, answer) in asked) answers.Add(new GroupPing(group, await answer.WaitAsync(stop)));
        return answers;
    }

    private sealed class Ping(SubscriptionLoop subscription, TimeProvider time)
    {
        private readonly Lock gate = new();
        private TaskCompletionSource<string?>? answer; // guarded by gate: of the question under way, or of the last one
        private long answeredAt;                       // guarded by gate
        private Task asking = Task.CompletedTask;      // of who asks, who is one: it may run on beyond its limit

        public Task<string?> AskAsync()
        {
            TaskCompletionSource<string?> mine;
            lock (gate)
            {
                if (answer is not null && (!answer.Task.IsCompleted || time.GetElapsedTime(answeredAt) < Kept)) return answer.Task;
                answer = mine = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            _ = AskAsync(mine);
            return mine.Task;
        }

        /// <summary>Never throws.</summary>
        private async Task AskAsync(TaskCompletionSource<string?> mine)
        {
            var error = await ErrorAsync();
            lock (gate)
            {
                answeredAt = time.GetTimestamp();
                mine.SetResult(error);
            }
        }

        private async Task<string?> ErrorAsync()
        {
            if (!asking.IsCompleted) return Late();
            using var limit = new CancellationTokenSource(Limit, time);
            try
            {
                asking = subscription.PingAsync(limit.Token).AsTask();
                await asking.WaitAsync(Limit, time);
                return null;
            }
            catch (Exception e) when (e is TimeoutException || (e is OperationCanceledException && limit.IsCancellationRequested))
            {
                _ = ObserveAsync(asking);
                return Late();
            }
            catch (Exception e)
            {
                return e.Message;
            }
        }

        private static string Late() => $"There was no answer within {Limit.TotalSeconds:0} s.";

        private static async Task ObserveAsync(Task late) =>
            await late.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }
}

/// <summary>What a broker answered to a member of a group.</summary>
/// <param name="Group">The group.</param>
/// <param name="Error">Why it did not; null: it did.</param>
internal sealed record GroupPing(string Group, string? Error);
