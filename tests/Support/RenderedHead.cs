using SightPay.Vision.Faces;
using SightPay.Vision.Models;
using SightPay.Vision.Runtime;

namespace SightPay.Tests.Support;

/// <summary>How a rendered head holds itself in one frame.</summary>
/// <param name="YawDegrees">Positive: to the picture's right, which is the person's left.</param>
/// <param name="PitchDegrees">Positive: looking up.</param>
/// <param name="EyesClosed">0 as in the photo, 1 closed.</param>
/// <param name="MouthOpen">0 as in the photo; 1: the chin is lowered by a third of its distance from the mouth.</param>
public sealed record Pose(
    float YawDegrees = 0, float PitchDegrees = 0, float EyesClosed = 0, float MouthOpen = 0)
{
    public static Pose Still { get; } = new();
}

/// <summary>
/// A photograph laid over the surface that FaceMesh reads from it, so that the face can turn, nod, blink and open its
/// mouth: somebody alive, made of one picture. The background is stretched along.
/// </summary>
public sealed class RenderedHead
{
    // Lids and lips as FaceMesh numbers them; an upper point and the lower one that it meets.
    private static readonly (int Upper, int Lower)[] Lids =
    [
        (246, 7), (161, 163), (160, 144), (159, 145), (158, 153), (157, 154), (173, 155),
        (466, 249), (388, 390), (387, 373), (386, 374), (385, 380), (384, 381), (398, 382),
    ];

    private static readonly int[] UpperLip = [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308];
    private static readonly int[] LowerLip = [95, 88, 178, 87, 14, 317, 402, 318, 324];

    private readonly Picture _photo;
    private readonly Point[] _rest;
    private readonly List<(int A, int B, int C)> _triangles;
    private readonly HashSet<int> _mouth = [.. UpperLip, .. LowerLip];

    private readonly record struct Point(float X, float Y, float Z);

    /// <exception cref="ArgumentException">The photo shows no face.</exception>
    public RenderedHead(Picture photo)
    {
        _photo = photo;
        _rest = Surface(photo);
        _triangles = Delaunay([.. _rest.Select(p => (p.X, p.Y))]);
    }

    public Picture Draw(Pose pose)
    {
        var moved = Move(pose);
        var pixels = new byte[_photo.Width * _photo.Height * 3];
        _photo.Pixels.CopyTo(pixels);
        // Far ones first: what is nearer is painted over them.
        foreach (var (a, b, c) in _triangles.OrderByDescending(t => moved[t.A].Z + moved[t.B].Z + moved[t.C].Z))
            Paint(pixels, a, b, c, moved);
        return new Picture(_photo.Width, _photo.Height, pixels);
    }

    /// <summary>Frames of one gesture with the rest before and after it; ten frames are a second.</summary>
    public const int GestureFrames = 20;

    /// <summary>All gestures of a challenge after one another, over and over, by somebody who never stands quite still.
    /// </summary>
    public static IEnumerable<Pose> Gestures(int frames) =>
        Enumerable.Range(0, frames).Select(frame => Gesture(frame / GestureFrames % Peaks.Length, frame));

    /// <summary>One of the gestures, in the order of the challenge's steps.</summary>
    public static IEnumerable<Pose> Gesture(int gesture) =>
        Enumerable.Range(gesture * GestureFrames, GestureFrames).Select(frame => Gesture(gesture, frame));

    private static readonly Pose[] Peaks =
    [
        new(EyesClosed: 1), new(YawDegrees: 30), new(YawDegrees: -30), new(PitchDegrees: -22), new(MouthOpen: 1),
    ];

    private static Pose Gesture(int gesture, int frame)
    {
        var peak = Peaks[gesture];
        // There and back within the middle of its time; a blink is over sooner.
        var swing = MathF.Sin(MathF.PI * (frame % GestureFrames) / GestureFrames);
        var (slow, fast) = (Math.Clamp(3 * swing - 2, 0, 1), Math.Clamp(4 * swing - 3, 0, 1));
        return new(
            peak.YawDegrees * slow + 0.4f * MathF.Sin(frame), peak.PitchDegrees * slow + 0.4f * MathF.Cos(frame),
            peak.EyesClosed * fast, peak.MouthOpen * slow);
    }

