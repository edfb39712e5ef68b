using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Fuel;

/// <summary>
/// Charging: what is set aside keeps ahead of the meter, in steps of 10 kWh, within the yes that was said and what the
/// wallet has. In the demo a kilowatt hour costs 18.50, so a step is 185.00.
/// </summary>
public sealed class ChargingTests : IAsyncLifetime
{
    private const int Cable = 3;
    private const long Step = 185_00;

    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private TestPump _charger = null!;
    private long _seq;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock, seeing: false);
        _charger = new TestPump(_bed, "F1-P2");
    }

    public async Task DisposeAsync()
    {
        await _bed.AssertBooksAgreeAsync();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task What_is_set_aside_keeps_ahead_of_the_meter_and_what_flowed_is_paid_once()
    {
        using var asha = await DriverAsync();
        var id = await BeginAsync(asha);
        var session = await asha.SessionAsync(id);
        Assert.Equal(Step, (long)session["hold_minor"]!);
        Assert.Equal((500_000, Step), await asha.WalletAsync());
        // Half a step is left: that is enough.
        Assert.Equal((Step, 10_000, false), await PourAsync(5_000));
        Assert.Equal((2 * Step, 20_000, false), await PourAsync(5_001));
        Assert.Equal((500_000, 2 * Step), await asha.WalletAsync());
        Assert.Equal((3 * Step, 30_000, false), await PourAsync(16_000));
        Assert.Equal(3 * Step, (long)(await asha.SessionAsync(id))["hold_minor"]!);

        await _charger.HangUpAsync(_seq, 22_500, 41_625, Cable);
        Assert.Equal("paid", await asha.StateAsync(id));
        Assert.Equal((500_000 - 41_625, 0), await asha.WalletAsync());
        Assert.Equal(41_625, await asha.TakenAsync());
        Assert.Equal(41_625, (long)Assert.Single(await asha.ReceiptsAsync())["amount"]!["amount_minor"]!);
        // The day counts what was taken, not what was set aside for it.
        Assert.Equal(41_625, await _bed.NumberAsync(
            $"select sum(spent_minor) from spending where person = '{asha.Person.Id}'"));
    }

    [Fact]
    public async Task Told_twice_late_or_all_at_once_it_is_raised_once()
    {
        using var asha = await DriverAsync();
        var id = await BeginAsync(asha);
        var told = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => PourAsync(6_000)));
        Assert.All(told, each => Assert.InRange(each.MaxMinor!.Value, Step, 2 * Step));
        Assert.Equal((2 * Step, 20_000, false), await PourAsync(6_000));
        // A message that was overtaken takes nothing back.
        Assert.Equal((2 * Step, 20_000, false), await PourAsync(100));
        Assert.Equal((500_000, 2 * Step), await asha.WalletAsync());
        Assert.Equal(2, await HoldsAsync(id));
        // What flowed meanwhile is told at once: a step at a time, until the limit is ahead of it again.
        Assert.Equal(3 * Step, (await PourAsync(19_000)).MaxMinor);
        Assert.Equal(3 * Step, (await PourAsync(19_000)).MaxMinor);
        await _charger.HangUpAsync(_seq, 19_000, 35_150, Cable);
    }

    [Fact]
    public async Task A_meter_that_lies_empties_no_wallet_at_once_and_no_more_than_was_agreed_to()
    {
        using var asha = await DriverAsync(walletMinor: 1_000_000);
        await BeginAsync(asha, chosenMinor: 40_000);
        Assert.Equal((2 * Step, 20_000, true), await PourAsync(900_000));
        Assert.Equal(40_000, (await PourAsync(900_000)).MaxMinor);
        Assert.Equal(40_000, (await PourAsync(900_000)).MaxMinor);
        // No meter counts so far: it is not listened to.
        Assert.Equal(40_000, (await PourAsync(2_000_000_000_000)).MaxMinor);
        Assert.Equal((1_000_000, 40_000), await asha.WalletAsync());
    }

    /// <summary>What flows beyond the last limit follows the rule of every pump: 5 % are taken, the rest is owed.
    /// </summary>
    [Fact]
    public async Task At_the_amount_that_was_chosen_the_charger_stops_and_what_flows_beyond_it_is_taken_or_owed()
    {
        using var asha = await DriverAsync();
        var id = await BeginAsync(asha, chosenMinor: 30_000);
        Assert.Equal((30_000, 16_216, false), await PourAsync(9_000));
        Assert.Equal((30_000, 16_216, true), await PourAsync(16_216));
        // 34_225 flowed; 1_500 over come out of the wallet, 2_725 are owed.
        await _charger.HangUpAsync(_seq, 18_500, 34_225, Cable);
        Assert.Equal("paid", await asha.StateAsync(id));
        Assert.Equal((500_000 - 31_500, 0), await asha.WalletAsync());
        Assert.Equal(34_225, await asha.TakenAsync());
    }

    [Fact]
    public async Task A_wallet_that_has_no_more_stops_the_charger_and_a_top_up_lets_it_go_on()
    {
        using var asha = await DriverAsync(walletMinor: 25_000);
        var id = await BeginAsync(asha);
        Assert.Equal((25_000, 13_513, false), await PourAsync(6_000));
        Assert.Equal((25_000, 13_513, true), await PourAsync(13_513));
        Assert.Equal((25_000, 25_000), await asha.WalletAsync());
        await asha.Person.TopUpAsync(10_000);
        Assert.Equal((35_000, 18_919, false), await PourAsync(13_513));
        await _charger.HangUpAsync(_seq, 18_000, 33_300, Cable);
        Assert.Equal("paid", await asha.StateAsync(id));
        Assert.Equal((1_700, 0), await asha.WalletAsync());
    }

    [Fact]
    public async Task A_restart_in_the_middle_neither_forgets_what_is_set_aside_nor_sets_it_aside_twice()
    {
        Guid owner, id;
        using (var asha = await DriverAsync())
        {
            (id, owner) = (await BeginAsync(asha), asha.Person.Id);
            await PourAsync(6_000);
        }
        await _bed.RestartAsync(_clock);
        _charger = new TestPump(_bed, "F1-P2");
        Assert.Equal((2 * Step, 20_000, false), await PourAsync(6_000));
        Assert.Equal((3 * Step, 30_000, false), await PourAsync(17_000));
        Assert.Equal(3, await HoldsAsync(id));
        await _charger.HangUpAsync(_seq, 18_000, 33_300, Cable);
        Assert.Equal(1, await _bed.NumberAsync(
            $"select count(*) from payment where person = '{owner}' and captured_minor = 33300"));
    }

    /// <summary>A slow charger takes longer than any hold lives.</summary>
    [Fact]
    public async Task A_night_at_a_slow_charger_is_covered_until_its_end()
    {
        using var asha = await DriverAsync();
        var id = await BeginAsync(asha, chosenMinor: 20_000);
        for (var minutes = 0; minutes < 8 * 60; minutes += 5)
        {
            _clock.Advance(TimeSpan.FromMinutes(5));
            await PourAsync(minutes * 20);
        }
        Assert.Equal("authorised", await PaymentStateAsync(id));
        await _charger.HangUpAsync(_seq, 9_800, 18_130, Cable);
        Assert.Equal(0, await _bed.NumberAsync(
            $"select count(*) from payment where person = '{asha.Person.Id}' and exception = 'late'"));
        Assert.Equal(18_130, await asha.TakenAsync());
    }

    [Fact]
    public async Task What_a_plate_pays_by_itself_is_raised_to_its_owners_limit_and_no_further()
    {
        using var asha = await DriverAsync(autoPayMaxMinor: 40_000);
        var seen = await _charger.SeeAsync(asha.Vehicle);
        Assert.Equal("held", (string)seen["session"]!["state"]!);
        Assert.Equal(Step, (await LiftAsync()).MaxMinor);
        Assert.Equal(2 * Step, (await PourAsync(6_000)).MaxMinor);
        // The owner allows less meanwhile: what is set aside stays, and no more is.
        await _bed.ExecuteAsync($"update vehicle set auto_pay_max_minor = 0 where id = '{asha.Vehicle}'");
        Assert.Equal(2 * Step, (await PourAsync(16_000)).MaxMinor);
        await _bed.ExecuteAsync($"update vehicle set auto_pay_max_minor = 40000 where id = '{asha.Vehicle}'");
        Assert.Equal(40_000, (await PourAsync(16_000)).MaxMinor);
        Assert.Equal((40_000, 21_621, true), await PourAsync(21_621));
        await _charger.HangUpAsync(_seq, 21_621, 39_999, Cable);
        Assert.Equal((500_000 - 39_999, 0), await asha.WalletAsync());
    }

    [Fact]
    public async Task A_driver_charges_within_the_owners_limits_as_they_are_now()
    {
        using var asha = await DriverAsync();
        using var ravi = await TestRider.SignUpAsync(_bed, "Ravi Roy");
        await _bed.ExecuteAsync(
            $"""
             insert into vehicle_driver (vehicle, person, max_minor, day_max_minor, invited_at, accepted_at)
             values ('{asha.Vehicle}', '{ravi.Id}', 50000, 60000, now(), now())
             """);
        var seen = await _charger.SeeAsync(asha.Vehicle);
        var id = (Guid)seen["session"]!["id"]!;
        await ravi.Http.WriteAsync($"/fuel-sessions/{id}/confirm", new { }).OkAsync();
        await LiftAsync();
        Assert.Equal(2 * Step, (await PourAsync(6_000)).MaxMinor);
        await _bed.ExecuteAsync("update vehicle_driver set max_minor = 30000, day_max_minor = 30000");
        Assert.Equal(2 * Step, (await PourAsync(16_000)).MaxMinor);
        await _bed.ExecuteAsync("update vehicle_driver set max_minor = 50000, day_max_minor = 60000");
        Assert.Equal(50_000, (await PourAsync(16_000)).MaxMinor);
        await _bed.ExecuteAsync("delete from vehicle_driver");
        Assert.Equal(50_000, (await PourAsync(25_000)).MaxMinor);
        await _charger.HangUpAsync(_seq, 25_000, 46_250, Cable);
        Assert.Equal("paid", await asha.StateAsync(id));
    }

    /// <summary>Another car was seen at the charger: what flows may be its, so that no more is set aside.</summary>
    [Fact]
    public async Task Where_the_car_is_in_doubt_nothing_is_raised()
    {
        using var asha = await DriverAsync();
        using var ravi = await TestDriver.SignUpAsync(_bed, "WB02AB5678");
        var id = (Guid)(await _charger.SeeAsync(asha.Vehicle))["session"]!["id"]!;
        await asha.ConfirmAsync(id);
        _clock.Advance(TimeSpan.FromSeconds(5));
        await _charger.SeeAsync(ravi.Vehicle);
        await LiftAsync();
        Assert.Equal((Step, 10_000, true), await PourAsync(10_000));
        await _charger.HangUpAsync(_seq, 10_000, 18_500, Cable);
        Assert.Equal("delivered", await asha.StateAsync(id));
        Assert.Equal((500_000, Step), await asha.WalletAsync());
    }

    /// <summary>A pump for fuel is told its limit once; its hold is what it is.</summary>
    [Fact]
    public async Task Petrol_is_set_aside_at_once_and_never_raised()
    {
        using var ravi = await TestDriver.SignUpAsync(_bed, "WB02AB5678", fuel: "petrol_or_electric");
        var id = (Guid)(await _charger.SeeAsync(ravi.Vehicle))["session"]!["id"]!;
        await ravi.ConfirmAsync(id);
        Assert.Equal(500_000, (await LiftAsync(TestPump.Petrol)).MaxMinor);
        Assert.Equal(500_000, (await PourAsync(47_000)).MaxMinor);
        Assert.Equal(1, await HoldsAsync(id));
        await _charger.HangUpAsync(_seq, 1_000);
    }

    [Fact]
    public async Task Without_a_yes_the_charger_has_no_limit_of_ours_and_the_bill_comes_at_the_end()
    {
        using var asha = await DriverAsync();
        var id = (Guid)(await _charger.SeeAsync(asha.Vehicle))["session"]!["id"]!;
        Assert.Null((await LiftAsync()).MaxMinor);
        Assert.Equal((null, null, false), await PourAsync(30_000));
        await _charger.HangUpAsync(_seq, 30_000, 55_500, Cable);
        Assert.Equal("delivered", await asha.StateAsync(id));
        await asha.ConfirmAsync(id);
        Assert.Equal((500_000 - 55_500, 0), await asha.WalletAsync());
    }

    private Task<TestDriver> DriverAsync(long walletMinor = 500_000, long autoPayMaxMinor = 0) =>
        TestDriver.SignUpAsync(_bed, "WB02AK1234", walletMinor, autoPayMaxMinor, "electric");

    /// <summary>The car is seen, its owner says yes, the cable is plugged in.</summary>
    private async Task<Guid> BeginAsync(TestDriver driver, long? chosenMinor = null)
    {
        var id = (Guid)(await _charger.SeeAsync(driver.Vehicle))["session"]!["id"]!;
        await driver.SayAsync(id, "confirm", chosenMinor is null
            ? new { }
            : new { amount = new { amount_minor = chosenMinor, currency = "INR" } }).OkAsync();
        Assert.Equal(Step, (await LiftAsync()).MaxMinor);
        return id;
    }

    private async Task<(long? MaxMinor, long? MaxThousandths)> LiftAsync(int nozzle = Cable)
    {
        _seq = _charger.NextSeq();
        var lifted = await _charger.LiftAsync(_seq, nozzle);
        Assert.True((bool)lifted["authorised"]!);
        return ((long?)lifted["max_minor"], (long?)lifted["max_volume_thousandths"]);
    }

    private async Task<(long? MaxMinor, long? MaxThousandths, bool Stop)> PourAsync(long thousandths)
    {
        var told = await _charger.SayAsync(
            new { type = "pouring", seq = _seq, volume_thousandths = thousandths, at = TestPump.Clock }).OkAsync();
        return ((long?)told["max_minor"], (long?)told["max_volume_thousandths"], (bool)told["stop"]!);
    }

    /// <summary>How many holds the ledger has made for a session's payment: each refers to the one before.</summary>
    private Task<long> HoldsAsync(Guid session) => _bed.NumberAsync(
        $"""
         with recursive holds as (
             select t.id, t.ref_id from pump_session s join payment p on p.id = s.payment
             join transfer t on t.id = p.hold where s.id = '{session}'
             union all
             select t.id, t.ref_id from holds h join transfer t on t.id = h.ref_id)
         select count(*) from holds
         """);

    private async Task<string> PaymentStateAsync(Guid session)
    {
        await using var command = _bed.Database.DataSource.CreateCommand(
            $"select p.state from payment p join pump_session s on s.payment = p.id where s.id = '{session}'");
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
