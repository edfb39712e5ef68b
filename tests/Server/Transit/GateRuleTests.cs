using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using SightPay.Ledger;
using SightPay.Server.Payments;
using SightPay.Server.Receipts;
using SightPay.Server.Stations;
using SightPay.Server.Transit;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Transit;

/// <summary>Money and state behind the gates, from the sighting on, with a clock that the test holds.</summary>
public sealed class GateRuleTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;

    public async Task InitializeAsync() => _bed = await ServerBed.StartAsync(_clock, seeing: false);

    public async Task DisposeAsync()
    {
        Assert.Empty(await _bed.Get<GeneralLedger>().AuditAsync(default));
        Assert.Empty(await _bed.Get<ReceiptAudit>().DifferencesAsync(default));
        await _bed.DisposeAsync();
    }

    [Theory]
    [InlineData("S1", "S1", 0)]
    [InlineData("S1", "S2", 500)]
    [InlineData("S3", "S1", 800)]
    [InlineData("S2", "S5", 1100)]
    [InlineData("S8", "S4", 1400)]
    [InlineData("S1", "S6", 1700)]
    [InlineData("S1", "S7", 2000)]
    [InlineData("S8", "S1", 2000)]
    public async Task Journey_costs_its_hops(string from, string to, long fareMinor)
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        var entry = await rider.SeenAtAsync($"{from}-in");
        Expect(entry, "open", "ok", "open", 0, 10_000);
        Assert.Equal("Asha R.", (string)entry["person"]!["display_name"]!);
        Assert.Equal((10_000, 2000), await rider.WalletAsync());
        Assert.Equal(1, await InsideAsync(from));

        _clock.Advance(TimeSpan.FromMinutes(12));
        var exit = await rider.SeenAtAsync($"{to}-out");
        Expect(exit, "open", "ok", "completed", fareMinor, 10_000 - fareMinor);
        Assert.Equal((string)entry["journey"]!["id"]!, (string)exit["journey"]!["id"]!);
        Assert.Equal((10_000 - fareMinor, 0), await rider.WalletAsync());
        Assert.Equal(0, await InsideAsync(from));
        var journey = Assert.Single(await rider.JourneysAsync())!;
        Assert.Equal(fareMinor, (long)journey["fare_minor"]!);
        Assert.Equal(from, (string)journey["entry"]!["stop_id"]!);
        Assert.Equal($"{to}-out", (string)journey["exit"]!["gate_id"]!);
    }

    [Fact]
    public async Task S1_negative_balance_An_entry_that_the_wallet_cannot_pay_is_denied_and_moves_nothing()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Poor Rider", 1999);
        Expect(await rider.SeenAtAsync("S1-in"), "deny", "insufficient_funds", null, 0, 1999);
        Assert.Equal((1999, 0), await rider.WalletAsync());
        Assert.Empty(await rider.JourneysAsync());
    }

    [Fact]
    public async Task S1_double_entry_Twenty_simultaneous_entries_at_two_gates_are_one_journey()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i =>
            rider.SeenAtAsync(i % 2 == 0 ? "S1-in" : "S2-in")));
        var opened = answers.Where(answer => (string)answer["decision"]! == "open")
            .Select(answer => (string)answer["journey"]!["id"]!).Distinct();
        Assert.Single(opened);
        Assert.All(answers.Where(answer => (string)answer["decision"]! == "deny"), answer =>
            Assert.Equal("already_inside", (string)answer["reason"]!));
        Assert.Equal(10, answers.Count(answer => (string)answer["decision"]! == "open"));
        Assert.Single(await rider.JourneysAsync());
        Assert.Equal((10_000, 2000), await rider.WalletAsync());
    }

    [Fact]
    public async Task Entry_again_at_the_same_stop_is_already_inside()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        await rider.SeenAtAsync("S1-in");
        _clock.Advance(TimeSpan.FromMinutes(30));
        Expect(await rider.SeenAtAsync("S1-in"), "deny", "already_inside", null, 0, 10_000);
        Assert.Equal((10_000, 2000), await rider.WalletAsync());
    }

    [Fact]
    public async Task Nobody_is_in_two_places_Another_stop_within_two_minutes_is_already_inside()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        await rider.SeenAtAsync("S1-in");
        _clock.Advance(TimeSpan.FromMinutes(2) - TimeSpan.FromMilliseconds(1));
        Expect(await rider.SeenAtAsync("S2-in"), "deny", "already_inside", null, 0, 10_000);
    }

    [Fact]
    public async Task Entry_at_another_stop_later_closes_the_lost_journey_at_the_highest_fare_in_one_commit()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        await rider.SeenAtAsync("S1-in");
        _clock.Advance(TimeSpan.FromMinutes(2));
        Expect(await rider.SeenAtAsync("S2-in"), "open", "incomplete_journey", "open", 0, 8000);
        Assert.Equal((8000, 2000), await rider.WalletAsync());
        Assert.Equal((0, 1), (await InsideAsync("S1"), await InsideAsync("S2")));
        var journeys = await rider.JourneysAsync();
        Assert.Equal(["open", "incomplete"], journeys.Select(journey => (string)journey!["state"]!));
        Assert.Equal(2000, (long)journeys[1]!["fare_minor"]!);
    }

    [Fact]
    public async Task A_lost_journey_stays_open_when_the_next_entry_is_denied()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 3000);
        await rider.SeenAtAsync("S1-in");
        _clock.Advance(TimeSpan.FromMinutes(5));
        Expect(await rider.SeenAtAsync("S2-in"), "deny", "insufficient_funds", null, 0, 3000);
        Assert.Equal((3000, 2000), await rider.WalletAsync());
        Expect(await rider.SeenAtAsync("S2-out"), "open", "ok", "completed", 500, 2500);
    }

    [Fact]
    public async Task S1_exit_without_entry_opens_and_costs_the_highest_fare()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        Expect(await rider.SeenAtAsync("S3-out"), "open", "incomplete_journey", "incomplete", 2000, 8000);
        Assert.Equal((8000, 0), await rider.WalletAsync());
        Assert.Equal(0, await rider.OwedAsync());
    }

    [Fact]
    public async Task Exit_without_entry_and_without_money_opens_and_is_owed()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 1000);
        Expect(await rider.SeenAtAsync("S3-out"), "open", "incomplete_journey", "incomplete", 2000, 1000);
        Assert.Equal((1000, 0), await rider.WalletAsync());
        Assert.Equal(2000, Math.Abs(await rider.OwedAsync()));
    }

    [Fact]
    public async Task Seen_again_within_ten_seconds_is_the_same_answer_and_the_window_slides()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        var first = await rider.SeenAtAsync("S1-in");
        for (var i = 0; i < 4; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(10));
            Same(first, await rider.SeenAtAsync("S1-in"));
        }
        Assert.Equal((10_000, 2000), await rider.WalletAsync());
        _clock.Advance(TimeSpan.FromSeconds(10.001));
        Expect(await rider.SeenAtAsync("S1-in"), "deny", "already_inside", null, 0, 10_000);

        var left = await rider.SeenAtAsync("S2-out");
        _clock.Advance(TimeSpan.FromSeconds(9));
        Same(left, await rider.SeenAtAsync("S2-out"));
        Assert.Equal((9500, 0), await rider.WalletAsync());
    }

    [Fact]
    public async Task A_denial_is_repeated_too()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 1500);
        Expect(await rider.SeenAtAsync("S1-in"), "deny", "insufficient_funds", null, 0, 1500);
        await rider.TopUpAsync(5000);
        Expect(await rider.SeenAtAsync("S1-in"), "deny", "insufficient_funds", null, 0, 6500);
        _clock.Advance(TimeSpan.FromSeconds(11));
        Expect(await rider.SeenAtAsync("S1-in"), "open", "ok", "open", 0, 6500);
    }

    [Fact]
    public async Task Turning_round_at_once_never_opens_without_a_journey()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        var first = await rider.SeenAtAsync("S1-in");
        Expect(await rider.SeenAtAsync("S1-out"), "open", "ok", "completed", 0, 10_000);
        var second = await rider.SeenAtAsync("S1-in");
        Expect(second, "open", "ok", "open", 0, 10_000);
        Assert.NotEqual((string)first["journey"]!["id"]!, (string)second["journey"]!["id"]!);
        Assert.Equal((10_000, 2000), await rider.WalletAsync());
    }

    [Fact]
    public async Task A_journey_that_takes_too_long_is_closed_at_the_highest_fare_and_its_exit_is_not_charged_again()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        var entry = await rider.SeenAtAsync("S1-in");
        _clock.Advance(TimeSpan.FromMinutes(180));
        Assert.Equal(0, await _bed.Get<CloseOverdue>().RunAsync(default));
        _clock.Advance(TimeSpan.FromSeconds(1));
        await _bed.Get<CloseOverdue>().RunAsync(default);
        await EventuallyAsync(async () => (await rider.WalletAsync()) == (8000, 0));
        Assert.Equal(0, await InsideAsync("S1"));
        Assert.Equal("incomplete", (string)(await rider.JourneysAsync())[0]!["state"]!);

        var exit = await rider.SeenAtAsync("S2-out");
        Expect(exit, "open", "incomplete_journey", "incomplete", 2000, 8000);
        Assert.Equal((string)entry["journey"]!["id"]!, (string)exit["journey"]!["id"]!);
        Assert.Equal((8000, 0), await rider.WalletAsync());
        Assert.Single(await rider.JourneysAsync());
    }

    [Fact]
    public async Task An_entry_after_too_long_a_journey_closes_it_even_at_the_same_stop()
    {
        var rules = new GateTimes(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(180));
        var now = _clock.GetUtcNow();
        var open = new OpenJourney(
            Guid.CreateVersion7(), "S1", now - TimeSpan.FromMinutes(181), Guid.Empty, 2000, SpentBy.Face);
        var rider = new Rider(Guid.CreateVersion7(), 3, open, null, []);
        var gate = new Gate("S1-in", "S1", "EW", GateDirection.In, false);
        Assert.Equal(open, Assert.IsType<Passage.Enter>(GateRules.Of(gate, rider, now, rules)).Lost);
        var exit = gate with { Direction = GateDirection.Out };
        Assert.IsType<Passage.LeaveLate>(GateRules.Of(exit, rider, now, rules));
        await Task.CompletedTask;
    }

    [Fact]
    public async Task An_exit_after_the_hold_expired_still_opens_and_is_paid()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        await rider.SeenAtAsync("S1-in");
        await ExecuteAsync("update transit_rider set entered_at = entered_at + interval '26 hours'");
        _clock.Advance(TimeSpan.FromHours(25));
        Expect(await rider.SeenAtAsync("S2-out"), "open", "ok", "completed", 500, 9500);
        Assert.Equal((9500, 0), await rider.WalletAsync());
    }

    [Fact]
    public async Task The_day_cap_of_a_face_without_liveness_asks_and_names_nobody()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 50_000);
        for (var i = 0; i < 10; i++)
        {
            Expect(await rider.SeenAtAsync("S1-in"), "open", "ok", "open", 0, 50_000 - 2000 * i);
            _clock.Advance(TimeSpan.FromMinutes(20));
            await rider.SeenAtAsync("S8-out");
            _clock.Advance(TimeSpan.FromMinutes(20));
        }
        var asked = await rider.SeenAtAsync("S1-in");
        Expect(asked, "ask", "step_up_required", null, 0, 0);
        Assert.Null(asked["person"]);
        Assert.Equal((30_000, 0), await rider.WalletAsync());
        // An exit is never asked, whatever the day has cost.
        Expect(await rider.SeenAtAsync("S1-out"), "open", "incomplete_journey", "incomplete", 2000, 28_000);

        _clock.Advance(TimeSpan.FromHours(24));
        Expect(await rider.SeenAtAsync("S1-in"), "open", "ok", "open", 0, 28_000);
    }

    [Fact]
    public async Task An_exit_corrects_the_day_cap_of_the_day_of_its_entry()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 50_000);
        _clock.Advance(TimeSpan.FromHours(15) + TimeSpan.FromMinutes(50));
        await rider.SeenAtAsync("S1-in");
        _clock.Advance(TimeSpan.FromMinutes(20));
        await rider.SeenAtAsync("S2-out");
        Assert.Equal([500L], await ColumnAsync("select spent_minor from spending order by day"));
    }

    [Theory]
    [InlineData(SightingFinding.NoFace, "deny", "no_face")]
    [InlineData(SightingFinding.SeveralFaces, "deny", "several_faces")]
    [InlineData(SightingFinding.FaceUnclear, "deny", "face_unclear")]
    [InlineData(SightingFinding.UnknownPerson, "deny", "unknown_person")]
    [InlineData(SightingFinding.Ambiguous, "ask", "ambiguous")]
    public async Task What_nobody_can_be_named_for_says_why(SightingFinding finding, string decision, string reason)
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        foreach (var gate in new[] { "S1-in", "S1-out" })
        {
            var answer = await rider.SeenAtAsync(gate, null, null, finding);
            Expect(answer, decision, reason, null, 0, 0);
            Assert.Null(answer["person"]);
        }
        Assert.Equal((10_000, 0), await rider.WalletAsync());
    }

    [Fact]
    public async Task A_closed_gate_denies_everybody_until_it_is_opened()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        using var operators = await _bed.OperatorAsync();
        using (var closed = await operators.PutAsJsonAsync("/gates/S1-in", new { closed = true }))
            Assert.True((bool)(await ServerBed.ReadAsync(closed, HttpStatusCode.OK))["closed"]!);
        Expect(await rider.SeenAtAsync("S1-in"), "deny", "gate_closed", null, 0, 0);
        using (var opened = await operators.PutAsJsonAsync("/gates/S1-in", new { closed = false }))
            await ServerBed.ReadAsync(opened, HttpStatusCode.OK);
        Expect(await rider.SeenAtAsync("S1-in"), "open", "ok", "open", 0, 10_000);
        Assert.Equal(
            ["gate_closed", "gate_opened"], await ColumnAsync<string>("select what from audit_entry order by seq"));
    }

    [Fact]
    public async Task The_fare_of_the_day_of_the_entry_is_charged()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        await rider.SeenAtAsync("S1-in");
        _clock.Advance(TimeSpan.FromMinutes(10));
        await ExecuteAsync($"insert into transit_fare values ('EW', 1, '{_clock.GetUtcNow():O}', 900)");
        _clock.Advance(TimeSpan.FromMinutes(10));
        Expect(await rider.SeenAtAsync("S2-out"), "open", "ok", "completed", 500, 9500);
        await rider.SeenAtAsync("S1-in");
        _clock.Advance(TimeSpan.FromMinutes(10));
        Expect(await rider.SeenAtAsync("S2-out"), "open", "ok", "completed", 900, 8600);
    }

    [Fact]
    public async Task Console_counts_and_names_and_the_feed_agree()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        await rider.SeenAtAsync("S1-in");
        _clock.Advance(TimeSpan.FromMinutes(5));
        using var operators = await _bed.OperatorAsync();
        var stop = await StopAsync(operators, "S1");
        Assert.Equal(1, (int)stop["inside"]!);
        Assert.Equal("Asha R.", (string)Assert.Single(stop["entries"]!.AsArray())!["person"]!["display_name"]!);
        await rider.SeenAtAsync("S4-out");
        Assert.Equal(0, (int)(await StopAsync(operators, "S1"))["inside"]!);
        Assert.Equal(1100, (long)Assert.Single((await StopAsync(operators, "S4"))["exits"]!.AsArray())!["fare_minor"]!);
        var told = await ColumnAsync<string>(
            "select payload->>'stop_id' || ' ' || (payload->>'event') || ' ' || (payload->>'inside') "
            + "from outbox where kind = 'stop' order by seq");
        Assert.Equal(["S1 entry 1", "S1 count 0", "S4 exit 0"], told);
    }

    [Fact]
    public async Task Journeys_are_for_their_rider_and_for_operators()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        using var other = await TestRider.SignUpAsync(_bed, "Ravi Das");
        await rider.SeenAtAsync("S1-in");
        using var refused = await other.Http.GetAsync($"/journeys?user_id={rider.Id}");
        Assert.Equal("forbidden", (string)(await ServerBed.ReadAsync(refused, HttpStatusCode.Forbidden))["code"]!);
        Assert.Empty(await other.JourneysAsync());
        using var operators = await _bed.OperatorAsync();
        using var all = await operators.GetAsync("/journeys");
        Assert.Single((await ServerBed.ReadAsync(all, HttpStatusCode.OK))["items"]!.AsArray());
        using var anonymous = await _bed.Http.GetAsync("/journeys");
        Assert.Equal(HttpStatusCode.Unauthorized, anonymous.StatusCode);
    }

    [Fact]
    public async Task The_line_and_its_fares_are_public()
    {
        using var stops = await _bed.Http.GetAsync("/stops");
        var line = await ServerBed.ReadAsync(stops, HttpStatusCode.OK);
        Assert.Equal(8, line["stops"]!.AsArray().Count);
        Assert.Equal("Salt Lake Sector V", (string)line["stops"]![7]!["name"]!);
        Assert.Equal(["in", "out"], line["stops"]![0]!["gates"]!.AsArray().Select(gate => (string)gate!["direction"]!));
        using var fare = await _bed.Http.GetAsync("/fares?from=S1&to=S4");
        Assert.Equal(1100, (long)(await ServerBed.ReadAsync(fare, HttpStatusCode.OK))["fare"]!["amount_minor"]!);
        using var nowhere = await _bed.Http.GetAsync("/fares?from=S1&to=S9");
        Assert.Equal("stop_not_found", (string)(await ServerBed.ReadAsync(nowhere, HttpStatusCode.NotFound))["code"]!);
    }

    private static void Expect(
        JsonObject answer, string decision, string reason, string? journeyState, long fareMinor, long balanceMinor)
    {
        Assert.Equal((decision, reason), ((string)answer["decision"]!, (string)answer["reason"]!));
        Assert.Equal(journeyState, (string?)answer["journey"]?["state"]);
        Assert.Equal((fareMinor, balanceMinor), ((long)answer["fare_minor"]!, (long)answer["balance_minor"]!));
        Assert.Equal("INR", (string)answer["currency"]!);
    }

    private static void Same(JsonObject first, JsonObject again)
    {
        foreach (var member in new[] { "decision", "reason", "person", "journey", "fare_minor", "currency" })
            Assert.Equal(first[member]?.ToJsonString(), again[member]?.ToJsonString());
    }

    private async Task<int> InsideAsync(string stop) => Assert.Single(
        await ColumnAsync<int>($"select inside from transit_stop where id = '{stop}'"));

    private static async Task<JsonNode> StopAsync(HttpClient operators, string stop)
    {
        using var answer = await operators.GetAsync("/console/stops");
        var stops = (await ServerBed.ReadAsync(answer, HttpStatusCode.OK))["stops"]!.AsArray();
        return stops.Single(one => (string)one!["id"]! == stop)!;
    }

    private Task<List<long>> ColumnAsync(string sql) => ColumnAsync<long>(sql);

    private async Task<List<T>> ColumnAsync<T>(string sql)
    {
        await using var command = _bed.Database.DataSource.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<T>();
        while (await reader.ReadAsync()) values.Add(reader.GetFieldValue<T>(0));
        return values;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _bed.Database.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task EventuallyAsync(Func<Task<bool>> holds)
    {
        for (var tries = 0; !await holds(); tries++)
        {
            Assert.True(tries < 100, "It did not come true in time.");
            await Task.Delay(20);
        }
    }
}
