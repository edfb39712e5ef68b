using System.Net;
using System.Text.Json.Nodes;
using Xunit;

namespace SightPay.Server.Tests.Books;

/// <summary>A server on which everything happened that moves money, and what it says of its books.</summary>
internal sealed class BusyDay : IAsyncDisposable
{
    private BusyDay(ServerBed bed, HttpClient @operator) => (Bed, Operator) = (bed, @operator);

    public ServerBed Bed { get; }
    public HttpClient Operator { get; }
    public TestRider Asha { get; private set; } = null!;

    /// <summary>A payment that was captured and not given back.</summary>
    public Guid Paid { get; private set; }

    public static async Task<BusyDay> StartAsync()
    {
        var bed = await ServerBed.StartAsync();
        var day = new BusyDay(bed, await bed.OperatorAsync());
        await day.SpendAsync();
        return day;
    }

    /// <summary>Asks for a reconciliation and waits for its end; returns its differences as "check: text".</summary>
    public async Task<List<string>> DifferencesAsync()
    {
        var run = await RunAsync();
        Assert.Equal((long)run["differences_found"]!, run["differences"]!.AsArray().Count);
        return [.. run["differences"]!.AsArray().Select(each => $"{each!["check"]}: {each["text"]}")];
    }

    public async Task<JsonObject> RunAsync()
    {
        using var asked = await Operator.WriteAsync("/reconciliations", new { });
        var id = (string)(await ServerBed.ReadAsync(asked, HttpStatusCode.Accepted))["id"]!;
        for (var tries = 0; ; tries++)
        {
            var run = await Operator.GetAsync($"/reconciliations/{id}").OkAsync();
            if ((string)run["state"]! == "done") return run;
            Assert.True(tries < 400, "The reconciliation does not end.");
            await Task.Delay(25);
        }
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Bed.Database.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<string> ScalarAsync(string sql)
    {
        await using var command = Bed.Database.DataSource.CreateCommand($"select ({sql})::text");
        return (string)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Does to a table what its triggers forbid, as an administrator of the database could.</summary>
    public Task TamperAsync(string table, string sql) => ExecuteAsync(
        $"alter table {table} disable trigger all; {sql}; alter table {table} enable trigger all");

    public async ValueTask DisposeAsync()
    {
        Asha.Dispose();
        Operator.Dispose();
        await Bed.DisposeAsync();
    }

    private async Task SpendAsync()
    {
        Asha = await TestRider.SignUpAsync(Bed, "Asha Sen", 200_000);
        using var ravi = await TestRider.SignUpAsync(Bed, "Ravi Das", 30_000);
        Paid = await PayAsync(Asha, 12_300);
        await Operator.WriteAsync($"/transactions/{await PayAsync(Asha, 500)}/refunds", Refund(200)).CreatedAsync();
        await Operator.WriteAsync($"/transactions/{await PayAsync(ravi, 700)}/refunds", Refund(null)).CreatedAsync();
        await LoseAsync(await PayAsync(ravi, 900));
        await CaptureAsync(10_000, 7_500);
        await CaptureAsync(10_000, 11_000);
        await Bed.AskedAsync(Asha.Id, 4_000);
        var cancelled = await Bed.AskedAsync(Asha.Id, 5_000);
        await Asha.Http.WriteAsync($"/transactions/{cancelled["id"]}/cancel").OkAsync();
        await Operator.WriteAsync("/corrections", new
        {
            user_id = ravi.Id, direction = "debit", reason = "Gate stuck",
            amount = new { amount_minor = 300, currency = "INR" },
        }).CreatedAsync();
        await ravi.SeenAtAsync("S1-in");
        await ravi.SeenAtAsync("S2-out");
        await ravi.SeenAtAsync("S3-out");
        await Asha.SeenAtAsync("S1-in");
    }

    private async Task<Guid> PayAsync(TestRider payer, long amountMinor)
    {
        var payment = await Bed.AskedAsync(payer.Id, amountMinor);
        await payer.Http.WriteAsync($"/transactions/{payment["id"]}/confirm").OkAsync();
        return (Guid)payment["id"]!;
    }

    private async Task CaptureAsync(long askedMinor, long takenMinor)
    {
        var payment = await Bed.AskedAsync(Asha.Id, askedMinor, capture: "later");
        await Asha.Http.WriteAsync($"/transactions/{payment["id"]}/confirm").OkAsync();
        var amount = new { amount_minor = takenMinor, currency = "INR" };
        await Bed.TillAsync($"/transactions/{payment["id"]}/capture", new { amount }).OkAsync();
    }

    private async Task LoseAsync(Guid payment)
    {
        await Operator.WriteAsync($"/transactions/{payment}/refunds", Refund(100)).CreatedAsync();
        var payer = Guid.Parse(await ScalarAsync($"select person from payment where id = '{payment}'"));
        Assert.NotEqual(Asha.Id, payer);
        await ExecuteAsync($"update payment set dispute = 'open', version = version + 1 where id = '{payment}'");
        await Operator.WriteAsync($"/disputes/{payment}/resolve", new { outcome = "customer" }).OkAsync();
    }

    private static object Refund(long? amountMinor) => new
    {
        amount = amountMinor is { } minor ? new { amount_minor = minor, currency = "INR" } : null,
        reason = "Wrong item",
    };
}
