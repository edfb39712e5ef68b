using System.Runtime.Intrinsics;
using SightPay.Vision.Models;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Plates;

/// <summary>
/// CCT-XS v1 global of fast-plate-ocr (precise pack): reads a whole plate, of one line or two, into nine slots. It was
/// trained on plates of many countries and reads what a general reader does not know: wide fonts, pictures behind them.
/// </summary>
internal sealed class CctXs : IDisposable
{
    /// <summary>Its name in the pack.</summary>
    public const string Name = "cct-xs-v1";

    public const int Width = 128;
    public const int Height = 64;
    public const int Slots = 9;

    /// <summary>The glyphs of the alphabet, in its order, and a sign for an empty slot.</summary>
    public const int Classes = PlateAlphabet.Size + 1;

    /// <summary>The network's answer.</summary>
    public const string Output = "Identity:0";

    private readonly OnnxModel _model;

    // It wants pixels side by side; they are drawn as planes first.
    private readonly ThreadLocal<float[]> _planes = new(() => new float[Width * Height * 3]);

    private static readonly PlaneValues AsIs = new(Vector128.Create(1f), Vector128<float>.Zero);

    private CctXs(OnnxModel model) => _model = model;

    /// <summary>Null when the pack does not have it.</summary>
    public static CctXs? OfPack(ModelPack pack) =>
        pack.Has(Name) ? new(pack.Open(Name, threads: 1)) : null;

    public OnnxModel Network => _model;

    /// <summary>Reads a plate.</summary>
    /// <param name="picture">It is only read.</param>
    /// <param name="plate">Around the whole plate, with a little more.</param>
    /// <param name="line">Is filled.</param>
    public void Read(Picture picture, PlateQuad plate, GlyphLine line)
    {
        using var run = _model.Rent();
        var planes = _planes.Value!;
        QuadSampler.Draw(picture, plate, Width, Width, Height, planes, AsIs);
        var input = run.Input;
        const int plane = Width * Height;
        for (var i = 0; i < plane; i++)
            for (var colour = 0; colour < 3; colour++) input[i * 3 + colour] = planes[colour * plane + i];
        run.Run();
        var output = run.Output(Output);
        line.Clear();
        for (var slot = 0; slot < Slots; slot++)
        {
            var chances = output.Slice(slot * Classes, Classes);
            var empty = chances[PlateAlphabet.Size];
            var isEmpty = true;
            for (var glyph = 0; glyph < PlateAlphabet.Size && isEmpty; glyph++) isEmpty = chances[glyph] <= empty;
            if (!isEmpty) line.Add(chances[..PlateAlphabet.Size], (slot + 0.5f) / Slots, isSamePlace: false);
        }
    }

    public void Dispose()
    {
        _model.Dispose();
        _planes.Dispose();
    }
}
