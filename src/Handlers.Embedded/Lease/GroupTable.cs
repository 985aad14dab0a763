using System.Globalization;

namespace Handlers.Embedded;

/// <summary>A row of the positions: where a group stands in a partition, and who reads it.</summary>
internal readonly record struct GroupPosition(long Handled, long Epoch, string? Owner);

/// <summary>Reads and writes the rows of a group: members, and per partition its position, epoch and owner.</summary>
internal static class GroupTable
{
    private const long LongestLease = 3_600_000; // ms, as in EmbeddedOptionsCheck

    public static void PutMember(Database database, string group, Member member) =>
        database.Prepare("INSERT OR REPLACE INTO members(\"group\", name, counter, lease, topics) VALUES(?1, ?2, ?3, ?4, ?5)")
            .Bind(1, group).Bind(2, member.Name).Bind(3, member.Counter).Bind(4, (long)member.Lease.TotalMilliseconds)
            .Bind(5, string.Join(',', member.Topics)).Run();

    public static bool HasMember(Database database, string group, string name)
    {
        using var row = database.Prepare("SELECT 1 FROM members WHERE \"group\" = ?1 AND name = ?2").Bind(1, group).Bind(2, name);
        return row.Step();
    }

    /// <summary>Removes a member. What it owns may be taken by anyone from now on, and is its own until then.</summary>
    public static void RemoveMember(Database database, string group, string name) =>
        database.Prepare("DELETE FROM members WHERE \"group\" = ?1 AND name = ?2").Bind(1, group).Bind(2, name).Run();

    /// <summary>Frees every partition of an owner.</summary>
    public static void FreeAll(Database database, string group, string owner) =>
        database.Prepare("UPDATE positions SET owner = NULL WHERE \"group\" = ?1 AND owner = ?2").Bind(1, group).Bind(2, owner).Run();

    public static List<Member> Members(Database database, string group)
    {
        var members = new List<Member>();
        using var rows = database.Prepare("SELECT name, counter, lease, topics FROM members WHERE \"group\" = ?1").Bind(1, group);
        while (rows.Step())
        {
            var topics = rows.Text(3).Split(',', StringSplitOptions.RemoveEmptyEntries)
                .Select(t => long.TryParse(t, NumberStyles.None, CultureInfo.InvariantCulture, out var topic) ? topic : throw rows.Impossible(3));
            members.Add(new Member(rows.Text(0), rows.Long(1), TimeSpan.FromMilliseconds(rows.Long(2, 1, LongestLease)), [.. topics]));
        }

        return members;
    }

    public static GroupPosition? Position(Database database, string group, long partition)
    {
        using var row = database.Prepare("SELECT handled, epoch, owner FROM positions WHERE \"group\" = ?1 AND partition = ?2 AND handled IS NOT NULL")
            .Bind(1, group).Bind(2, partition);
        return row.Step() ? new GroupPosition(row.Position(0), row.Long(1, 0, long.MaxValue - 1), row.NullableText(2)) : null;
    }

    /// <summary>Where a group begins in a partition that it never saw.</summary>
    public static void Begin(Database database, string group, long partition, long handled) =>
        database.Prepare("""
            INSERT INTO positions("group", partition, handled) VALUES(?1, ?2, ?3)
            ON CONFLICT DO UPDATE SET handled = excluded.handled WHERE handled IS NULL
            """)
            .Bind(1, group).Bind(2, partition).Bind(3, handled).Run();

    /// <summary>Takes a partition, in a new epoch, which fences whoever had it.</summary>
    public static void Take(Database database, string group, long partition, string owner) =>
        database.Prepare("UPDATE positions SET owner = ?3, epoch = epoch + 1 WHERE \"group\" = ?1 AND partition = ?2")
            .Bind(1, group).Bind(2, partition).Bind(3, owner).Run();

    /// <summary>Frees a partition, if it is still held in that epoch.</summary>
    public static bool Free(Database database, string group, long partition, string owner, long epoch) =>
        database.Prepare("UPDATE positions SET owner = NULL WHERE \"group\" = ?1 AND partition = ?2 AND owner = ?3 AND epoch = ?4")
            .Bind(1, group).Bind(2, partition).Bind(3, owner).Bind(4, epoch).Run() > 0;

    /// <summary>Moves a position forward, if the partition is still held in that epoch.</summary>
    public static bool Commit(Database database, string group, long partition, string owner, long epoch, long handled) =>
        database.Prepare("UPDATE positions SET handled = max(handled, ?5) WHERE \"group\" = ?1 AND partition = ?2 AND owner = ?3 AND epoch = ?4")
            .Bind(1, group).Bind(2, partition).Bind(3, owner).Bind(4, epoch).Bind(5, handled).Run() > 0;

    /// <summary>Moves a position anywhere and opens a new epoch, if the partition is still held in that epoch.</summary>
    public static bool Seek(Database database, string group, long partition, string owner, long epoch, long handled) =>
        database.Prepare("UPDATE positions SET handled = ?5, epoch = epoch + 1 WHERE \"group\" = ?1 AND partition = ?2 AND owner = ?3 AND epoch = ?4")
            .Bind(1, group).Bind(2, partition).Bind(3, owner).Bind(4, epoch).Bind(5, handled).Run() > 0;

    /// <summary>Moves a position from outside of the group: whoever reads the partition is fenced.</summary>
    public static void Move(Database database, string group, long partition, long handled) =>
        database.Prepare("UPDATE positions SET handled = ?3, epoch = epoch + 1, owner = NULL WHERE \"group\" = ?1 AND partition = ?2")
            .Bind(1, group).Bind(2, partition).Bind(3, handled).Run();

    /// <summary>Forgets a position. The row stays, for its epoch: an epoch never comes twice.</summary>
    public static bool Delete(Database database, string group, long partition) =>
        database.Prepare("""
            UPDATE positions SET handled = NULL, epoch = epoch + 1, owner = NULL
            WHERE "group" = ?1 AND partition = ?2 AND handled IS NOT NULL
            """).Bind(1, group).Bind(2, partition).Run() > 0;

    /// <summary>Tells the other processes that members or owners changed.</summary>
    public static void Changed(Database database, string group) =>
        database.Prepare("INSERT INTO groups(name, version) VALUES(?1, 1) ON CONFLICT(name) DO UPDATE SET version = version + 1")
            .Bind(1, group).Run();

    /// <summary>Raised with every change of members or owners.</summary>
    public static long Version(Database database, string group)
    {
        using var row = database.Prepare("SELECT version FROM groups WHERE name = ?1").Bind(1, group);
        return row.Step() ? row.Long(0) : 0;
    }
}
