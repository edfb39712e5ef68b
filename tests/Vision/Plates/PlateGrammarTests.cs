using SightPay.Vision.Plates;
using Xunit;

namespace SightPay.Vision.Tests.Plates;

public sealed class PlateGrammarTests
{
    [Theory]
    [InlineData("pl", "WO 53011", "WO53011")]
    [InlineData("pl", "W0 53O11", "WO53011")]
    [InlineData("pl", "kr 1ab23", "KR1A823")] // A serial has no B.
    [InlineData("pl", "SG 47471", "SG47471")]
    [InlineData("pl", "PO 12ACE5", null)]
    [InlineData("pl", "WX Y1234", "WXY1234")]
    [InlineData("pl", "W1 KASIA", "W1KASIA")]
    [InlineData("pl", "DORADCA", null)]
    [InlineData("de", "B SE 5579", "BSE5579")]
    [InlineData("de", "TÜ-XY 12E", "TUXY12E")]
    [InlineData("de", "M AB 0123", "MABO123")] // A number does not begin with 0.
    [InlineData("gb", "OY09 FEU", "OY09FEU")]
    [InlineData("gb", "0YO9 FEU", "OY09FEU")]
    [InlineData("gb", "M5 XSX", "M5XSX")]
    [InlineData("gb", "FWE 50", "FWE50")]
    [InlineData("sk", "RK-099AN", "RK099AN")]
    [InlineData("sk", "RKO99AN", "RK099AN")]
    [InlineData("sk", "RK3OOAG", "RK300AG")]
    [InlineData("sk", "8A268IM", "BA268IM")]
    [InlineData("sk", "BA2681M", "BA268IM")]
    [InlineData("cz", "1B1 9839", "1B19839")]
    [InlineData("cz", "181 9839", "1B19839")] // The second place is a letter.
    [InlineData("cz", "BZM 22-27", "BZM2227")]
    [InlineData("fr", "AB-123-CD", "AB123CD")]
    [InlineData("fr", "1234 AB 75", "1234AB75")]
    [InlineData("it", "AB 123 CD", "AB123CD")]
    [InlineData("es", "1234 BCD", "1234BCD")]
    [InlineData("es", "1234 8CD", "1234BCD")]
    [InlineData("es", "1234 ACD", null)] // No vowels.
    [InlineData("nl", "12-ABC-3", "12ABC3")]
    [InlineData("br", "ABC-1234", "ABC1234")]
    [InlineData("br", "A8C-I234", "ABC1234")]
    [InlineData("br", "0KL1O35", "OKL1035")]
    [InlineData("br", "ABC1D23", "ABC1D23")]
    [InlineData("br", "ABC1823", "ABC1823")] // Both series have a plate here, so what was read stays.
    [InlineData("br", "ABCE123", null)]
    [InlineData("us", "CDL 4461", "CDL4461")]
    [InlineData("us", "SHOR7X", "SH0R7X")]
    [InlineData("us", "CEMENTO", "CEMENTO")] // Somebody chose it.
    [InlineData("us", "FZRULZ", "FZRULZ")]
    [InlineData("us", "X", null)]
    [InlineData("us", "123456789", null)]
    [InlineData("in", "MH 12 AB 1234", "MH12AB1234")]
    [InlineData("in", "MHI2AB1Z34", "MH12AB1234")]
    [InlineData("in", "DL 9C AB 1234", "DL9CAB1234")]
    [InlineData("in", "22 BH 1234 AA", "22BH1234AA")]
    [InlineData("in", "XX 12 AB 1234", null)] // There is no such state.
    [InlineData("nz", "ABC 123", "ABC123")]
    [InlineData("nz", "KIWI", "KIWI")]
    [InlineData("eu", "RKO99AN", "RK099AN")]
    [InlineData("eu", "VW 4X4-WP", "VW4X4WP")]
    [InlineData("eu", "DORADCA", null)]
    [InlineData("eu", "INFORMATIKA", null)]
    public void Texts_become_the_plates_of_their_region(string region, string text, string? plate) =>
        Assert.Equal(plate, PlateGrammar.Of(region)!.Canonical(text));

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("---")]
    [InlineData("AB123\u0007CD")]
    [InlineData("АВ123СD")] // Cyrillic letters that look Latin.
    [InlineData("١٢٣٤ABC")]
    [InlineData("\ud83d\ude97AB123CD")]
    public void What_no_plate_can_hold_is_refused_everywhere(string text)
    {
        foreach (var region in PlateGrammar.Regions) Assert.Null(PlateGrammar.Of(region)!.Canonical(text));
        foreach (var region in PlateGrammar.Regions)
            Assert.Null(PlateGrammar.Of(region)!.Canonical(new string('A', 1_000_000)));
    }

    [Fact]
    public void Broken_surrogates_are_refused() => Assert.Null(PlateGrammar.Of("us")!.Canonical("AB\ud83d12"));

    [Fact]
    public void Regions_are_found_in_either_case_and_unknown_ones_are_not()
    {
        Assert.Equal("pl", PlateGrammar.Of("PL")!.Region);
        Assert.Null(PlateGrammar.Of("xx"));
        Assert.Null(PlateGrammar.Of(""));
        string[] wanted = ["pl", "de", "gb", "sk", "fr", "it", "es", "cz", "br", "us", "in", "nz", "eu"];
        Assert.Empty(wanted.Except(PlateGrammar.Regions));
    }

    [Fact]
    public void A_union_holds_the_plates_of_its_members()
    {
        var union = PlateGrammar.Of("eu")!;
        Assert.Contains("pl", union.Members);
        Assert.Equal(["pl"], PlateGrammar.Of("pl")!.Members);
        foreach (var member in union.Members)
            for (var seed = 0; seed < 50; seed++)
                Assert.NotNull(union.Canonical(RandomPlates.Of(member, new(seed))));
    }

    public static TheoryData<string> Regions => [.. PlateGrammar.Regions];

    [Theory]
    [MemberData(nameof(Regions))]
    public void Canonical_of_canonical_is_itself_and_stays_in_its_group(string region)
    {
        var grammar = PlateGrammar.Of(region)!;
        var plates = 0;
        for (var seed = 0; seed < 2_000; seed++)
        {
            var random = new Random(seed);
            // Half of the texts are plates with some glyphs taken for others, half are anything.
            var text = seed % 2 == 0
                ? RandomPlates.Misread(RandomPlates.Of(region, random), random)
                : RandomPlates.AnyText(random);
            if (grammar.Canonical(text) is not { } plate) continue;
            plates++;
            Assert.Equal(plate, grammar.Canonical(plate));
            Assert.Equal(plate, grammar.Canonical(plate.ToLowerInvariant().Insert(plate.Length / 2, " -")));
            Assert.Equal(ConfusableGlyphs.Fold(text), ConfusableGlyphs.Fold(plate));
        }
        Assert.InRange(plates, 800, 2_000);
    }

    [Theory]
    [MemberData(nameof(Regions))]
    public void A_plate_of_a_usual_format_is_its_own_canonical_form(string region)
    {
        var grammar = PlateGrammar.Of(region)!;
        // Formats of two countries of a union may hold texts that are drawn alike; the likelier one wins there.
        if (grammar.Members.Count > 1) return;
        for (var seed = 0; seed < 500; seed++)
        {
            var plate = RandomPlates.Usual(region, new(seed));
            Assert.Equal(plate, grammar.Canonical(plate));
        }
    }
}
