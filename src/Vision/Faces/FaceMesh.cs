using SightPay.Vision.Models;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Faces;

/// <summary>
/// FaceMesh, 192x192: 468 points in three dimensions. The first pass starts from the detector's box and eyes, the
/// second from the first one's points, which steadies them.
/// </summary>
internal sealed class FaceMesh : IDisposable
{
    public const int Vertices = 468;

    private const int Side = 192;
    private const int Passes = 2;
    private const string Points = "mesh";
    private const string Presence = "face_flag";

    // The net wants the face with a margin: box or extent of the points times this.
    private const float Enlargement = 1.5f;

    private static readonly PixelSampler.Values ZeroToOne = new(1 / 255f, 0);

    private readonly OnnxModel _model;

    private FaceMesh(OnnxModel model) => _model = model;

    public static FaceMesh Open(ModelPack pack, int threads) => new(pack.Open("facemesh", threads));

    /// <summary>Buffers of the bare network, for measuring the pipeline beside it.</summary>
    public OnnxRun Rent() => _model.Rent();

    /// <summary>Reads the mesh of one face; false when the net sees no face there.</summary>
    public bool Read(Picture picture, FaceCandidate candidate, PixelSampler sampler, MeshReading reading)
    {
        using var run = _model.Rent();
        var (centre, side, turn) = (candidate.Centre, candidate.Side * Enlargement, candidate.Turn);
        for (var pass = 0; pass < Passes; pass++)
        {
            var toPicture = SimilarityTransform.OfSquare(Side, centre, side, turn);
            sampler.Warp(picture, toPicture, Side, run.Input, ZeroToOne);
            run.Run();
            if (!reading.Take(run.Output(Points), run.Output(Presence)[0], toPicture)) return false;
            var five = reading.Five;
            turn = MathF.Atan2(five.RightEye.Y - five.LeftEye.Y, five.RightEye.X - five.LeftEye.X);
            (centre, side) = (reading.Centre, reading.Extent * Enlargement);
        }
        return true;
    }

    public void Dispose() => _model.Dispose();
}

/// <summary>One face's mesh in pixels of the picture. Memory is reused: one caller at a time.</summary>
internal sealed class MeshReading
{
    // Below this the crop holds no face. Measured: the faces of the whole photographs and group pictures 1.00, the
    // lowest (nearly in profile) 0.55; of 83 boxes beside them one 0.99, the others 0.19 and less.
    private const float PresenceMin = 0.35f;

    private readonly float[] _crop = new float[FaceMesh.Vertices * 3];
    private readonly FacePoint[] _points = new FacePoint[FaceMesh.Vertices];
    private float _scale;

    public ReadOnlySpan<FacePoint> Points => _points;

    /// <summary>How far a point lies behind the face's middle, in pixels of the picture; negative: before it.</summary>
    public float Depth(int vertex) => _crop[vertex * 3 + 2] * _scale;
    public FacePoint Centre { get; private set; }

    /// <summary>The longer side of the upright box around all points.</summary>
    public float Extent { get; private set; }

    /// <summary>How sure the net is that the crop holds a face, 0..1.</summary>
    public float Presence { get; private set; }

    /// <summary>Takes over one run's answer; false when it is no face or no numbers.</summary>
    public bool Take(ReadOnlySpan<float> crop, float presence, SimilarityTransform toPicture)
    {
        crop[.._crop.Length].CopyTo(_crop);
        (Presence, _scale) = (presence, toPicture.Scale);
        var (left, top, right, bottom) = (float.MaxValue, float.MaxValue, float.MinValue, float.MinValue);
        for (var i = 0; i < _points.Length; i++)
        {
            var p = toPicture.Apply(_crop[i * 3], _crop[i * 3 + 1]);
            _points[i] = p;
            (left, right) = (MathF.Min(left, p.X), MathF.Max(right, p.X));
            (top, bottom) = (MathF.Min(top, p.Y), MathF.Max(bottom, p.Y));
        }
        Centre = new((left + right) / 2, (top + bottom) / 2);
        Extent = MathF.Max(right - left, bottom - top);
        return Presence >= PresenceMin && float.IsFinite(Extent) && Extent > 1;
    }

    /// <summary>Eyes as the middle of their corners, nose tip, mouth corners.</summary>
    public FivePoints Five => new(
        Middle(33, 133), Middle(362, 263), _points[4], _points[61], _points[291]);

    /// <summary>Degrees the face turns to the picture's right: its right cheek then lies further back.</summary>
    public float YawDegrees => Degrees(
        _crop[454 * 3 + 2] - _crop[234 * 3 + 2], _crop[454 * 3] - _crop[234 * 3]);

    /// <summary>Degrees between the line from forehead to chin and the picture's plane; positive when the forehead lies
    /// further back than the chin.</summary>
    public float PitchDegrees => Degrees(
        _crop[10 * 3 + 2] - _crop[152 * 3 + 2], _crop[152 * 3 + 1] - _crop[10 * 3 + 1]);

    /// <summary>Lid from lid over corner from corner, mean of both eyes; measured in space, so that a turned face's
    /// eyes are as open as before.</summary>
    public float EyesOpen =>
        (Gap(160, 144) / Gap(33, 133) + Gap(158, 153) / Gap(33, 133)
            + Gap(385, 380) / Gap(362, 263) + Gap(387, 373) / Gap(362, 263)) / 4;

    /// <summary>Lip from lip over corner from corner, along the lips' inner edge.</summary>
    public float MouthOpen => (Gap(82, 87) + Gap(13, 14) + Gap(312, 317)) / (3 * Gap(78, 308));

    /// <summary>Share of the points that lie outside a picture of this size, 0..1.</summary>
    public float ShareOutside(int width, int height)
    {
        var outside = 0;
        foreach (var p in _points)
            if (p.X < -0.5f || p.Y < -0.5f || p.X > width - 0.5f || p.Y > height - 0.5f) outside++;
        return outside / (float)_points.Length;
    }

    private FacePoint Middle(int a, int b) =>
        new((_points[a].X + _points[b].X) / 2, (_points[a].Y + _points[b].Y) / 2);

    private float Gap(int a, int b)
    {
        var (x, y, z) = (
            _crop[a * 3] - _crop[b * 3], _crop[a * 3 + 1] - _crop[b * 3 + 1], _crop[a * 3 + 2] - _crop[b * 3 + 2]);
        return MathF.Sqrt(x * x + y * y + z * z);
    }

    private static float Degrees(float depth, float length) => MathF.Atan2(depth, length) * (180 / MathF.PI);
}
