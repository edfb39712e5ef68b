using Npgsql;
using SightPay.Ledger.Postgres;
using Xunit;

namespace SightPay.Ledger.Tests;

/// <summary>The writer's statements go by key whatever the planner believes; a hot path never scans a table.</summary>
public sealed class PlanTests
{
    public static TheoryData<string, string, string> Statements() => new()
    {
        {
            PostgresSession.UpdateAccounts,
            "bigint[], bigint[], bigint[], bigint[], bigint[], boolean[], bigint[], bigint[], bigint[], bigint[], int",
            "'{1}', '{1}', '{1}', '{1}', '{1}', '{f}', '{1}', '{1}', '{1}', '{1}', 0"
        },
        {
            PostgresSession.LockAccounts, "boolean, timestamptz, timestamptz, int, bigint[], text[], uuid[]",
            "true, now(), now(), 256, '{1}', '{a}', '{}'"
        },
        { PostgresSession.ClosedAccounts, "bigint[]", "'{1}'" },
        { PostgresSession.StoredAttempts, "uuid[]", "'{}'" },
        { PostgresSession.TakenTransferIds, "uuid[]", "'{}'" },
        { PostgresSession.NamedHolds, "uuid[]", "'{}'" },
        { PostgresSession.Refundable, "uuid[]", "'{}'" },
        { PostgresSession.DueHolds, "boolean, timestamptz, timestamptz, int", "true, now(), now(), 256" },
    };

    [Theory]
    [MemberData(nameof(Statements))]
    public async Task Every_access_is_by_index(string statement, string types, string arguments)
    {
        await using var bed = await LedgerBed.CreateAsync();
        // Once on empty tables that the planner knows nothing of, once when it knows them to be empty, once on filled
        // ones.
        Assert.All(await PlanAsync(bed, statement, types, arguments), AssertByIndex);
        await bed.ExecuteAsync("vacuum analyze");
        Assert.All(await PlanAsync(bed, statement, types, arguments), AssertByIndex);
        await bed.OpenAsync("INR", AccountKind.Payable, [.. Enumerable.Range(0, 5000).Select(i => $"key{i}")]);
        (await bed.SubmitAsync([.. Enumerable.Range(1, 2000).Select(i => bed.Hold("key0", $"key{i}", 1))]))
            .MustBe(ActEnd.Committed);
        await bed.ExecuteAsync("analyze");
        Assert.All(await PlanAsync(bed, statement, types, arguments), AssertByIndex);
    }

    private static void AssertByIndex(string line)
    {
        Assert.DoesNotContain("Seq Scan", line, StringComparison.Ordinal);
        Assert.DoesNotContain("Hash Join", line, StringComparison.Ordinal);
        Assert.DoesNotContain("Merge Join", line, StringComparison.Ordinal);
        Assert.DoesNotContain("Materialize", line, StringComparison.Ordinal);
        Assert.DoesNotContain("Bitmap", line, StringComparison.Ordinal);
    }

    /// <summary>An index that is read without a condition on its columns is read whole: a scan by another name.
    /// </summary>
    [Fact]
    public async Task Named_holds_and_their_resolutions_are_looked_up_one_by_one()
    {
        await using var bed = await LedgerBed.CreateAsync();
        await bed.ExecuteAsync("vacuum analyze");
        var plan = await PlanAsync(bed, PostgresSession.NamedHolds, "uuid[]", "'{}'");
        var lookups = plan.Index().Where(line => line.Item.Contains("Index Scan", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, lookups.Count);
        foreach (var (at, _) in lookups) Assert.Contains("Index Cond", plan[at + 1], StringComparison.Ordinal);
    }

    /// <summary>A plan that was right for a small table may read an index whole, and is kept by the connection.
    /// </summary>
    [Fact]
    public async Task A_plan_made_for_small_tables_does_not_last()
    {
        await using var bed = await LedgerBed.CreateAsync();
        await bed.OpenAsync("INR", AccountKind.Payable, "key0", "key1");
        await bed.ExecuteAsync("vacuum analyze");
        (await bed.SubmitAsync(bed.Post("key0", "key1", 1))).MustBe(ActEnd.Committed);
        await bed.OpenAsync("INR", AccountKind.Payable, [.. Enumerable.Range(2, 2000).Select(i => $"key{i}")]);
        for (var i = 0; i < 3; i++)
            (await bed.SubmitAsync([.. Enumerable.Range(1, 1000).Select(n => bed.Post("key0", $"key{n}", 1))]))
                .MustBe(ActEnd.Committed);

        // What the writer's connections read is told by the store a second later at most, at the end of a transaction.
        var (before, scans) = (await ReadAsync(bed), 0L);
        for (var started = DateTime.Now; scans < 20; await Task.Delay(100))
        {
            Assert.True(DateTime.Now - started < TimeSpan.FromSeconds(60), "Nothing was read by the index.");
            await bed.SubmitAsync(bed.Post("key0", "key1", 1));
            scans = (await ReadAsync(bed)).Scans - before.Scans;
        }
        var read = (await ReadAsync(bed)).Entries - before.Entries;
        Assert.True(read < 100 * scans, $"{scans} look-ups read {read} entries of the index.");

        static async Task<(long Scans, long Entries)> ReadAsync(LedgerBed bed)
        {
            const string From = "from pg_stat_user_indexes where indexrelname = 'account_pkey'";
            return (await bed.ScalarAsync<long>($"select idx_scan {From}"),
                await bed.ScalarAsync<long>($"select idx_tup_read {From}"));
        }
    }

    private static async Task<List<string>> PlanAsync(LedgerBed bed, string statement, string types, string arguments)
    {
        // Each time a new one: what a pooled one has prepared would stay.
        await using var connection = new NpgsqlConnection(bed.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        foreach (var sql in (string[])[PostgresSession.Settings, $"prepare p({types}) as {statement}"])
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }
        await using var explain = new NpgsqlCommand($"explain execute p({arguments})", connection);
        await using var reader = await explain.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync()) lines.Add(reader.GetString(0));
        Assert.Contains(lines, line => line.Contains("Index", StringComparison.Ordinal));
        return lines;
    }
}