    /// <summary>A print that a hand turns, tilts and moves: everything of it moves, nothing in it.</summary>
    public static IEnumerable<Pose> HeldByHand(int frames)
    {
        for (var frame = 0; frame < frames; frame++)
            yield return new(25 * MathF.Sin(frame * 0.4f), 20 * MathF.Sin(frame * 0.23f));
    }

    private Point[] Move(Pose pose)
    {
        var moved = (Point[])_rest.Clone();
        foreach (var (upper, lower) in Lids)
            moved[upper] = Between(_rest[upper], _rest[lower], pose.EyesClosed);
        Lower(moved, pose.MouthOpen);
        var face = _rest.AsSpan(0, FaceMesh.Vertices);
        var (x, y, z) = (0f, 0f, float.MinValue);
        foreach (var p in face)
        {
            (x, y) = (x + p.X / FaceMesh.Vertices, y + p.Y / FaceMesh.Vertices);
            z = MathF.Max(z, p.Z);
        }
        var (sinYaw, cosYaw) = MathF.SinCos(pose.YawDegrees * MathF.PI / 180);
        var (sinPitch, cosPitch) = MathF.SinCos(pose.PitchDegrees * MathF.PI / 180);
        for (var i = 0; i < FaceMesh.Vertices; i++)
        {
            // Around the neck's axis, behind the face.
            var (dx, dy, dz) = (moved[i].X - x, moved[i].Y - y, moved[i].Z - z);
            (dx, dz) = (dx * cosYaw - dz * sinYaw, dx * sinYaw + dz * cosYaw);
            (dy, dz) = (dy * cosPitch + dz * sinPitch, -dy * sinPitch + dz * cosPitch);
            moved[i] = new(x + dx, y + dy, z + dz);
        }
        return moved;
    }

    /// <summary>The lower lip and everything below it go down; the chin itself by the full length.</summary>
    private void Lower(Point[] moved, float share)
    {
        var (mouth, chin) = (_rest[13].Y, _rest[152].Y);
        var way = (chin - mouth) / 3 * share;
        var width = MathF.Abs(_rest[308].X - _rest[78].X);
        for (var i = 0; i < FaceMesh.Vertices; i++)
        {
            var isLower = _rest[i].Y > mouth + 0.5f || LowerLip.Contains(i);
            if (!isLower || UpperLip.Contains(i)) continue;
            var across = MathF.Abs(_rest[i].X - _rest[13].X) / width;
            moved[i] = moved[i] with { Y = moved[i].Y + way * Math.Clamp(1.4f - across, 0, 1) };
        }
    }

    private static Point Between(Point a, Point b, float share) =>
        new(a.X + (b.X - a.X) * share, a.Y + (b.Y - a.Y) * share, a.Z + (b.Z - a.Z) * share);

    private static Point[] Surface(Picture photo)
    {
        using var pipeline = FacePipeline.Open(EnginePaths.StandardPack);
        var (sampler, mesh) = (new PixelSampler(), new MeshReading());
        var found = new List<FaceCandidate>();
        pipeline.Detector.Find(photo, sampler, found);
        if (found.Count == 0 || !pipeline.Mesh.Read(photo, found[0], sampler, mesh))
            throw new ArgumentException("The photo shows no face.", nameof(photo));
        var surface = new List<Point>();
        for (var i = 0; i < FaceMesh.Vertices; i++)
            surface.Add(new(mesh.Points[i].X, mesh.Points[i].Y, mesh.Depth(i)));
        // The frame stays where it is, and lies behind everything.
        const int parts = 8;
        var (right, bottom, far) = (photo.Width - 1f, photo.Height - 1f, 4 * mesh.Extent);
        for (var i = 0; i < parts; i++)
        {
            var (x, y) = (right * i / parts, bottom * i / parts);
            surface.AddRange(
                [new(x, 0, far), new(right, y, far), new(right - x, bottom, far), new(0, bottom - y, far)]);
        }
        return [.. surface];
    }

