namespace SightPay.Vision.Faces;

/// <summary>Measures an aligned face and names its first flaw.</summary>
internal sealed class FaceQualityGate
{
    private const int Side = MobileFaceNet.Side;

    // The outermost pixels of the aligned square are hair and background; they are left out.
    private const int Border = 12;

    // FaceMesh puts the forehead of a frontal face a little behind the chin: the median pitch of the whole photographs.
    private const float PitchAtRest = 0;

    private readonly record struct Limits(
        float EyeDistancePxMin, float ShareOutsideMax, float YawDegreesMax, float PitchDegreesMax, float SharpnessMin,
        float BrightnessMin, float BrightnessMax, float ContrastMin);

    private static readonly Limits Recognise = new(18, 0.10f, 50, 35, 10, 20, 245, 8);
    private static readonly Limits Enrol = new(30, 0.03f, 30, 25, 40, 40, 225, 15);

    private readonly float[] _grey = new float[Side * Side];

    /// <param name="mesh">Landmarks in pixels of the picture.</param>
    /// <param name="aligned">The aligned face as MobileFaceNet takes it.</param>
    public FaceQuality Measure(
        MeshReading mesh, ReadOnlySpan<float> aligned, int pictureWidth, int pictureHeight, FaceDemand demand)
    {
        var five = mesh.Five;
        var eyes = MathF.Sqrt(
            MathF.Pow(five.RightEye.X - five.LeftEye.X, 2) + MathF.Pow(five.RightEye.Y - five.LeftEye.Y, 2));
        TakeGrey(aligned);
        var (brightness, contrast) = Light();
        var measured = new FaceQuality(
            0, eyes, Sharpness(), mesh.YawDegrees, mesh.PitchDegrees - PitchAtRest, brightness, contrast,
            FaceFlaw.None);
        var outside = mesh.ShareOutside(pictureWidth, pictureHeight);
        return measured with
        {
            Score = Score(measured, outside),
            Flaw = FirstFlaw(measured, outside, demand == FaceDemand.Enrol ? Enrol : Recognise),
        };
    }

    private static FaceFlaw FirstFlaw(FaceQuality face, float shareOutside, Limits limits)
    {
        if (!(face.EyeDistancePx >= limits.EyeDistancePxMin)) return FaceFlaw.TooSmall;
        if (!(shareOutside <= limits.ShareOutsideMax)) return FaceFlaw.CutOff;
        if (!(MathF.Abs(face.YawDegrees) <= limits.YawDegreesMax)) return FaceFlaw.Turned;
        if (!(MathF.Abs(face.PitchDegrees) <= limits.PitchDegreesMax)) return FaceFlaw.Turned;
        if (!(face.Sharpness >= limits.SharpnessMin)) return FaceFlaw.Blurred;
        var isLit = face.Brightness >= limits.BrightnessMin && face.Brightness <= limits.BrightnessMax
            && face.Contrast >= limits.ContrastMin;
        return isLit ? FaceFlaw.None : FaceFlaw.BadLight;
    }

    /// <summary>A product of five shares, each 1 where more of it no longer helps the embedder.</summary>
    private static float Score(FaceQuality face, float shareOutside)
    {
        var size = Math.Clamp(face.EyeDistancePx / 40, 0.1f, 1);
        var whole = Math.Clamp(1 - 4 * shareOutside, 0.1f, 1);
        var pose = MathF.Max(0.1f, MathF.Cos(face.YawDegrees * MathF.PI / 180))
            * MathF.Max(0.1f, MathF.Cos(face.PitchDegrees * MathF.PI / 180));
        var sharp = Math.Clamp(MathF.Sqrt(face.Sharpness / 150), 0.1f, 1);
        var light = Math.Clamp(face.Contrast / 30, 0.1f, 1);
        return size * whole * pose * sharp * light;
    }

    private void TakeGrey(ReadOnlySpan<float> aligned)
    {
        for (var i = 0; i < _grey.Length; i++)
        {
            var luma = 0.299f * aligned[i * 3] + 0.587f * aligned[i * 3 + 1] + 0.114f * aligned[i * 3 + 2];
            _grey[i] = luma * 128 + 127.5f;
        }
    }

    private (float Mean, float Deviation) Light()
    {
        double sum = 0, squares = 0;
        for (var y = Border; y < Side - Border; y++)
            foreach (var grey in _grey.AsSpan(y * Side + Border, Side - 2 * Border))
            {
                sum += grey;
                squares += grey * grey;
            }
        const double N = (Side - 2 * Border) * (Side - 2 * Border);
        var mean = sum / N;
        return ((float)mean, (float)Math.Sqrt(Math.Max(0, squares / N - mean * mean)));
    }

    /// <summary>Variance of the four-neighbour Laplacian.</summary>
    private float Sharpness()
    {
        double sum = 0, squares = 0;
        for (var y = Border; y < Side - Border; y++)
            for (var x = Border; x < Side - Border; x++)
            {
                var i = y * Side + x;
                var laplacian = _grey[i - 1] + _grey[i + 1] + _grey[i - Side] + _grey[i + Side] - 4 * _grey[i];
                sum += laplacian;
                squares += laplacian * laplacian;
            }
        const double N = (Side - 2 * Border) * (Side - 2 * Border);
        return (float)Math.Max(0, squares / N - sum / N * (sum / N));
    }
}
