namespace SightPay.Vision.Faces;

/// <summary>Measures an aligned face and names its first flaw.</summary>
internal sealed class FaceQualityGate
{
    private const int Side = AlignedFace.Side;

    // The outermost pixels of the aligned square are hair and background; they are left out.
    private const int Border = 12;

    // FaceMesh puts the chin of a frontal face behind the forehead: the median pitch of the whole photographs is -8.6.
    private const float PitchAtRest = -8;

    /// <param name="DetailMin">Sharpness over contrast squared: so a dark photo is not taken for a blurred one.</param>
    private readonly record struct Limits(
        float EyeDistancePxMin, float ShareOutsideMax, float YawDegreesMax, float PitchDegreesMax, float DetailMin,
        float BrightnessMin, float BrightnessMax, float ContrastMin);

    // Evidence: every second whole photograph, brought to 80 pixels between the eyes and then degraded; given is the
    // median cosine between its template and that of the original (the worst twentieth in brackets).
    //   Size: eyes 30 px apart 1.00 (0.99), 24 px 0.99 (0.99), 18 px 0.98 (0.96).
    //   Detail: box blur twice over 5 px 0.98 (0.96) at 0.024, 7 px 0.95 (0.87) at 0.012, 9 px 0.89 (0.84) at 0.006.
    //   Darkness: brightness 74 0.99 (0.97), 37 and contrast 12 0.96 (0.91). Low contrast alone: 10 0.90 (0.82).
    //   Overexposure: brightness 226 0.87 (0.61), 243 0.41 (-0.16).
    // All 64 whole photographs pass Recognise. Enrolment is compared for years and can be repeated at once, so it asks
    // for what costs at most a few hundredths; a webcam at arm's length gives 60 px between the eyes, and of the 22
    // faces of the six group pictures, cut out and enlarged, only the one in near profile fails it.
    private static readonly Limits Recognise = new(16, 0.10f, 50, 35, 0.004f, 15, 235, 5);
    private static readonly Limits Enrol = new(28, 0.03f, 35, 25, 0.010f, 35, 220, 12);

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
        var enrol = FirstFlaw(measured, outside, Enrol);
        if (enrol == FaceFlaw.None && FaceCover.IsCovered(aligned)) enrol = FaceFlaw.Covered;
        return measured with
        {
            Score = Score(measured, outside),
            Flaw = demand == FaceDemand.Enrol ? enrol : FirstFlaw(measured, outside, Recognise),
            IsClear = enrol == FaceFlaw.None,
        };
    }

    private static FaceFlaw FirstFlaw(FaceQuality face, float shareOutside, Limits limits)
    {
        if (!(face.EyeDistancePx >= limits.EyeDistancePxMin)) return FaceFlaw.TooSmall;
        if (!(shareOutside <= limits.ShareOutsideMax)) return FaceFlaw.CutOff;
        if (!(MathF.Abs(face.YawDegrees) <= limits.YawDegreesMax)) return FaceFlaw.Turned;
        if (!(MathF.Abs(face.PitchDegrees) <= limits.PitchDegreesMax)) return FaceFlaw.Turned;
        if (!(Detail(face) >= limits.DetailMin)) return FaceFlaw.Blurred;
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
        var sharp = Math.Clamp(MathF.Sqrt(Detail(face) / 0.06f), 0.1f, 1);
        var light = Math.Clamp(face.Contrast / 30, 0.1f, 1);
        return size * whole * pose * sharp * light;
    }

    // A face without any contrast has no detail to judge: it is bad light, not blur.
    private static float Detail(FaceQuality face) =>
        face.Contrast < 1 ? 1 : face.Sharpness / (face.Contrast * face.Contrast);

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
