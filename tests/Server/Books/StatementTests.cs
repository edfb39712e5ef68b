using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using FsCheck.Fluent;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Books;

/// <summary>Statements add up, follow each other, and are safe to be opened in a spreadsheet.</summary>
public sealed class StatementTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new(new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero));
    private ServerBed _bed = null!;
    private TestRider _asha = null!;
    private HttpClient _operator = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock);
        _operator = await _bed.OperatorAsync();
        _asha = await TestRider.SignUpAsync(_bed, "Asha Sen", 100_000);
    }

    public async Task DisposeAsync()
    {
        _operator.Dispose();
        _asha.Dispose();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task A_wallets_statement_opens_closes_and_shows_the_balance_after_each_line()
    {
        _clock.Advance(TimeSpan.FromDays(1));
        await PayAsync(2_500);
        var statement = await _asha.Http.GetAsync("/wallet/statement?from=2026-03-03").OkAsync();
        Assert.Equal((100_000L, 97_500L, "INR"), (
            (long)statement["opening_minor"]!, (long)statement["closing_minor"]!, (string)statement["currency"]!));
        var lines = statement["lines"]!.AsArray();
        Assert.Equal(["purchase_hold", "purchase"], lines.Select(line => (string)line!["kind"]!));
        Assert.Equal([100_000L, 97_500L], lines.Select(line => (long)line!["balance_minor"]!));
        var before = await _asha.Http.GetAsync("/wallet/statement?from=2026-03-01&to=2026-03-03").OkAsync();
        Assert.Equal((0L, 100_000L), ((long)before["opening_minor"]!, (long)before["closing_minor"]!));
    }

    [Fact]
    public async Task The_same_as_csv_by_parameter_or_header_in_units_and_in_minor_units()
    {
        _clock.Advance(TimeSpan.FromDays(1));
        await PayAsync(2_505);
        var text = await _asha.Http.GetStringAsync("/wallet/statement?from=2026-03-03&format=csv");
        var lines = text.Split("\r\n");
        Assert.Equal(
            "at,id,kind,text,amount,amount_minor,change,change_minor,balance,balance_minor,currency", lines[0]);
        Assert.Equal("2026-03-03T00:00:00.000000Z,,opening,Opening balance,,,,,1000.00,100000,INR", lines[1]);
        Assert.Matches(
            "^2026-03-03T08:00:00.000000Z,[0-9a-f-]{36},purchase,Purchase,25.05,2505,-25.05,-2505,974.95,97495,INR$",
            lines[3]);
        Assert.EndsWith(",,closing,Closing balance,,,,,974.95,97495,INR", lines[4]);
        Assert.Equal("", lines[5]);
        using var asked = new HttpRequestMessage(HttpMethod.Get, "/wallet/statement?from=2026-03-03")
        {
            Headers = { Accept = { new MediaTypeWithQualityHeaderValue("text/csv") } },
        };
        using var answer = await _asha.Http.SendAsync(asked);
        Assert.Equal(text, await answer.Content.ReadAsStringAsync());
        Assert.Equal("text/csv", answer.Content.Headers.ContentType!.MediaType);
        Assert.EndsWith(".csv", answer.Content.Headers.ContentDisposition!.FileName!.Trim('"'));
    }

    [Fact]
    public async Task Only_the_person_and_staff_read_a_statement_and_senseless_periods_are_refused()
    {
        using var other = await TestRider.SignUpAsync(_bed, "Ravi Das");
        var path = $"/wallet/statement?user_id={_asha.Id}";
        using (var foreign = await other.Http.GetAsync(path)) Assert.False(foreign.IsSuccessStatusCode);
        await _operator.GetAsync(path).OkAsync();
        using (var stranger = await _bed.Http.GetAsync("/wallet/statement"))
            Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);
        foreach (var query in (string[])["from=2026-03-03&to=2026-03-02", "from=yesterday", "to=9999-12-31"])
            Assert.Equal("period_invalid", await _asha.Http.GetAsync($"/wallet/statement?{query}")
                .ProblemAsync(HttpStatusCode.UnprocessableEntity));
        Assert.Equal("format_unknown", await _asha.Http.GetAsync("/wallet/statement?format=xls")
            .ProblemAsync(HttpStatusCode.UnprocessableEntity));
        await _asha.Http.GetAsync("/merchants").ProblemAsync(HttpStatusCode.Forbidden);
        var merchants = (await _operator.GetAsync("/merchants").OkAsync())["items"]!.AsArray();
        Assert.Equal(["Canteen"], merchants.Select(merchant => (string)merchant!["name"]!));
        await _asha.Http.GetAsync("/merchants/canteen/statement").ProblemAsync(HttpStatusCode.Forbidden);
        Assert.Equal("merchant_not_found", await _operator.GetAsync("/merchants/nobody/statement")
            .ProblemAsync(HttpStatusCode.NotFound));
    }

    [Fact]
    public async Task A_merchants_statement_has_gross_refunds_chargebacks_and_net_of_each_day()
    {
        var payment = await PayAsync(3_000);
        _clock.Advance(TimeSpan.FromDays(1));
        await _operator.WriteAsync($"/transactions/{payment}/refunds", new
        {
            amount = new { amount_minor = 400, currency = "INR" }, reason = "Wrong item",
        }).CreatedAsync();
        await PayAsync(1_000);
        await _asha.Http.WriteAsync($"/transactions/{payment}/dispute", new { reason = "Not me" }).OkAsync();
        await _operator.WriteAsync($"/disputes/{payment}/resolve", new { outcome = "customer" }).OkAsync();
        var statement = await _operator.GetAsync("/merchants/canteen/statement?from=2026-03-01").OkAsync();
        Assert.Equal((0L, 1_000L), ((long)statement["opening_minor"]!, (long)statement["closing_minor"]!));
        Assert.Equal(
            [("2026-03-02", 3_000L, 0L, 0L, 3_000L), ("2026-03-03", 1_000L, 400L, 2_600L, -2_000L)],
            statement["days"]!.AsArray().Select(day => (
                (string)day!["date"]!, (long)day["gross_minor"]!, (long)day["refunds_minor"]!,
                (long)day["chargebacks_minor"]!, (long)day["net_minor"]!)));
        var csv = await _operator.GetStringAsync("/merchants/canteen/statement?from=2026-03-01&format=csv");
        Assert.Contains(
            "2026-03-03,canteen,10.00,1000,4.00,400,26.00,2600,0.00,0,-20.00,-2000,10.00,1000,INR\r\n", csv);
    }

    /// <summary>
    /// Whatever moves and whenever it does: at any cut of time a statement's closing balance is the next one's opening
    /// one, and both are what the wallet held then (I15).
    /// </summary>
    [Fact]
    public async Task Statements_follow_each_other_at_every_cut_and_tell_what_was_then()
    {
        var steps =
            from amount in Gen.Choose(1, 900)
            // 36 steps stay within the 30 days of the bed's tokens.
            from minutes in Gen.Choose(1, 1_000)
            from kind in Gen.Choose(0, 3)
            select (Amount: (long)amount, Minutes: minutes, Kind: kind);
        foreach (var script in steps.ListOf(12).Sample(3, 3)) await RunAsync([.. script]);
    }

    private async Task RunAsync(IReadOnlyList<(long Amount, int Minutes, int Kind)> script)
    {
        var ledger = _bed.Get<GeneralLedger>();
        var key = $"wallet:{_asha.Id}";
        var told = new List<(DateTimeOffset At, long Balance)>();
        foreach (var (amount, minutes, kind) in script)
        {
            _clock.Advance(TimeSpan.FromMinutes(minutes));
            if (kind == 0) await CorrectAsync(amount, "credit");
            else if (kind == 1) await CorrectAsync(amount, "debit");
            else if (kind == 2) await PayAsync(amount);
            else await _bed.AskedAsync(_asha.Id, amount);
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            told.Add((_clock.GetUtcNow(), (await ledger.AccountAsync(key, default))!.BalanceMinor));
            _clock.Advance(TimeSpan.FromMilliseconds(1));
        }
        var opening = (long)(await StatementAsync(null, told[0].At))["closing_minor"]!;
        for (var i = 1; i < told.Count; i++)
        {
            var statement = await StatementAsync(told[i - 1].At, told[i].At);
            Assert.Equal(opening, (long)statement["opening_minor"]!);
            Assert.Equal(told[i - 1].Balance, opening);
            var lines = statement["lines"]!.AsArray();
            opening += lines.Sum(line => (long)line!["change_minor"]!);
            Assert.Equal(opening, (long)statement["closing_minor"]!);
            Assert.Equal(told[i].Balance, await ledger.BalanceAtAsync(key, told[i].At, default));
        }
    }

    private Task<JsonObject> StatementAsync(DateTimeOffset? from, DateTimeOffset to) => _asha.Http.GetAsync(
        $"/wallet/statement?from={Text(from ?? DateTimeOffset.UnixEpoch.AddYears(1))}&to={Text(to)}").OkAsync();

    private static string Text(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private Task CorrectAsync(long amountMinor, string direction) => _operator.WriteAsync("/corrections", new
    {
        user_id = _asha.Id, direction, reason = "By script",
        amount = new { amount_minor = amountMinor, currency = "INR" },
    }).CreatedAsync();

    private async Task<string> PayAsync(long amountMinor)
    {
        var payment = await _bed.AskedAsync(_asha.Id, amountMinor);
        await _asha.Http.WriteAsync($"/transactions/{payment["id"]}/confirm").OkAsync();
        return (string)payment["id"]!;
    }
}

/// <summary>Cells that a spreadsheet must not compute.</summary>
public sealed class CsvLineTests
{
    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+911", "'+911")]
    [InlineData("-2", "'-2")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"no\"", "\"say \"\"no\"\"\"")]
    [InlineData("=a,\"b\"", "\"'=a,\"\"b\"\"\"")]
    [InlineData("two\nlines", "\"two\nlines\"")]
    [InlineData("plain", "plain")]
    public void Words_are_quoted_and_never_a_formula(string text, string cell) =>
        Assert.Equal($"{cell},,1\r\n", new CsvLine().Text(text).Text(null).Number(1).ToString());

    [Theory]
    [InlineData(-123_450, "INR", "-1234.50,-123450")]
    [InlineData(1234, "JPY", "1234,1234")]
    [InlineData(1234, "KWD", "1.234,1234")]
    [InlineData(long.MaxValue, "INR", "92233720368547758.07,9223372036854775807")]
    public void Amounts_have_the_digits_of_their_currency_and_stay_numbers(long minor, string currency, string cells) =>
        Assert.Equal(cells + "\r\n", new CsvLine().Money(minor, currency).ToString());
}
