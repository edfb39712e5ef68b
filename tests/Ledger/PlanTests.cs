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
            PostgresSession.UpdateAccounts, "bigint[], bigint[], bigint[], bigint[], bigint[]",
            "'{1}', '{1}', '{1}', '{1}', '{1}'"
        },
        {
            PostgresSession.LockAccounts, "boolean, timestamptz, timestamptz, int, bigint[], text[], uuid[]",
            "true, now(), now(), 256, '{1}', '{a}', '{}'"
        },
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
