using FsCheck;
using FsCheck.Fluent;

namespace Handlers.Tests;

public sealed class RunningItemsTests
{
    /// <summary>Whatever begins and ends in whatever order, the oldest are those of a plain set.</summary>
    [Fact]
    public void The_oldest_tickets_are_those_of_a_plain_set() => Prop.ForAll(ArbMap.Default.ArbFor<bool[]>(), static (bool[] steps) =>
    {
        var running = new RunningItems();
        var model = new List<LaneItem>();
        var ticket = 0L;
        var chance = new Random(steps.Length);
        foreach (var begins in steps)
        {
            if (begins || model.Count == 0)
            {
                var item = ticket % 3 == 0
                    ? new LaneItem(Batch: [new Work(default, ticket++), new Work(default, ticket++)])
                    : new LaneItem(new Work(default, ticket++));
                item.Slot = running.Add(in item);
                model.Add(item);
            }
            else
            {
                var ends = model[chance.Next(model.Count)];
                model.Remove(ends);
                running.Remove(in ends);
            }

            var expected = model.SelectMany(static i => i.Batch?.Select(static w => w.Ticket) ?? [i.Work.Ticket]).Order().ToList();
            var oldest = new OldestTickets(5);
            running.CopyTo(oldest);
            if (running.Messages != expected.Count || !oldest.All.SequenceEqual(expected.Take(5).ToArray())) return false;
        }

        return true;
    }).QuickCheckThrowOnFailure();
}
