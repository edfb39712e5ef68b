namespace SightPay.Vision.Plates;

/// <summary>The glyphs that plates are written with, and their numbers.</summary>
internal static class PlateAlphabet
{
    public const string Glyphs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    public const int Size = 36;

    /// <param name="glyph">A capital or a digit.</param>
    public static int IndexOf(char glyph) => glyph <= '9' ? glyph - '0' : glyph - 'A' + 10;
}
