using SightPay.Ledger;
using SightPay.Server.Fuel;
using SightPay.Server.Stations;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Fuel;

/// <summary>The demo's site as the pumps' sessions read it, and what deliveries do to its tanks.</summary>
public sealed class ForecourtTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;

    public async Task InitializeAsync() => _bed = await ServerBed.StartAsync(_clock, seeing: false);

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task The_demo_has_a_site_with_two_pumps_that_are_stations()
    {
        var forecourt = _bed.Get<Forecourt>();
        var site = (await forecourt.FindSiteAsync("F1", default))!;
        Assert.Equal(("in", "INR", "site:F1"), (site.Region, site.Currency, site.AccountKey));
        Assert.True(site.IsOpen(_clock.GetUtcNow()));
        Assert.Equal([1, 2], site.Pumps.Select(pump => pump.Number));
        foreach (var pump in site.Pumps)
        {
            Assert.Equal(pump, await forecourt.FindPumpAsync(pump.Id, default));
            Assert.False(pump.OutOfOrder);
            var station = await _bed.Get<StationDirectory>().FindAsync(pump.Id, default);
            Assert.Equal((StationKind.Pump, "F1"), (station!.Kind, station.Place));
            Assert.NotEmpty(_bed.StationKey(pump.Id));
            foreach (var nozzle in pump.Nozzles)
            {
                var grade = site.FindGrade(nozzle.GradeId)!;
                Assert.Equal(grade.Fuel == FuelKind.Electric, nozzle.TankId is null);
                if (nozzle.TankId is { } tank) Assert.Equal(nozzle.GradeId, site.FindTank(tank)!.GradeId);
            }
        }
        var prices = await forecourt.PricesAtAsync("F1", _clock.GetUtcNow(), default);
        Assert.Equal(new UnitPrice(10_541_000, FuelUnit.Litre), prices["petrol"]);
        Assert.Equal(FuelUnit.KilowattHour, prices["charge"].Unit);
        Assert.Null(await forecourt.FindPumpAsync("F1-P3", default));
        Assert.Null(await forecourt.FindSiteAsync("F2", default));
        Assert.Empty(await forecourt.PricesAtAsync("F2", _clock.GetUtcNow(), default));
        Assert.Equal("0", await ScalarAsync("select credits_posted from account where key = 'site:F1'"));
    }

    /// <summary>Demo sets of older versions had the pumps' stations alone.</summary>
    [Fact]
    public async Task A_demo_set_without_a_site_gets_it_at_the_next_start_and_never_twice()
    {
        await ScalarAsync("truncate fuel_site cascade");
        for (var start = 0; start < 2; start++)
        {
            await _bed.RestartAsync(_clock);
            Assert.Equal(2, (await _bed.Get<Forecourt>().FindSiteAsync("F1", default))!.Pumps.Count);
            Assert.Equal("3", await ScalarAsync("select count(*) from fuel_price"));
        }
    }

    [Fact]
    public async Task Deliveries_of_many_pumps_at_once_draw_their_tank_down_by_all_of_them()
    {
        await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => SubmitAsync(TankRow.Draw("F1", "T1", 12_345))));
        Assert.Equal($"{14_500_000 - 40 * 12_345}|0", await LevelAsync("T1"));
        Assert.Equal("9800000|0", await LevelAsync("T2"));
    }

    /// <summary>The fuel is in the cars: what was drawn beyond the level is told, and never refused.</summary>
    [Fact]
    public async Task A_tank_is_never_below_zero_and_what_is_missing_is_counted_until_somebody_measures()
    {
        await SubmitAsync(TankRow.Draw("F1", "T2", 9_700_000));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => SubmitAsync(TankRow.Draw("F1", "T2", 40_000))));
        Assert.Equal("0|60000", await LevelAsync("T2"));
        await SubmitAsync(Staff(TankChange.Delivery, 5_000_000));
        Assert.Equal("5000000|60000", await LevelAsync("T2"));
        await SubmitAsync(Staff(TankChange.Dip, 4_900_000));
        Assert.Equal("4900000|0", await LevelAsync("T2"));
        Assert.Equal("delivery 0 5000000 60000, dip 5000000 4900000 60000", await ScalarAsync(
            """
            select string_agg(
                concat_ws(' ', kind, before_thousandths, after_thousandths, short_thousandths), ', ' order by seq)
            from fuel_tank_entry where tank = 'T2'
            """));
    }

    [Fact]
    public async Task A_lorry_brings_no_more_than_the_tank_holds_whoever_says_so_at_once()
    {
        var ends = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => SubmitAsync(Staff(TankChange.Delivery, 2_000_000))));
        Assert.Equal(5, ends.Count(end => end.End == ActEnd.Committed));
        Assert.All(
            ends.Where(end => end.End == ActEnd.Refused), end => Assert.Equal("tank_overfull", end.RefusalCode));
        Assert.Equal("19800000|0", await LevelAsync("T2"));
        Assert.Equal("tank_not_found", (await SubmitAsync(
            new TankRow("F1", "T9", TankChange.Dip, 1, Ids.Next(_clock)))).RefusalCode);
    }

    private TankRow Staff(TankChange change, long thousandths) =>
        new("F1", "T2", change, thousandths, Ids.Next(TimeProvider.System), "person:test", "Slip 4711");

    private Task<ActResult> SubmitAsync(TankRow row) => _bed.Get<GeneralLedger>().SubmitAsync(new Act
    {
        Id = Ids.Next(TimeProvider.System),
        Fingerprint = new byte[32],
        Plans = [new Plan { Rows = [row], Compose = _ => new Answer(200, "{}") }],
        Refuse = refusal => new Answer(409, refusal.Code),
    }, default);

    private async Task<string> LevelAsync(string tank) => await ScalarAsync(
        $"select level_thousandths || '|' || short_thousandths from fuel_tank where site = 'F1' and id = '{tank}'");

    private async Task<string> ScalarAsync(string sql)
    {
        await using var command = _bed.Database.DataSource.CreateCommand(sql);
        return (await command.ExecuteScalarAsync())?.ToString() ?? "";
    }
}
