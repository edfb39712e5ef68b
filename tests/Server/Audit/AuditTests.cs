using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Audit;
using Xunit;

namespace SightPay.Server.Tests.Audit;

public sealed class AuditTests(InnerServerFixture fixture) : IClassFixture<InnerServerFixture>
{
    private readonly InnerServer _server = fixture.Server;

    [Fact]
    public async Task Entries_are_read_newest_first_by_auditors_managers_and_admins_alone()
    {
        var log = _server.Get<AuditLog>();
        for (var i = 0; i < 5; i++) await log.WriteAsync("person:boss", "station_link_made", $"station:{i}", default);
        var auditor = await _server.PersonWithRolesAsync("auditor");
        var first = await _server.GetAsync("/audit?limit=2", auditor);
        Assert.Equal(200, first.Status);
        Assert.Equal(["station:4", "station:3"], Subjects(first));
        var second = await _server.GetAsync(
            $"/audit?limit=3&cursor={first.Json.GetProperty("next_cursor").GetString()}", auditor);
        Assert.Equal(["station:2", "station:1", "station:0"], Subjects(second));
        Assert.Equal("cursor_invalid", (await _server.GetAsync("/audit?cursor=QQ", auditor)).Code);

        Assert.Equal(200, (await _server.GetAsync("/audit", await _server.PersonWithRolesAsync("admin"))).Status);
        Assert.Equal(200, (await _server.GetAsync("/audit", await _server.PersonWithRolesAsync("manager"))).Status);
        Assert.Equal(403, (await _server.GetAsync("/audit", await _server.PersonAsync())).Status);
        Assert.Equal(401, (await _server.GetAsync("/audit")).Status);
    }

    [Fact]
    public async Task Entries_are_filtered_by_who_what_subject_and_time()
    {
        var log = _server.Get<AuditLog>();
        await log.WriteAsync("person:ann", "gate_closed", "gate:filter", default);
        _server.Clock.Advance(TimeSpan.FromMinutes(5));
        var between = _server.Clock.GetUtcNow();
        await log.WriteAsync("person:bob", "gate_closed", "gate:filter", default);
        await log.WriteAsync("person:bob", "gate_opened", "gate:filter", default);
        var auditor = await _server.PersonWithRolesAsync("auditor");

        Assert.Equal(3, await CountAsync("subject=gate:filter"));
        Assert.Equal(2, await CountAsync("subject=gate:filter&who=person:bob"));
        Assert.Equal(2, await CountAsync("subject=gate:filter&what=gate_closed"));
        Assert.Equal(2, await CountAsync($"subject=gate:filter&from={between:yyyy-MM-ddTHH:mm:ssZ}"));
        Assert.Equal(1, await CountAsync($"subject=gate:filter&to={between:yyyy-MM-ddTHH:mm:ssZ}"));
        Assert.Equal(0, await CountAsync("subject=gate:elsewhere"));

        async Task<int> CountAsync(string filter) =>
            Subjects(await _server.GetAsync($"/audit?{filter}", auditor)).Count();
    }

    [Fact]
    public async Task An_entry_is_kept_with_its_act_and_a_refused_act_leaves_none()
    {
        var ledger = _server.Get<GeneralLedger>();
        var kept = new AuditRow("person:boss", "kept_with_act", "payment:7");
        var gone = new AuditRow("person:boss", "gone_with_act", "payment:7");
        var charge = Transfer.Post(
            Ids.Next(TimeProvider.System), "wallet:nobody", "merchant:nobody", 1, TransferCode.Purchase);
        Assert.Equal(ActEnd.Committed, (await ledger.SubmitAsync(ActOf([], [kept, kept]), default)).End);
        Assert.Equal(ActEnd.Refused, (await ledger.SubmitAsync(ActOf([charge], [gone]), default)).End);
        Assert.Equal(2, await _server.ScalarAsync<long>(
            "select count(*) from audit_entry where who = 'person:boss' and what = 'kept_with_act'"));
        Assert.Equal(0, await _server.ScalarAsync<long>(
            "select count(*) from audit_entry where what = 'gone_with_act'"));
    }

    private static Act ActOf(IReadOnlyList<Transfer> transfers, IReadOnlyList<CompanionRow> rows) => new()
    {
        Id = Ids.Next(TimeProvider.System),
        Fingerprint = new byte[32],
        Plans = [new Plan { Transfers = transfers, Rows = rows, Compose = _ => new Answer(200, "{}") }],
        Refuse = refusal => new Answer(409, refusal.Code),
    };

    [Theory]
    [InlineData("update audit_entry set who = 'nobody'")]
    [InlineData("delete from audit_entry")]
    [InlineData("truncate audit_entry")]
    public async Task What_is_written_stays(string sql)
    {
        await _server.Get<AuditLog>().WriteAsync("person:boss", "refund_approved", "payment:1", default);
        var fault = await Assert.ThrowsAsync<PostgresException>(() => _server.ExecuteAsync(sql));
        Assert.Contains("append-only", fault.MessageText);
    }

    [Fact]
    public async Task An_entry_goes_with_the_transaction_it_belongs_to()
    {
        await using (var connection = await _server.Database.DataSource.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await _server.Get<AuditLog>().WriteAsync(
                connection, transaction, "person:boss", "never_happened", "x", default);
            await transaction.RollbackAsync();
        }
        Assert.Equal(0, await _server.ScalarAsync<long>(
            "select count(*) from audit_entry where what = 'never_happened'"));
    }

    private static IEnumerable<string?> Subjects(TestAnswer page) =>
        page.Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("subject").GetString());
}
