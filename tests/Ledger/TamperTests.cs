using Npgsql;
using Xunit;

namespace SightPay.Ledger.Tests;

/// <summary>History cannot be rewritten by accident, and who does it on purpose is found out.</summary>
public sealed class TamperTests
{
    public static TheoryData<string> ForbiddenStatements()
    {
        var statements = new TheoryData<string>();
        foreach (var (table, column) in ((string, string)[])
            [("transfer", "amount"), ("hold_resolution", "outcome"), ("attempt", "body")])
        {
            statements.Add($"update {table} set {column} = {column}");
            statements.Add($"delete from {table}");
            statements.Add($"truncate {table}");
        }
        return statements;
    }

    [Theory]
    [MemberData(nameof(ForbiddenStatements))]
    public async Task The_store_refuses_to_rewrite_history(string statement)
    {
        await using var bed = await SpentAsync();
        var refused = await Assert.ThrowsAsync<PostgresException>(() => bed.ExecuteAsync(statement));
        Assert.Equal(PostgresErrorCodes.RestrictViolation, refused.SqlState);
    }

    [Theory]
    [InlineData("I1", "update account set credits_posted = credits_posted + 1 where key = 'shop'")]
    [InlineData("I2", "alter table account drop constraint account_no_overdraft; "
        + "update account set debits_posted = 9999 where key = 'ann'")]
    [InlineData("I3", "update transfer set amount = amount + 1 where kind = 1 and code = 4")]
    [InlineData("I3", "update account set debits_posted = debits_posted - 1 where key = 'ann'")]
    [InlineData("I3", "update transfer set debit = 4242 where kind = 1 and code = 4")]
    [InlineData("I4", "update account set debits_pending = 0 where key = 'ann'")]
    [InlineData("I4", "delete from hold_resolution")]
    [InlineData("I5", "update transfer set amount = 51 where kind = 3")]
    [InlineData("I5", "update hold_resolution set outcome = 4")]
    [InlineData("I5", "update hold_resolution set transfer_id = hold_id")]
    [InlineData("I13", "delete from transfer where seq = 2")]
    [InlineData("I13", "update transfer set seq = 100 where seq = 2")]
    [InlineData("I16", "update account set asset = 'EUR' where key = 'shop'")]
    public async Task The_audit_finds_a_tampered_row(string invariant, string statement)
    {
        await using var bed = await SpentAsync();
        Assert.Empty(await bed.Ledger.AuditAsync(default));
        foreach (var table in (string[])["transfer", "hold_resolution", "attempt"])
            await bed.ExecuteAsync($"alter table {table} disable trigger all");
        await bed.ExecuteAsync(statement);
        var differences = await bed.Ledger.AuditAsync(default);
        Assert.Contains(differences, difference => difference.StartsWith(invariant + ":", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_store_itself_refuses_an_overdraft_and_a_negative_counter()
    {
        await using var bed = await SpentAsync();
        foreach (var statement in (string[])
            ["update account set debits_posted = 5000 where key = 'ann'", "update account set debits_pending = -1"])
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => bed.ExecuteAsync(statement));
            Assert.Equal(PostgresErrorCodes.CheckViolation, refused.SqlState);
        }
    }

    private static async Task<LedgerBed> SpentAsync()
    {
        var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", 1000));
        (await bed.SubmitAsync(bed.Post("ann", "shop", 100))).MustBe(ActEnd.Committed);
        var hold = bed.Hold("ann", "shop", 50);
        (await bed.SubmitAsync(hold, bed.Hold("ann", "shop", 10))).MustBe(ActEnd.Committed);
        (await bed.SubmitAsync(bed.Capture(hold.Id, 20))).MustBe(ActEnd.Committed);
        return bed;
    }
}
