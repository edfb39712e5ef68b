using System.Net;
using System.Net.Http.Json;
using SightPay.Ledger;
using SightPay.Server.Faces;
using SightPay.Server.Receipts;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.People;

/// <summary>A person is erased, once nothing of their money is open; the books stay right.</summary>
public sealed class ErasePersonTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private HttpClient _admin = null!;
    private TestRider _asha = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock);
        _admin = await _bed.OperatorAsync();
        _asha = await TestRider.SignUpAsync(_bed, "Asha Roy");
    }

    public async Task DisposeAsync()
    {
        Assert.Empty(await _bed.Get<GeneralLedger>().AuditAsync(default));
        _asha.Dispose();
        _admin.Dispose();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task Nothing_that_says_who_they_were_is_left()
    {
        await _asha.EnrolAsync(TestPhotos.AtHome(0));
        await _asha.ChoosePinAsync("8392");
        await _asha.GivePhoneAsync("+91 98300 12345");
        using (await _asha.Http.PutAsJsonAsync($"/users/{_asha.Id}/limits", new { day_minor = 500 })) { }
        Assert.Equal(1, _bed.Get<FaceRecogniser>().Enrolled);
        var email = await ScalarAsync<string>("select email from person where id = $1");

        Assert.Equal("", await EraseAsync(_asha.Http, HttpStatusCode.NoContent));

        var row = await ScalarAsync<string>("select row_to_json(p)::text from person p where id = $1");
        foreach (var word in new[] { "Asha", email.Split('@')[0], "98300", "customer" })
            Assert.DoesNotContain(word, row, StringComparison.OrdinalIgnoreCase);
        foreach (var table in new[] { "person_pin", "person_key", "session" })
            Assert.Equal(0, await ScalarAsync<long>($"select count(*) from {table} where person_id = $1"));
        foreach (var table in new[] { "face", "own_limit", "sighting", "transit_rider" })
            Assert.Equal(0, await ScalarAsync<long>($"select count(*) from {table} where person = $1"));
        Assert.Equal(0, _bed.Get<FaceRecogniser>().Enrolled);
        Assert.Equal(1, await ScalarAsync<long>(
            "select count(*) from audit_entry where what = 'person_erased' and subject = 'person:' || $1::uuid"));
        var seen = await _bed.SeeAsync("S1-in", TestPhotos.AtTheGate(0));
        Assert.Equal("unknown_person", (string)seen["reason"]!);

        // Their session is over, nobody finds them, and the address is free again.
        using var mine = await _asha.Http.GetAsync("/wallet");
        Assert.Equal(HttpStatusCode.Unauthorized, mine.StatusCode);
        using var signIn = await _bed.Http.PostAsJsonAsync("/auth/token", new { email, password = TestRider.Password });
        Assert.Equal("bad_credentials", await ServerBed.CodeAsync(signIn, HttpStatusCode.Unauthorized));
        using var shown = await _admin.GetAsync($"/users/{_asha.Id}");
        Assert.Equal("user_not_found", await ServerBed.CodeAsync(shown, HttpStatusCode.NotFound));
        Assert.DoesNotContain(_asha.Id.ToString(), await _admin.GetStringAsync("/users"));
        using var again = await _bed.Http.PostAsJsonAsync(
            "/users", new { name = "Asha Roy", email, password = TestRider.Password });
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
    }

    [Fact]
    public async Task An_erased_person_is_charged_nothing_and_given_nothing()
    {
        await EraseAsync(_admin, HttpStatusCode.NoContent);
        Assert.Equal("user_not_found", await _bed.AskAsync(_asha.Id, 100).ProblemAsync(HttpStatusCode.NotFound));
        Assert.NotEqual(HttpStatusCode.Created, (await CreditAsync(100)).StatusCode);
        Assert.True((await _bed.Get<GeneralLedger>().AccountAsync($"wallet:{_asha.Id}", default))!.Closed);
        // Said twice, it is done.
        await EraseAsync(_admin, HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Money_comes_first()
    {
        await _asha.TopUpAsync(2000);
        Assert.Equal("balance_left", await EraseAsync(_asha.Http, HttpStatusCode.Conflict));
        await _asha.SeenAtAsync("S1-in");
        Assert.Equal("holds_open", await EraseAsync(_asha.Http, HttpStatusCode.Conflict));
        _clock.Advance(TimeSpan.FromMinutes(12));
        await _asha.SeenAtAsync("S8-out");
        Assert.Equal((0, 0), await _asha.WalletAsync());
        // An exit without an entry and without money is owed.
        _clock.Advance(TimeSpan.FromMinutes(12));
        await _asha.SeenAtAsync("S8-out");
        Assert.Equal("debt_open", await EraseAsync(_asha.Http, HttpStatusCode.Conflict));
        Assert.Equal("Asha Roy", await ScalarAsync<string>("select name from person where id = $1"));
    }

    [Fact]
    public async Task So_does_what_is_not_decided_yet()
    {
        await _asha.TopUpAsync(60_000);
        var paid = await _bed.AskedAsync(_asha.Id, 60_000);
        await _asha.Http.WriteAsync($"/transactions/{paid["id"]}/confirm").OkAsync();
        await _admin.WriteAsync($"/transactions/{paid["id"]}/refunds", new { reason = "Broken" }).CreatedAsync();
        Assert.Equal("approval_open", await EraseAsync(_asha.Http, HttpStatusCode.Conflict));
        await ExecuteAsync("update adjustment set state = 'rejected', decided_by = 'x', decided_at = now()");
        await _asha.Http.WriteAsync(
            $"/transactions/{paid["id"]}/dispute", new { reason = "Asha was at home" }).OkAsync();
        Assert.Equal("dispute_open", await EraseAsync(_asha.Http, HttpStatusCode.Conflict));
        await _admin.WriteAsync($"/disputes/{paid["id"]}/resolve", new { outcome = "merchant" }).OkAsync();

        foreach (var (kind, code) in new[]
        {
            ("retail", "payment_open"), ("top_up", "top_up_open"),
        })
        {
            await ExecuteAsync($"update payment set state = 'awaiting' where kind = '{kind}'");
            Assert.Equal(code, await EraseAsync(_asha.Http, HttpStatusCode.Conflict));
            await ExecuteAsync($"update payment set state = 'captured' where kind = '{kind}'");
        }
        await ExecuteAsync("update payment set dispute = 'open' where kind = 'top_up'");
        Assert.Equal("dispute_open", await EraseAsync(_asha.Http, HttpStatusCode.Conflict));
        await ExecuteAsync("update payment set dispute = null where kind = 'top_up'");
        await ExecuteAsync(
            """
            insert into top_up_refund
                (id, top_up, person, provider, amount_minor, currency, state, reason, poll_at, created_at)
            select gen_random_uuid(), id, person, payee, 1, 'INR', 'provider_pending', 'Asha moves home', now(), now()
            from payment where kind = 'top_up'
            """);
        Assert.Equal("top_up_refund_open", await EraseAsync(_asha.Http, HttpStatusCode.Conflict));
        await ExecuteAsync("update top_up_refund set state = 'done'");
        await EraseAsync(_asha.Http, HttpStatusCode.NoContent);
        Assert.DoesNotContain("home", await ScalarAsync<string>(
            "select coalesce(string_agg(row_to_json(p)::text, ''), '') from payment p where person = $1"));
        Assert.DoesNotContain("home", await ScalarAsync<string>(
            "select coalesce(string_agg(row_to_json(r)::text, ''), '') from top_up_refund r where person = $1"));
    }

    [Fact]
    public async Task Their_receipts_stay_provable_and_lead_to_nobody()
    {
        await _asha.TopUpAsync(500);
        var paid = await _bed.AskedAsync(_asha.Id, 500);
        await _asha.Http.WriteAsync($"/transactions/{paid["id"]}/confirm").OkAsync();
        var receipts = await ScalarAsync<long>("select count(*) from receipt where payer = $1");
        Assert.NotEqual(0, receipts);
        await EraseAsync(_asha.Http, HttpStatusCode.NoContent);
        Assert.Equal(0, await ScalarAsync<long>("select count(*) from receipt where payer = $1"));
        Assert.Equal(receipts, await ScalarAsync<long>("select count(*) from receipt where $1::uuid is not null"));
        Assert.Empty(await _bed.Get<ReceiptAudit>().LogDifferencesAsync(default));
    }

    [Fact]
    public async Task A_journey_without_its_hold_is_an_obstacle_too()
    {
        await ExecuteAsync(
            $"""
             insert into transit_rider (person, version, journey, stop, entered_at, hold, hold_minor, recent)
             values ('{_asha.Id}', 1, '{_asha.Id}', 'S1', now(), '{_asha.Id}', 1, '[]')
             """);
        Assert.Equal("journey_open", await EraseAsync(_asha.Http, HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task Only_the_person_and_admins_erase_and_the_last_admin_stays()
    {
        using var other = await TestRider.SignUpAsync(_bed, "Ravi Das");
        Assert.Equal("forbidden", await EraseAsync(other.Http, HttpStatusCode.Forbidden));
        await ExecuteAsync($"update person set roles = array['manager'] where id = '{other.Id}'");
        Assert.Equal("forbidden", await EraseAsync(other.Http, HttpStatusCode.Forbidden));
        var admin = await ScalarAsync<Guid>("select id from person where 'admin' = any(roles) and id <> $1");
        using var last = await _admin.DeleteAsync($"/users/{admin}");
        Assert.Equal("last_admin", await ServerBed.CodeAsync(last, HttpStatusCode.Conflict));
        using var nobody = await _admin.DeleteAsync($"/users/{Guid.Empty}");
        Assert.Equal("user_not_found", await ServerBed.CodeAsync(nobody, HttpStatusCode.NotFound));
    }

    [Fact]
    public async Task Money_that_comes_while_a_person_is_erased_is_either_first_or_refused()
    {
        for (var round = 0; round < 8; round++)
        {
            using var person = await TestRider.SignUpAsync(_bed, "Passing By");
            var crediting = CreditAsync(100, person.Id);
            var erasing = _admin.DeleteAsync($"/users/{person.Id}");
            var credited = (await crediting).StatusCode == HttpStatusCode.Created;
            var erased = (await erasing).StatusCode == HttpStatusCode.NoContent;
            Assert.NotEqual(credited, erased);
            var wallet = (await _bed.Get<GeneralLedger>().AccountAsync($"wallet:{person.Id}", default))!;
            Assert.Equal((erased, credited ? 100 : 0), (wallet.Closed, wallet.BalanceMinor));
        }
    }

    private async Task<string> EraseAsync(HttpClient by, HttpStatusCode expected)
    {
        using var answer = await by.DeleteAsync($"/users/{_asha.Id}");
        return (string?)(await ServerBed.ReadAsync(answer, expected))["code"] ?? "";
    }

    private Task<HttpResponseMessage> CreditAsync(long amountMinor, Guid? person = null) =>
        _admin.WriteAsync("/corrections", new
        {
            user_id = person ?? _asha.Id, direction = "credit", reason = "Gift",
            amount = new { amount_minor = amountMinor, currency = "INR" },
        });

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _bed.Database.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = _bed.Database.DataSource.CreateCommand(sql);
        command.Parameters.Add(new() { Value = _asha.Id });
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
