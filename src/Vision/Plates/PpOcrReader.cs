using System.Runtime.Intrinsics;
using SightPay.Vision.Models;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Plates;

/// <summary>PP-OCRv4's reader of one line of writing. Of its 6,625 characters those count that plates have.</summary>
internal sealed class PpOcrReader : IDisposable
{
    private const string Output = "softmax_11.tmp_0";
    private const int Height = 48;
    private const int FramePixels = 8;
    private const int Blank = 0;

    private static readonly int[] Widths = [96, 160, 240, 320, 480];

    private static readonly PlaneValues Values = new(
        Vector128.Create(1 / 127.5f, 1 / 127.5f, 1 / 127.5f, 0), Vector128.Create(-1f, -1f, -1f, 0));

    private readonly OnnxModel _model;
    private readonly int _classes;

    // For every class the glyph it stands for, or -1.
    private readonly (int Class, int Glyph)[] _glyphs;

    private PpOcrReader(OnnxModel model, string[] keys)
    {
        _model = model;
        _classes = keys.Length + 2; // The blank before them and a space behind them.
        _glyphs =
        [
            .. keys.Select((key, i) => (Class: i + 1, Glyph: GlyphOf(key))).Where(pair => pair.Glyph >= 0),
        ];
    }

    public static PpOcrReader Open(ModelPack standard)
    {
        var keys = standard.ReadText("pp-ocr-keys").Replace("\r", "").TrimEnd('\n').Split('\n');
        var shapes = Widths.Select(width => new ModelShape(
            [1, 3, Height, width],
            new Dictionary<string, long[]> { [Output] = [1, width / FramePixels, keys.Length + 2] })).ToArray();
        return new(standard.Open("pp-ocrv4-rec", threads: 1, shapes), keys);
    }

    public OnnxModel Network => _model;

    /// <summary>Reads one line of writing.</summary>
    /// <param name="picture">It is only read.</param>
    /// <param name="quad">Around the line.</param>
    /// <param name="line">Is filled.</param>
    /// <returns>Which of the network's shapes that was.</returns>
    public int Read(Picture picture, PlateQuad quad, GlyphLine line)
    {
        var writing = new Writing(quad, 1);
        var aspect = writing.Width / MathF.Max(1, writing.Height);
        var shape = ShapeFor(aspect);
        var width = Widths[shape];
        using var run = _model.Rent(shape);
        var across = Math.Clamp((int)MathF.Ceiling(aspect * Height), 8, width);
        QuadSampler.Draw(picture, quad, across, width, Height, run.Input, Values);
        run.Run();
        Decode(run.Output(Output), width / FramePixels, across / (float)FramePixels, line);
        return shape;
    }

    /// <summary>Frames become places: a run of frames with the same best glyph is one.</summary>
    private void Decode(ReadOnlySpan<float> output, int frames, float framesUsed, GlyphLine line)
    {
        line.Clear();
        Span<float> chances = stackalloc float[PlateAlphabet.Size];
        var last = -1;
        for (var frame = 0; frame < frames; frame++)
        {
            var values = output.Slice(frame * _classes, _classes);
            var blank = values[Blank];
            chances.Clear();
            var known = 0f;
            foreach (var (place, glyph) in _glyphs)
            {
                chances[glyph] += values[place];
                known += values[place];
            }
            var best = 0;
            for (var glyph = 1; glyph < chances.Length; glyph++)
                if (chances[glyph] > chances[best]) best = glyph;
            var other = MathF.Max(0, 1 - blank - known);
            if (blank >= MathF.Max(chances[best], other) || other > chances[best])
            {
                if (other > MathF.Max(blank, chances[best])) line.Others++;
                last = -1;
                continue;
            }
            line.Add(chances, (frame + 0.5f) / framesUsed, isSamePlace: best == last);
            last = best;
        }
    }

    private static int ShapeFor(float aspect)
    {
        for (var i = 0; i < Widths.Length; i++)
            if (aspect * Height <= Widths[i] * 1.05f) return i;
        return Widths.Length - 1;
    }

    private static int GlyphOf(string key)
    {
        if (key.Length != 1 || !char.IsAsciiLetterOrDigit(key[0])) return -1;
        // A small L is drawn as a capital I.
        return PlateAlphabet.IndexOf(key == "l" ? 'I' : char.ToUpperInvariant(key[0]));
    }

    public void Dispose() => _model.Dispose();
}
