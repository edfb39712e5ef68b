using System.Runtime.Intrinsics;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Plates;

/// <summary>
/// How far a plate goes on beside its writing. Plates are written amid them: one that goes on farther at one end than
/// at the other, by more than a glyph, has something there that was not read, and what was read may be somebody else's
/// whole plate.
/// </summary>
/// <param name="Left">Of the plate, in widths of a glyph, from the writing's left end; 0 where it cannot be told.
/// </param>
/// <param name="Right">The same at its right end.</param>
internal readonly record struct PlateEnds(float Left, float Right)
{
    // By so much more than the other end, in widths of a glyph.
    private const float OpenMin = 1;

    // What goes on farther than this is the car's body, of the plate's colour.
    private const float GlyphsMax = 3.5f;

    // How likely a text is whole beside which the plate goes on.
    private const float OpenShare = 0.4f;
    private const float Step = 0.1f;

    // Something narrower is a bolt or dirt.
    private const float GapMax = 0.25f;

    // So much brighter than the ink is the plate, or darker, where it can be told at all.
    private const float ContrastMin = 40;
    private const float Tolerance = 0.4f;

    // Above and below the glyphs, in heights of the writing with its margins.
    private static readonly float[] Rows = [0.03f, 0.08f, 0.92f, 0.97f];

    public bool IsLeftOpen => Left - Right > OpenMin;
    public bool IsRightOpen => Right - Left > OpenMin;

    /// <summary>How much longer the writing may be at its open end, in widths of a glyph.</summary>
    public (float Left, float Right) Missing =>
        (IsLeftOpen ? Left - Right : 0, IsRightOpen ? Right - Left : 0);

    /// <summary>What was read, with a doubt at the open end: it reaches whoever gets the characters, by wire or by
    /// vote.</summary>
    public IReadOnlyList<PlateCharacter> Doubted(IReadOnlyList<PlateCharacter> characters)
    {
        if (!IsLeftOpen && !IsRightOpen) return characters;
        PlateCharacter[] doubted = [.. characters];
        ref var end = ref doubted[IsLeftOpen ? 0 : ^1];
        end = new([.. end.Candidates.Select(each => each with { Probability = each.Probability * OpenShare })]);
        return doubted;
    }

    /// <summary>Looks beside one line of writing.</summary>
    /// <param name="glyphs">That were read in it.</param>
    public static PlateEnds Of(Picture picture, Writing writing, int glyphs)
    {
        var glyph = 1f / Math.Max(1, glyphs);
        if (Background(picture, writing) is not { } background) return default;
        return new(
            Reach(picture, writing, background, 0, -glyph), Reach(picture, writing, background, 1, glyph));
    }

    private readonly record struct Colour(Vector128<float> Value, float Contrast);

    /// <summary>The colour above and below the glyphs; null where nothing stands out from it.</summary>
    private static Colour? Background(Picture picture, Writing writing)
    {
        const int Columns = 24;
        Span<float> light = stackalloc float[Columns * 3];
        Span<float> reds = stackalloc float[Columns * Rows.Length];
        Span<float> greens = stackalloc float[Columns * Rows.Length];
        Span<float> blues = stackalloc float[Columns * Rows.Length];
        for (var i = 0; i < Columns; i++)
        {
            var u = (i + 0.5f) / Columns;
            for (var j = 0; j < 3; j++)
            {
                var colour = At(picture, writing, u, 0.35f + 0.15f * j);
                light[i * 3 + j] = (colour[0] + colour[1] + colour[2]) / 3;
            }
            for (var j = 0; j < Rows.Length; j++)
            {
                var colour = At(picture, writing, u, Rows[j]);
                var at = i * Rows.Length + j;
                (reds[at], greens[at], blues[at]) = (colour[0], colour[1], colour[2]);
            }
        }
        light.Sort();
        reds.Sort();
        greens.Sort();
        blues.Sort();
        var contrast = light[^(light.Length / 10)] - light[light.Length / 10];
        var middle = reds.Length / 2;
        return contrast < ContrastMin
            ? null
            : new(Vector128.Create(reds[middle], greens[middle], blues[middle], 0), contrast);
    }

    /// <summary>From one end outwards until it is no plate any more.</summary>
    private static float Reach(Picture picture, Writing writing, Colour background, float end, float glyph)
    {
        var reach = 0f;
        for (var away = 0f; away <= GlyphsMax && away - reach <= GapMax; away += Step)
            if (IsPlate(picture, writing, background, end + away * glyph)) reach = away;
        return reach > GlyphsMax - GapMax ? 0 : reach;
    }

    private static bool IsPlate(Picture picture, Writing writing, Colour background, float u)
    {
        var alike = 0;
        foreach (var v in Rows)
        {
            var off = Vector128.Abs(At(picture, writing, u, v) - background.Value);
            if (MathF.Max(off[0], MathF.Max(off[1], off[2])) <= Tolerance * background.Contrast) alike++;
        }
        return alike >= Rows.Length - 1;
    }

    private static Vector128<float> At(Picture picture, Writing writing, float u, float v)
    {
        var (x, y) = writing.At(u, v);
        return PixelBlend.At(picture, x - 0.5f, y - 0.5f);
    }
}
