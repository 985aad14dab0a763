namespace Handlers.Embedded.Tests;

public sealed class LifeLockTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string Log => Path.Combine(folder.Path, "handlers.db");

    public LifeLockTests() => Directory.CreateDirectory(folder.Path);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_member_is_gone_when_its_lock_is_let_go_and_not_before()
    {
        using var life = new LifeLock(Log, "machine:1:a");
        Assert.False(LifeLock.IsGone(Log, "machine:1:a"));
        life.Dispose(); // what the system does when the process is killed
        Assert.True(LifeLock.IsGone(Log, "machine:1:a"));
        LifeLock.Clear(Log, "machine:1:a");
        Assert.False(LifeLock.IsGone(Log, "machine:1:a"));
    }

    [Fact]
    public void A_lock_is_tried_twice_a_second_at_most()
    {
        var time = new TestTime();
        time.Stand();
        var probe = new LifeProbe(Log, time);
        using var life = new LifeLock(Log, "machine:4:d");
        Assert.False(probe.IsGone("machine:4:d"));
        life.Dispose();
        time.Suspend(TimeSpan.FromMilliseconds(499));
        Assert.False(probe.IsGone("machine:4:d"));
        time.Suspend(TimeSpan.FromMilliseconds(1));
        Assert.True(probe.IsGone("machine:4:d"));
    }

    [Fact]
    public void A_member_without_a_file_is_judged_by_its_lease_alone() => Assert.False(LifeLock.IsGone(Log, "machine:2:b"));

    [Fact]
    public void Who_leaves_in_order_leaves_no_file()
    {
        using var life = new LifeLock(Log, "machine:3:c");
        life.Close();
        Assert.Empty(Directory.GetFiles(folder.Path));
    }
}
