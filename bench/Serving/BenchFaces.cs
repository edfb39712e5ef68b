using SightPay.Vision.Faces;
using SightPay.Vision.Models;
using SightPay.Vision.Runtime;

namespace SightPay.Bench.Serving;

/// <summary>A 640x480 photograph of one face and the template it gives.</summary>
internal sealed record BenchFace(byte[] Photo, FaceTemplate Template);

/// <summary>Photographs cut at run time from the sample pictures of a restored package.</summary>
internal static class BenchFaces
{
    private const int Width = 640;
    private const int Height = 480;
    private const float FaceWidthPx = 180;

    public static IReadOnlyList<BenchFace> Cut(int most)
    {
        using var pipeline = FacePipeline.Open(EnginePaths.StandardPack);
        var faces = new List<BenchFace>();
        foreach (var file in Directory.EnumerateFiles(EnginePaths.Samples, "sample*.jpg").Order())
        {
            var group = PictureCodec.Decode(File.ReadAllBytes(file), new PictureLimits());
            foreach (var box in pipeline.Read(group, FaceDemand.Recognise).Boxes)
            {
                var photo = PictureCodec.EncodeJpeg(Cut(group, box), 90);
                var reading = pipeline.Read(PictureCodec.Decode(photo, new PictureLimits()), FaceDemand.Recognise);
                if (reading.IsCrowded || reading.Target?.Template is not { } template) continue;
                // Somebody who stands in two pictures would be two people with one face.
                if (faces.Any(known => FacePipeline.Similarity(known.Template, template) > 0.6f)) continue;
                faces.Add(new BenchFace(photo, template));
                if (faces.Count == most) return faces;
            }
        }
        return faces;
    }

    private static Picture Cut(Picture group, FaceBox box)
    {
        var scale = box.Width / FaceWidthPx;
        var pixels = new byte[Width * Height * 3];
        for (var y = 0; y < Height; y++)
        {
            for (var x = 0; x < Width; x++)
            {
                var column = (int)(box.X + box.Width / 2 + (x - Width / 2) * scale);
                var row = (int)(box.Y + box.Height / 2 + (y - Height / 2) * scale);
                var inside = Math.Abs(x - Width / 2) < FaceWidthPx * 0.8f && Math.Abs(y - Height / 2) < FaceWidthPx
                    && column >= 0 && row >= 0 && column < group.Width && row < group.Height;
                for (var colour = 0; colour < 3; colour++)
                    pixels[(y * Width + x) * 3 + colour] =
                        inside ? group.Pixels[(row * group.Width + column) * 3 + colour] : (byte)(140 + x % 16);
            }
        }
        return new Picture(Width, Height, pixels);
    }
}
