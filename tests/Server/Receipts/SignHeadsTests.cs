using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using SightPay.Ledger;
using SightPay.Server.Receipts;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Receipts;

public sealed class SignHeadsTests
{
    [Fact]
    public async Task The_server_signs_by_itself_and_stops_once_its_daily_reading_finds_a_change()
    {
        await using var server = await InnerServer.StartAsync();
        await AddAsync(server, 300);
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        await Eventually.HoldsAsync(() => Task.FromResult(server.Get<ReceiptLog>().Latest?.Size == 300));

        // Deep inside the log, so that the edge looks as it did.
        await server.ExecuteAsync(
            "set session_replication_role = replica; update receipt set amount_minor = 1 where seq = 7;"
            + "set session_replication_role = origin");
        await AddAsync(server, 1);
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        await Eventually.HoldsAsync(() => Task.FromResult(server.Get<ReceiptLog>().Latest?.Size == 301));
        Assert.Null(server.Get<ReceiptLog>().Fault);

        server.Clock.Advance(TimeSpan.FromDays(1));
        await Eventually.HoldsAsync(() => Task.FromResult(server.Get<ReceiptLog>().Fault is not null));
        Assert.Contains("at place 7 does not give its leaf", server.Get<ReceiptLog>().Fault);
        Assert.Contains("Critical The receipt log signs nothing any more.", server.Log);
    }

    [Fact]
    public async Task A_start_on_a_log_that_was_changed_signs_nothing()
    {
        var first = await InnerServer.StartAsync();
        await AddAsync(first, 600);
        await first.Get<ReceiptLog>().GrowAsync(default);
        await first.ExecuteAsync(
            "set session_replication_role = replica; update receipt set leaf = sha256('x') where seq = 300;"
            + "set session_replication_role = origin");
        await first.DisposeAsync();
        await using var second = await InnerServer.StartAsync(new() { On = first });
        await Eventually.HoldsAsync(() => Task.FromResult(second.Get<ReceiptLog>().Fault is not null));
        Assert.Contains("from place 256 to 511 are not those that were signed for", second.Log);
    }

    [Fact]
    public async Task A_receipt_that_was_changed_is_not_shown_as_proved_and_health_says_so_while_payments_go_on()
    {
        await using var server = await TestServer.StartAsync();
        using var http = await server.OperatorAsync();
        var person = await SendAsync(http, "/users", new
        {
            name = "Asha Sen", email = "asha@example.org", password = "river-boat-42",
        });
        await CreditAsync(http, person);
        var id = await ReceiptOfAsync(http);
        using (var whole = await http.GetAsync($"/receipts/{id}")) Assert.Equal(HttpStatusCode.OK, whole.StatusCode);

        await using (var tamper = server.Database.DataSource.CreateCommand(
            "set session_replication_role = replica; update receipt set amount_minor = amount_minor * 100;"
            + "set session_replication_role = origin"))
            await tamper.ExecuteNonQueryAsync();
        using var changed = await http.GetAsync($"/receipts/{id}");
        Assert.Equal("receipt_changed", await ServerBed.CodeAsync(changed, HttpStatusCode.InternalServerError));
        using var health = await http.GetAsync("/health");
        var told = await ServerBed.ReadAsync(health, HttpStatusCode.OK);
        Assert.Equal("degraded", (string)told["status"]!);
        Assert.Contains("place 0 is not the one", (string)told["dependencies"]!["receipt_log"]!);

        await CreditAsync(http, person);
        using var unsigned = await http.GetAsync($"/receipts/{await ReceiptOfAsync(http)}");
        Assert.Equal("receipt_log_stopped", await ServerBed.CodeAsync(unsigned, HttpStatusCode.ServiceUnavailable));
    }

    private static Task AddAsync(InnerServer server, int count) => server.Get<GeneralLedger>().SubmitAsync(
        ReceiptBed.ActOf([.. Enumerable.Range(0, count).Select(_ => ReceiptBed.Row())]), default);

    private static Task CreditAsync(HttpClient http, JsonObject person) => SendAsync(http, "/corrections", new
    {
        user_id = (string)person["id"]!, amount = new { amount_minor = 500, currency = "INR" }, direction = "credit",
        reason = "A gate was slow",
    });

    private static async Task<string> ReceiptOfAsync(HttpClient http) =>
        (string)JsonNode.Parse(await http.GetStringAsync("/receipts"))!["items"]![0]!["id"]!;

    private static async Task<JsonObject> SendAsync(HttpClient http, string path, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.Add("Idempotency-Key", ReceiptBed.NewId().ToString());
        using var answer = await http.SendAsync(request);
        return await ServerBed.ReadAsync(answer, HttpStatusCode.Created);
    }
}
