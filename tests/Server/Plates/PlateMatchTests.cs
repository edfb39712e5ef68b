using FsCheck;
using FsCheck.Fluent;
using SightPay.Server.Plates;
using SightPay.Vision.Plates;
using Xunit;

namespace SightPay.Server.Tests.Plates;

/// <summary>Only the exact canonical form pays by itself; what may be confused asks; all else is nobody's.</summary>
public sealed class PlateMatchTests : IAsyncLifetime
{
    private ServerBed _bed = null!;
    private TestRider _asha = null!;
    private TestRider _binod = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(seeing: false);
        _asha = await TestRider.SignUpAsync(_bed, "Asha Roy");
        _binod = await TestRider.SignUpAsync(_bed, "Binod Das");
    }

    public async Task DisposeAsync()
    {
        _asha.Dispose();
        _binod.Dispose();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task The_exact_plate_is_accepted_as_the_camera_writes_it()
    {
        var vehicle = await _asha.RegisterAsync("WB02AK1234");
        foreach (var text in (string[])["WB02AK1234", "WBO2AK1234", "W8O2AKI234"])
        {
            var match = await MatchAsync(TestVehicle.Read(text));
            Assert.Equal(PlateBand.Accept, match.Band);
            Assert.Equal((Guid)vehicle["id"]!, match.Vehicle!.Id);
            Assert.Empty(match.Candidates);
        }
    }

    [Fact]
    public async Task Another_plate_is_nobodys()
    {
        await _asha.RegisterAsync("WB02AK1234");
        foreach (var text in (string[])["WB02AK1235", "WB02AK123", "WB02AK12345", "MH02AK1234", "DORADCA", "X"])
        {
            var match = await MatchAsync(TestVehicle.Read(text));
            Assert.Equal(PlateBand.Reject, match.Band);
            Assert.Null(match.Vehicle);
            Assert.Empty(match.Candidates);
        }
    }

    /// <summary>A chosen plate may have any glyph at any place: there O is not 0, and only its owner can say.</summary>
    [Fact]
    public async Task A_plate_that_looks_alike_asks_its_owner()
    {
        var vehicle = await _asha.RegisterAsync("GO0D8OY", "us");
        foreach (var text in (string[])["G00D8OY", "GO0DBOY", "GOOD80Y", "60008OY"])
        {
            var match = await MatchAsync(TestVehicle.Read(text, "us"));
            Assert.Equal(PlateBand.Ask, match.Band);
            Assert.Null(match.Vehicle);
            Assert.Equal([(Guid)vehicle["id"]!], match.Candidates.Select(candidate => candidate.Id));
        }
    }

    [Fact]
    public async Task Of_two_plates_that_look_alike_neither_pays_for_the_other()
    {
        await _asha.RegisterAsync("GO0D8OY", "us");
        await _binod.RegisterAsync("G00D8OY", "us");
        foreach (var text in (string[])["GO0D8OY", "G00D8OY"])
        {
            var match = await MatchAsync(TestVehicle.Read(text, "us"));
            Assert.Equal(PlateBand.Ask, match.Band);
            Assert.Equal(2, match.Candidates.Count);
        }
    }

    [Fact]
    public async Task What_the_reader_held_possible_asks_and_what_it_ruled_out_does_not()
    {
        var vehicle = await _asha.RegisterAsync("WB02AK1234");
        var possible = await MatchAsync(TestVehicle.Read("WB02AK1239", "in", 0.7f, (9, '4', 0.2f)));
        Assert.Equal(PlateBand.Ask, possible.Band);
        Assert.Equal([(Guid)vehicle["id"]!], possible.Candidates.Select(candidate => candidate.Id));
        Assert.Equal(PlateBand.Reject, (await MatchAsync(
            TestVehicle.Read("WB02AK1239", "in", 0.97f, (9, '4', 0.01f)))).Band);
        // Two places read otherwise are another plate.
        Assert.Equal(PlateBand.Reject, (await MatchAsync(
            TestVehicle.Read("WB02AK1299", "in", 0.7f, (8, '3', 0.2f), (9, '4', 0.2f)))).Band);
    }

    [Fact]
    public async Task A_reading_that_is_more_likely_wrong_than_right_asks()
    {
        await _asha.RegisterAsync("WB02AK1234");
        Assert.Equal(PlateBand.Accept, (await MatchAsync(TestVehicle.Read("WB02AK1234", "in", 0.5f))).Band);
        Assert.Equal(PlateBand.Ask, (await MatchAsync(TestVehicle.Read("WB02AK1234", "in", 0.49f))).Band);
    }

    /// <summary>The same text is another car's in another country.</summary>
    [Fact]
    public async Task A_camera_of_one_country_accepts_no_plate_of_another()
    {
        await _asha.RegisterAsync("AB123CD", "fr");
        Assert.Equal(PlateBand.Accept, (await MatchAsync(TestVehicle.Read("AB123CD", "fr"))).Band);
        Assert.Equal(PlateBand.Ask, (await MatchAsync(TestVehicle.Read("AB123CD", "it"))).Band);
        await _binod.RegisterAsync("AB123CD", "it");
        Assert.Equal(2, (await MatchAsync(TestVehicle.Read("AB123CD", "eu"))).Candidates.Count);
        Assert.Equal(PlateBand.Ask, (await MatchAsync(TestVehicle.Read("AB123CD", "fr"))).Band);
    }

    /// <summary>A union's camera does not see the country. Where the characters are a plate of several countries the
    /// car may be a twin that nobody registered: its owner is asked. Where they are one country's alone, they name it.
    /// </summary>
    [Theory]
    [InlineData("AB123CD", "fr", PlateBand.Ask)] // Italy has the same series.
    [InlineData("WX12345", "pl", PlateBand.Ask)] // So have Denmark and Norway.
    [InlineData("ABC123", "lt", PlateBand.Ask)] // And Sweden, and Finland.
    [InlineData("AB12CDE", "gb", PlateBand.Ask)] // A Romanian county has this code, an Austrian district this form.
    [InlineData("1ABC234", "be", PlateBand.Ask)] // Czech with a 0 or an 8 that looks like a letter.
    [InlineData("WOBAB123", "de", PlateBand.Accept)]
    [InlineData("W0BAB123", "de", PlateBand.Accept)]
    public async Task A_union_accepts_only_what_one_country_alone_can_have(string plate, string country, PlateBand band)
    {
        var vehicle = (Guid)(await _asha.RegisterAsync(plate, country))["id"]!;
        var match = await MatchAsync(TestVehicle.Read(plate, "eu"));
        Assert.Equal(band, match.Band);
        Assert.Equal(vehicle, match.Vehicle?.Id ?? Assert.Single(match.Candidates).Id);
        // An agent that tells the country has seen it.
        Assert.Equal(PlateBand.Accept, (await MatchAsync(TestVehicle.Read(plate, country))).Band);
    }

    /// <summary>S3 handed a bill to whichever car came next: what one camera read never falls back on another car.
    /// </summary>
    [Fact]
    public async Task S3_next_car_gets_bill_a_plate_that_is_unknown_matches_nobody_even_after_one_that_is_known()
    {
        await _asha.RegisterAsync("WB02AK1234");
        Assert.Equal(PlateBand.Accept, (await MatchAsync(TestVehicle.Read("WB02AK1234"))).Band);
        Assert.Equal(PlateMatch.None, await MatchAsync(TestVehicle.Read("WB77CC4321")));
        Assert.Equal(PlateMatch.None, await MatchAsync(TestVehicle.Read("")));
    }

    /// <summary>
    /// Whatever is registered and whatever is read: accept means that the one candidate's plate is, in its own
    /// country's form, the text that was read, surely enough, and that nobody claims it.
    /// </summary>
    [Fact]
    public void Accept_is_only_ever_said_of_the_exact_canonical_form()
    {
        var regions = new[] { "in", "us", "pl", "br", "gb", "eu" };
        // Few glyphs, most of them confusable: so that many pairs are near misses.
        var text = Gen.Elements("0OD1I8BAW25S".ToCharArray()).ArrayOf(7).Select(letters => new string(letters));
        var cases =
            from registered in text
            from read in Gen.OneOf(text, Gen.Constant(registered), text.Select(other => registered[..6] + other[6]))
            from region in Gen.Elements(regions)
            from country in Gen.Elements(regions)
            from confidence in Gen.Choose(0, 100)
            from disputed in Gen.Elements(true, false, false)
            select (registered, read, region, country, confidence / 100f, disputed);
        var accepted = 0;
        Prop.ForAll(cases.ToArbitrary(), each =>
        {
            var (registered, read, region, country, confidence, disputed) = each;
            if (PlateGrammar.Of(country)!.Canonical(registered) is not { } plate) return;
            var seen = TestVehicle.Read(read, region, confidence);
            var vehicle = new Vehicle(Guid.Empty, plate, country, Guid.Empty, VehicleFuel.Unknown, 0, "")
            {
                IsDisputed = disputed,
            };
            var isExact = PlateRules.IsExact(seen, country, canonical => canonical == plate);
            var match = PlateRules.Decide(seen, [(vehicle, isExact)]);
            Assert.NotEqual(PlateBand.Reject, match.Band);
            Assert.Equal(PlateBand.Ask, PlateRules.Decide(seen, [(vehicle, isExact), (vehicle, false)]).Band);
            if (match.Band != PlateBand.Accept) return;
            accepted++;
            Assert.Equal(plate, PlateGrammar.Of(country)!.Canonical(read));
            Assert.Equal(ConfusableGlyphs.Fold(plate), ConfusableGlyphs.Fold(read));
            Assert.True(confidence >= PlateRules.AcceptConfidenceMin && !disputed);
            Assert.True(region == country || (region == "eu" && !PlateGrammar.Of("eu")!.Members.Any(other =>
                other != country && PlateGrammar.Of(other)!.Canonical(read) is not null)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
        Assert.True(accepted > 100, $"Only {accepted} were accepted: the property says nothing.");
    }

    private Task<PlateMatch> MatchAsync(ReadPlate read) => _bed.Get<Vehicles>().MatchAsync(read, default);
}