    private void Paint(byte[] pixels, int a, int b, int c, Point[] moved)
    {
        var (p, q, r) = (moved[a], moved[b], moved[c]);
        var area = (q.X - p.X) * (r.Y - p.Y) - (r.X - p.X) * (q.Y - p.Y);
        if (MathF.Abs(area) < 1e-3f) return;
        var isInside = _mouth.Contains(a) && _mouth.Contains(b) && _mouth.Contains(c);
        var (left, top) = (
            Math.Max(0, (int)MathF.Min(p.X, MathF.Min(q.X, r.X))),
            Math.Max(0, (int)MathF.Min(p.Y, MathF.Min(q.Y, r.Y))));
        var (right, bottom) = (
            Math.Min(_photo.Width - 1, (int)MathF.Ceiling(MathF.Max(p.X, MathF.Max(q.X, r.X)))),
            Math.Min(_photo.Height - 1, (int)MathF.Ceiling(MathF.Max(p.Y, MathF.Max(q.Y, r.Y)))));
        for (var y = top; y <= bottom; y++)
            for (var x = left; x <= right; x++)
            {
                var u = ((x - p.X) * (r.Y - p.Y) - (r.X - p.X) * (y - p.Y)) / area;
                var v = ((q.X - p.X) * (y - p.Y) - (x - p.X) * (q.Y - p.Y)) / area;
                if (u < -0.001f || v < -0.001f || u + v > 1.001f) continue;
                var from = At(_rest[a], _rest[b], _rest[c], u, v);
                for (var colour = 0; colour < 3; colour++)
                    pixels[(y * _photo.Width + x) * 3 + colour] =
                        isInside
                            ? (byte)(45 - 12 * colour)
                            : (byte)SampleFaces.Sample(_photo, from.X, from.Y, colour);
            }
    }

    private static (float X, float Y) At(Point a, Point b, Point c, float u, float v) => (
        a.X + (b.X - a.X) * u + (c.X - a.X) * v, a.Y + (b.Y - a.Y) * u + (c.Y - a.Y) * v);

    /// <summary>Bowyer and Watson's: each point removes the triangles in whose circle it lies.</summary>
    private static List<(int A, int B, int C)> Delaunay((float X, float Y)[] points)
    {
        const double far = 1e5;
        (double X, double Y)[] all =
            [.. points.Select(p => ((double)p.X, (double)p.Y)), (-far, -far), (far, -far), (0, far)];
        var triangles = new List<(int A, int B, int C)> { (points.Length, points.Length + 1, points.Length + 2) };
        for (var i = 0; i < points.Length; i++)
        {
            var broken = triangles.Where(t => IsInCircle(all[t.A], all[t.B], all[t.C], all[i])).ToList();
            var edges = broken.SelectMany(t => new[] { (t.A, t.B), (t.B, t.C), (t.C, t.A) })
                .GroupBy(e => (Math.Min(e.Item1, e.Item2), Math.Max(e.Item1, e.Item2)))
                .Where(group => group.Count() == 1).Select(group => group.First()).ToList();
            triangles.RemoveAll(broken.Contains);
            triangles.AddRange(edges.Select(e => (e.Item1, e.Item2, i)));
        }
        triangles.RemoveAll(t => t.A >= points.Length || t.B >= points.Length || t.C >= points.Length);
        return triangles;
    }

    private static bool IsInCircle(
        (double X, double Y) a, (double X, double Y) b, (double X, double Y) c, (double X, double Y) p)
    {
        var (ax, ay, bx, by, cx, cy) = (a.X - p.X, a.Y - p.Y, b.X - p.X, b.Y - p.Y, c.X - p.X, c.Y - p.Y);
        var inside = (ax * ax + ay * ay) * (bx * cy - cx * by) - (bx * bx + by * by) * (ax * cy - cx * ay)
            + (cx * cx + cy * cy) * (ax * by - bx * ay);
        var turn = (b.X - a.X) * (c.Y - a.Y) - (c.X - a.X) * (b.Y - a.Y);
        return turn > 0 ? inside > 0 : inside < 0;
    }
}
