using SightPay.Vision.Plates;
using Xunit;

namespace SightPay.Vision.Tests.Plates;

public sealed class ConfusableGlyphsTests
{
    [Theory]
    [InlineData("O", "0")]
    [InlineData("Q", "0")]
    [InlineData("D", "0")]
    [InlineData("I", "1")]
    [InlineData("B", "8")]
    [InlineData("S", "5")]
    [InlineData("Z", "2")]
    [InlineData("G", "6")]
    public void Confusable_glyphs_have_one_key(string a, string b)
    {
        Assert.Equal(ConfusableGlyphs.Fold($"RK{a}99AN"), ConfusableGlyphs.Fold($"RK{b}99AN"));
        Assert.True(float.IsFinite(ConfusableGlyphs.Cost(a[0], b[0])));
    }

    [Fact]
    public void Glyphs_of_two_groups_never_collide()
    {
        const string Alone = "ACEFHJKLMNPRTUVWXY3479";
        Assert.Equal(Alone, ConfusableGlyphs.Fold(Alone));
        Assert.Equal("0000 11 22 55 66 88".Replace(" ", ""), ConfusableGlyphs.Fold("O0QDI12Z5SG68B"));
        Assert.Equal(float.PositiveInfinity, ConfusableGlyphs.Cost('O', '8'));
        Assert.Equal(float.PositiveInfinity, ConfusableGlyphs.Cost('É', 'E'));
    }

    [Fact]
    public void Folding_twice_is_folding_once()
    {
        for (var seed = 0; seed < 1_000; seed++)
        {
            var once = ConfusableGlyphs.Fold(RandomPlates.AnyText(new(seed)));
            Assert.Equal(once, ConfusableGlyphs.Fold(once));
        }
    }

    [Fact]
    public void What_is_drawn_alike_costs_less_than_what_resembles_it()
    {
        Assert.Equal(0, ConfusableGlyphs.Cost('O', 'O'));
        Assert.True(ConfusableGlyphs.Cost('O', '0') < ConfusableGlyphs.Cost('D', '0'));
    }
}
