using SightPay.Ledger;
using SightPay.Server.Wallets;
using Xunit;

namespace SightPay.Server.Tests.Wallets;

public sealed class WalletTests(InnerServerFixture fixture) : IClassFixture<InnerServerFixture>
{
    private readonly InnerServer _server = fixture.Server;

    [Fact]
    public async Task The_wallet_shows_balance_holds_and_what_may_be_spent()
    {
        var person = await _server.PersonAsync();
        await TopUpAsync(person, 20_00);
        await HoldAsync(person, 5_00);
        var wallet = (await _server.GetAsync("/wallet", person)).Json;
        Assert.Equal(20_00, wallet.GetProperty("balance_minor").GetInt64());
        Assert.Equal(5_00, wallet.GetProperty("held_minor").GetInt64());
        Assert.Equal(15_00, wallet.GetProperty("available_minor").GetInt64());
        Assert.Equal("INR", wallet.GetProperty("currency").GetString());
        var shown = await _server.GetAsync($"/users/{person.Id}", person);
        Assert.Equal(20_00, shown.Json.GetProperty("wallet").GetProperty("amount_minor").GetInt64());
    }

    [Fact]
    public async Task The_statement_is_paged_newest_first_and_adds_up()
    {
        var person = await _server.PersonAsync();
        for (var i = 1; i <= 4; i++) await TopUpAsync(person, i * 100);
        await HoldAsync(person, 3_00);
        var lines = new List<(string? Kind, long Change)>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await _server.GetAsync($"/wallet/entries?limit=2&cursor={cursor}", person);
            Assert.Equal(200, page.Status);
            lines.AddRange(page.Json.GetProperty("items").EnumerateArray().Select(line =>
                (line.GetProperty("kind").GetString(), line.GetProperty("change_minor").GetInt64())));
            cursor = page.Json.GetProperty("next_cursor").GetString();
        }
        Assert.Equal(
            [("fare_hold", 0), ("top_up", 400), ("top_up", 300), ("top_up", 200), ("top_up", 100)], lines);
        Assert.Equal("cursor_invalid", (await _server.GetAsync("/wallet/entries?cursor=QQ", person)).Code);
    }

    [Fact]
    public async Task Others_wallets_are_for_operators_alone()
    {
        var person = await _server.PersonAsync();
        await TopUpAsync(person, 7_00);
        var stranger = await _server.PersonAsync();
        var boss = await _server.PersonWithRolesAsync("manager");
        foreach (var path in new[] { "/wallet", "/wallet/entries" })
        {
            Assert.Equal(200, (await _server.GetAsync($"{path}?user_id={person.Id}", person)).Status);
            Assert.Equal(200, (await _server.GetAsync($"{path}?user_id={person.Id}", boss)).Status);
            Assert.Equal(403, (await _server.GetAsync($"{path}?user_id={person.Id}", stranger)).Status);
            Assert.Equal(403, (await _server.GetAsync($"{path}?user_id={Guid.Empty}", stranger)).Status);
            Assert.Equal(404, (await _server.GetAsync($"{path}?user_id={Guid.Empty}", boss)).Status);
            Assert.Equal(404, (await _server.GetAsync($"{path}?user_id=nonsense", boss)).Status);
            Assert.Equal(401, (await _server.GetAsync(path)).Status);
        }
        var seen = await _server.GetAsync($"/wallet?user_id={person.Id}", boss);
        Assert.Equal(7_00, seen.Json.GetProperty("balance_minor").GetInt64());
    }

    [Fact]
    public void Every_transfer_that_can_touch_a_wallet_has_words()
    {
        foreach (var kind in Enum.GetValues<TransferKind>())
            foreach (var code in Enum.GetValues<TransferCode>())
            {
                var entry = new AccountEntry(1, Guid.Empty, Guid.Empty, kind, code, 1, 0, DateTimeOffset.UnixEpoch);
                var line = ListEntries.Line(entry, "INR");
                Assert.NotEmpty(line.Kind);
                Assert.NotEmpty(line.Text);
            }
    }

    private async Task TopUpAsync(TestPerson person, long amountMinor)
    {
        var made = await _server.SendAsync(HttpMethod.Post, "/wallet/top-ups",
            new { amount_minor = amountMinor, currency = "INR" }, person, Ids.Next(TimeProvider.System).ToString());
        Assert.Equal(201, made.Status);
        var id = made.Json.GetProperty("id").GetGuid();
        await Eventually.HoldsAsync(async () => (await _server.GetAsync($"/wallet/top-ups/{id}", person)).Json
            .GetProperty("state").GetString() == "credited");
    }

    private async Task HoldAsync(TestPerson person, long amountMinor)
    {
        await using (var connection = await _server.Database.DataSource.OpenConnectionAsync())
            await GeneralLedger.OpenAccountsAsync(
                connection, null, [new("operator:test", "INR", AccountKind.Payable, AccountFlags.None)], default);
        var result = await _server.Get<GeneralLedger>().SubmitAsync(new Act
        {
            Id = Ids.Next(TimeProvider.System),
            Fingerprint = new byte[32],
            Plans =
            [
                new Plan
                {
                    Transfers =
                    [
                        Transfer.Hold(
                            Ids.Next(TimeProvider.System), $"wallet:{person.Id}", "operator:test", amountMinor,
                            TransferCode.HighestFare, TimeSpan.FromHours(4)),
                    ],
                    Compose = _ => new Answer(200, "{}"),
                },
            ],
            Refuse = refusal => new Answer(409, refusal.Code),
        }, default);
        Assert.Equal(ActEnd.Committed, result.End);
    }
}
