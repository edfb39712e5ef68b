using System.Net;
using System.Text.Json;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Stations;
using SightPay.Server.Tests.Plates;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Stations;

/// <summary>What a pump's camera shows becomes a sighting: whose car it is, and never a plate.</summary>
public sealed class PlateSightingTests : IAsyncLifetime
{
    private const string Plate = "WB02AK1234";

    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private TestRider _asha = null!;
    private Station _pump = null!;
    private Guid _vehicle;
    private long _counter;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock, seeing: false);
        _asha = await TestRider.SignUpAsync(_bed, "Asha Roy");
        _vehicle = (Guid)(await _asha.RegisterAsync(Plate))["id"]!;
        _pump = (await _bed.Get<StationDirectory>().FindAsync("F1-P1", default))!;
    }

    public async Task DisposeAsync()
    {
        _asha.Dispose();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task A_registered_car_is_recognised_and_its_plate_shown_masked()
    {
        var seen = await SeeAsync(Car(Plate));
        Assert.Equal((SightingBand.Accept, SightingFinding.Recognised), (seen.Band, seen.Finding));
        Assert.Equal((_vehicle, _asha.Id, (Guid?)null), (seen.Vehicle, seen.VehicleOwner, seen.Person));
        Assert.Empty(seen.CandidateVehicles);
        Assert.False(seen.IsUnusable);
        var plate = Assert.Single(seen.Plates);
        Assert.Equal(("WB••••••34", "in", SightingBand.Accept), (plate.Masked, plate.Region, plate.Band!.Value));
        Assert.DoesNotContain("AK12", JsonSerializer.Serialize(plate, ApiJson.Options));
        Assert.DoesNotContain("WB", plate.ToString());
    }

    [Fact]
    public async Task What_is_not_surely_a_registered_car_is_said_to_be_that()
    {
        await Finds(SightingFinding.NoPlate, SightingBand.Reject);
        await Finds(SightingFinding.NoPlate, SightingBand.Reject, Car("DORADCA"));
        await Finds(SightingFinding.UnknownPlate, SightingBand.Reject, Car("WB77CC4321"));
        await Finds(SightingFinding.PlateUnclear, SightingBand.Reject, Car("WB66DD1111", confidence: 0.3));
        await Finds(SightingFinding.Ambiguous, SightingBand.Ask, Car(Plate, confidence: 0.3));
        var unclear = Car("WB02AK1239") with { Characters = Places("WB02AK1239", (9, [('9', 0.6), ('4', 0.3)])) };
        await Finds(SightingFinding.Ambiguous, SightingBand.Ask, unclear);

        async Task Finds(SightingFinding finding, SightingBand band, params PlateReads.Plate[] plates)
        {
            // Whatever was there before has left.
            _clock.Advance(TimeSpan.FromSeconds(10));
            var seen = await SeeAsync(plates);
            Assert.Equal((finding, band), (seen.Finding, seen.Band));
            Assert.Null(seen.Vehicle);
            Assert.Equal(band == SightingBand.Ask ? [_vehicle] : [], seen.CandidateVehicles);
            Assert.Equal(finding <= SightingFinding.PlateUnclear, seen.IsUnusable);
        }
    }

    /// <summary>The car behind is smaller; two side by side are for their owners to tell apart.</summary>
    [Fact]
    public async Task Of_two_cars_the_nearer_one_is_at_the_pump_and_of_two_as_near_neither_is()
    {
        var behind = await SeeAsync(Car(Plate, width: 300), Car("WB77CC4321", x: 900, width: 150));
        Assert.Equal((SightingFinding.Recognised, _vehicle), (behind.Finding, behind.Vehicle));
        Assert.Null(behind.Plates[1].Band);
        _clock.Advance(TimeSpan.FromSeconds(10));
        var other = await SeeAsync(Car(Plate, width: 150), Car("WB77CC4321", x: 900, width: 300));
        Assert.Equal((SightingFinding.UnknownPlate, (Guid?)null), (other.Finding, other.Vehicle));
        _clock.Advance(TimeSpan.FromSeconds(10));
        var beside = await SeeAsync(Car(Plate, width: 300), Car("WB77CC4321", x: 900, width: 290));
        Assert.Equal((SightingFinding.SeveralPlates, SightingBand.Ask), (beside.Finding, beside.Band));
        Assert.Null(beside.Vehicle);
        Assert.Equal([_vehicle], beside.CandidateVehicles);
        _clock.Advance(TimeSpan.FromSeconds(10));
        var strangers = await SeeAsync(Car("WB77CC4321", width: 300), Car("WB66DD1111", x: 900, width: 290));
        Assert.Equal((SightingFinding.SeveralPlates, SightingBand.Reject), (strangers.Finding, strangers.Band));
    }

    [Fact]
    public async Task A_misread_frame_is_outvoted_by_the_cars_other_frames()
    {
        for (var i = 0; i < 3; i++)
        {
            await SeeAsync(Car(Plate, x: 100 + i));
            _clock.Advance(TimeSpan.FromMilliseconds(400));
        }
        Assert.Equal(_vehicle, (await SeeAsync(Car("WB02AK1284", x: 110, confidence: 0.6))).Vehicle);
        // Alone it would have been nobody's.
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Null((await SeeAsync(Car("WB02AK1284", x: 111, confidence: 0.6))).Vehicle);
    }

    /// <summary>A camera that hangs: one sighting, told to operators after a minute, and never a second look.</summary>
    [Fact]
    public async Task The_same_frame_for_an_hour_is_one_sighting()
    {
        var first = await SeeAsync(Car(Plate));
        Assert.False(first.Repeats);
        await StoreAsync(first);
        for (var second = 5; second <= 3600; second += 5)
        {
            _clock.Advance(TimeSpan.FromSeconds(5));
            var again = await SeeAsync(Car(Plate));
            Assert.True(again.Repeats);
            Assert.Equal((first.Id, _vehicle), (again.Id, again.Vehicle));
            Assert.Equal(second >= 60 ? [StationAlert.CameraStuck] : [], again.Alerts);
            if (second % 600 == 0) await StoreAsync(again);
        }
        Assert.Equal(1L, await ScalarAsync("select count(*) from sighting"));
        // The next frame is another one, whatever it shows; so is this one again after a while.
        Assert.NotEqual(first.Id, (await SeeAsync(Car(Plate, x: 101))).Id);
        _clock.Advance(TimeSpan.FromMinutes(2));
        var later = await SeeAsync(Car(Plate, x: 101));
        Assert.False(later.Repeats);
        Assert.Empty(later.Alerts);
    }

    [Fact]
    public async Task A_frame_that_repeats_is_matched_anew()
    {
        Assert.Equal(_vehicle, (await SeeAsync(Car(Plate))).Vehicle);
        await _asha.Http.DeleteAsync($"/users/{_asha.Id}/consents/plate").GoneAsync();
        var again = await SeeAsync(Car(Plate));
        Assert.Equal((true, SightingFinding.UnknownPlate), (again.Repeats, again.Finding));
    }

    [Fact]
    public async Task A_number_rises_and_an_old_one_is_refused()
    {
        var act = Guid.CreateVersion7();
        await SeeAsync(5, act, Car(Plate));
        // Its answer was lost: the same request is no other one.
        await SeeAsync(5, act, Car(Plate));
        foreach (var old in (long[])[5, 4, 1])
            Assert.Equal("counter_replayed", (await Assert.ThrowsAsync<ProblemException>(
                () => SeeAsync(old, Guid.CreateVersion7(), Car(Plate)))).Code);
        await SeeAsync(6, Guid.CreateVersion7(), Car(Plate));
        Assert.Equal("counter_replayed", (await Assert.ThrowsAsync<ProblemException>(
            () => SeeAsync(5, act, Car(Plate)))).Code);
        // Each station counts for itself, also after a restart.
        await _bed.RestartAsync(_clock);
        Assert.Equal("counter_replayed", (await Assert.ThrowsAsync<ProblemException>(
            () => SeeAsync(6, Guid.CreateVersion7(), Car(Plate)))).Code);
        _pump = (await _bed.Get<StationDirectory>().FindAsync("F1-P2", default))!;
        await SeeAsync(1, Guid.CreateVersion7(), Car(Plate));
    }

    [Fact]
    public async Task Of_messages_at_once_with_one_number_one_is_taken()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 12).Select(async _ =>
        {
            try
            {
                await SeeAsync(9, Guid.CreateVersion7(), Car(Plate));
                return "taken";
            }
            catch (ProblemException problem)
            {
                return problem.Code;
            }
        }));
        Assert.Equal(1, outcomes.Count(outcome => outcome == "taken"));
        Assert.Equal(11, outcomes.Count(outcome => outcome == "counter_replayed"));
    }

    /// <summary>The line to the site was down, and the car has long left: the next one must not get its bill.</summary>
    [Fact]
    public async Task S3_next_car_gets_bill_what_waited_for_its_line_names_nobody()
    {
        var reads = new PlateReads(1, DateTimeOffset.UnixEpoch, [Car(Plate)]);
        var late = await _bed.Get<PlateSightings>().TakeAsync(
            _pump, reads, "in", isLate: true, Guid.CreateVersion7(), default);
        Assert.Equal((SightingFinding.TooLate, SightingBand.Reject), (late.Finding, late.Band));
        Assert.Null(late.Vehicle);
        Assert.Empty(late.CandidateVehicles);
        Assert.Equal("WB••••••34", Assert.Single(late.Plates).Masked);
        // It was no look at what stands there now.
        _counter = 1;
        var now = await SeeAsync(Car(Plate));
        Assert.Equal((false, _vehicle), (now.Repeats, now.Vehicle));
        Assert.NotEqual(late.Id, now.Id);
    }

    /// <summary>What is stored names the car and its owner, of strangers nothing, and goes with its owner.</summary>
    [Fact]
    public async Task Sightings_hold_no_plate_and_go_with_the_cars_owner()
    {
        var seen = await SeeAsync(Car(Plate));
        await StoreAsync(seen);
        _clock.Advance(TimeSpan.FromSeconds(10));
        var stranger = await SeeAsync(Car("WB77CC4321"));
        await StoreAsync(stranger);
        Assert.Equal(
            (_vehicle, _asha.Id),
            (await ScalarAsync($"select vehicle from sighting where id = '{seen.Id}'"),
                await ScalarAsync($"select person from sighting where id = '{seen.Id}'")));
        // At a till it would name nobody: who drove is not known.
        var found = await new Sightings(null!, _bed.Database.DataSource, _clock).FindAsync(seen.Id, default);
        Assert.Equal((SightingBand.Accept, (Guid?)null), (found!.Band, found.Person));
        foreach (var word in (string[])["AK1234", "CC4321"])
            Assert.DoesNotContain(
                word, (string)(await ScalarAsync("select string_agg(s::text, ' ') from sighting s"))!);
        var export = await _asha.Http.GetAsync($"/users/{_asha.Id}/export").OkAsync();
        Assert.Equal(_vehicle, (Guid)Assert.Single(export["sightings"]!.AsArray())!["vehicle"]!);
        await _asha.Http.DeleteAsync($"/users/{_asha.Id}").GoneAsync();
        Assert.Equal(1L, await ScalarAsync("select count(*) from sighting"));
        Assert.Equal(0L, await ScalarAsync("select count(*) from sighting where vehicle is not null"));
    }

    [Fact]
    public void Reads_that_make_no_sense_are_refused_by_field()
    {
        var good = new PlateReads(1, DateTimeOffset.UnixEpoch, [Car(Plate)]);
        good.DemandUsable();
        (good with { Plates = [] }).DemandUsable();
        (good with { Plates = [Car(Plate) with { Frames = 1_000 }] }).DemandUsable();
        (PlateReads Bad, string Field)[] all =
        [
            (good with { Counter = null }, "counter"), (good with { Counter = 0 }, "counter"),
            (good with { At = null }, "at"), (good with { Plates = null }, "plates"),
            (good with { Plates = [null] }, "plates"),
            (good with { Plates = [.. Enumerable.Repeat(Car(Plate), 9)] }, "plates"),
            (good with { Plates = [Car("")] }, "plates"), (good with { Plates = [Car(new string('A', 25))] }, "plates"),
            (good with { Plates = [Car(Plate, confidence: 1.1)] }, "plates"),
            (good with { Plates = [Car(Plate, confidence: double.NaN)] }, "plates"),
            (good with { Plates = [Car(Plate) with { Confidence = null }] }, "plates"),
            (good with { Plates = [Car(Plate) with { Box = null }] }, "plates"),
            (good with { Plates = [Car(Plate, width: 0)] }, "plates"),
            (good with { Plates = [Car(Plate, width: double.PositiveInfinity)] }, "plates"),
            (good with { Plates = [Car(Plate) with { Characters = [null] }] }, "plates"),
            (good with { Plates = [Car(Plate) with { Frames = 0 }] }, "plates"),
            (good with { Plates = [Car(Plate) with { Frames = 1_001 }] }, "plates"),
            (good with { Plates = [Car(Plate) with { Characters = [[new('A', 2)]] }] }, "plates"),
        ];
        foreach (var (bad, field) in all)
        {
            var refused = Assert.Throws<ProblemException>(bad.DemandUsable);
            Assert.Equal((422, "fields_invalid"), (refused.Status, refused.Code));
            Assert.Equal([field], refused.Errors!.Keys);
        }
    }

    /// <summary>The agent's word is not believed: its text goes through our grammar, its sureness through its own
    /// characters, and a country is taken only where the site's region holds it.</summary>
    [Fact]
    public void Reads_go_through_the_sites_own_grammar()
    {
        var text = Assert.Single(Reading("in", Car("wb o2-ak i234")).Plates);
        Assert.Equal(("WB02AK1234", "in"), (text.Text, text.Region));
        Assert.Equal("in", Assert.Single(Reading("in", Car(Plate) with { Region = "us" }).Plates).Region);
        Assert.Equal("pl", Assert.Single(Reading("eu", Car("WX12345") with { Region = "PL" }).Plates).Region);
        Assert.Equal("eu", Assert.Single(Reading("eu", Car("WX12345") with { Region = "in" }).Plates).Region);
        Assert.Empty(Reading("in", Car("DORADCA")).Plates);
        Assert.Empty(Reading("in", Car(Plate) with { Characters = Places("WB02") }).Plates);

        var unsure = Car(Plate) with { Characters = Places(Plate, (2, [('O', 0.4), ('0', 0.3), ('X', 0.2)])) };
        var read = Assert.Single(Reading("in", unsure).Plates);
        Assert.Equal('0', read.Characters[2].Candidates[0].Character);
        Assert.Equal(0.7f, read.Characters[2].Confidence, 3);
        Assert.Equal(0.7f, read.Confidence, 3);
        Assert.Equal('X', read.Characters[2].Candidates[1].Character);

        static Vision.Plates.PlateReading Reading(string region, PlateReads.Plate plate) =>
            new PlateReads(1, DateTimeOffset.UnixEpoch, [plate]).ToReading(region);
    }

    private Task<Sighting> SeeAsync(params PlateReads.Plate[] plates) =>
        SeeAsync(++_counter, Guid.CreateVersion7(), plates);

    private Task<Sighting> SeeAsync(long counter, Guid act, params PlateReads.Plate[] plates) =>
        _bed.Get<PlateSightings>().TakeAsync(
            _pump, new PlateReads(counter, _clock.GetUtcNow().AddHours(-3), plates), "in", isLate: false, act, default);

    private async Task StoreAsync(Sighting sighting)
    {
        var id = Guid.CreateVersion7();
        var result = await _bed.Get<GeneralLedger>().SubmitAsync(new Act
        {
            Id = id, Fingerprint = Idempotency.Fingerprint(id.ToByteArray()),
            Plans = [new Plan { Rows = [new SightingRow(sighting)], Compose = _ => new Answer(200, "{}") }],
            Refuse = refusal => Problems.Answer(409, refusal.Code, "Refused."),
        }, default);
        Assert.Equal((int)HttpStatusCode.OK, result.Answer.Status);
    }

    private static PlateReads.Plate Car(
        string text, double x = 100, double width = 200, double confidence = 0.97) =>
        new(text, null, confidence, null, new SightingBox(x, 400, width, width / 4));

    /// <summary>Sure of every character but those at these places.</summary>
    private static IReadOnlyList<PlateReads.Candidate>[] Places(
        string text, params (int Place, (char Character, double Probability)[] Candidates)[] unsure) =>
    [
        .. text.Select((character, i) => (IReadOnlyList<PlateReads.Candidate>)
        [
            .. unsure.FirstOrDefault(each => each.Place == i).Candidates is { } given
                ? given.Select(each => new PlateReads.Candidate(each.Character, each.Probability))
                : [new(character, 0.97)],
        ]),
    ];

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var command = _bed.Database.DataSource.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
