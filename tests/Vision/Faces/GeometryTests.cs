using SightPay.Vision.Faces;
using SightPay.Vision.Runtime;
using Xunit;

namespace SightPay.Vision.Tests.Faces;

/// <summary>Transforms and sampling against what a plain loop or a hand would compute.</summary>
public sealed class GeometryTests
{
    private static readonly PixelSampler.Values AsIs = new(1, 0);

    [Fact]
    public void A_fit_finds_the_transform_that_was_applied()
    {
        var truth = new SimilarityTransform(1.7f, -0.6f, 31, -12);
        FacePoint[] from = [new(0, 0), new(10, 3), new(-4, 8), new(20, -7), new(5, 5)];
        var fit = SimilarityTransform.Fit(from, [.. from.Select(p => truth.Apply(p.X, p.Y))]);
        Assert.Equal(truth.A, fit.A, 1e-4);
        Assert.Equal(truth.B, fit.B, 1e-4);
        Assert.Equal(truth.Tx, fit.Tx, 1e-3);
        Assert.Equal(truth.Ty, fit.Ty, 1e-3);
    }

    [Fact]
    public void One_transform_after_another_is_one()
    {
        var (first, second) = (new SimilarityTransform(1.2f, 0.4f, 5, -7), new SimilarityTransform(0.3f, -2, 11, 2));
        var (once, both) = (first.Apply(3, 8), second.After(first).Apply(3, 8));
        var twice = second.Apply(once.X, once.Y);
        Assert.Equal(twice.X, both.X, 1e-4);
        Assert.Equal(twice.Y, both.Y, 1e-4);
    }

    [Fact]
    public void A_crop_of_any_size_that_is_aligned_already_lies_in_the_frame()
    {
        Assert.Equal(new(1, 0, 0, 0), AlignedFace.ToCrop(AlignedFace.Side));
        // Middle of the first pixel and far edge of the last, at twice the size.
        var corner = AlignedFace.ToCrop(224).Apply(-0.5f, 111.5f);
        Assert.Equal(-0.5, corner.X, 1e-4);
        Assert.Equal(223.5, corner.Y, 1e-3);
    }

    [Fact]
    public void Pixels_become_planes_in_either_order_of_colours()
    {
        var planes = new float[6];
        PixelSampler.ToPlanes([1, 2, 3, 4, 5, 6], planes, isBlueFirst: false);
        Assert.Equal([1, 4, 2, 5, 3, 6], planes);
        PixelSampler.ToPlanes([1, 2, 3, 4, 5, 6], planes, isBlueFirst: true);
        Assert.Equal([3, 6, 2, 5, 1, 4], planes);
        Assert.Throws<ArgumentException>(() => PixelSampler.ToPlanes([1, 2, 3], planes, isBlueFirst: true));
    }

    [Fact]
    public void Points_that_coincide_cannot_be_fitted()
    {
        FacePoint[] same = [new(3, 3), new(3, 3)];
        Assert.Throws<ArgumentException>(() => SimilarityTransform.Fit(same, same));
        Assert.Throws<ArgumentException>(() => SimilarityTransform.Fit(same, [new(0, 0)]));
    }

    [Fact]
    public void A_square_keeps_its_middle_and_its_side()
    {
        var square = SimilarityTransform.OfSquare(192, new(50, 70), 96, 0.3f);
        var middle = square.Apply(95.5f, 95.5f);
        Assert.Equal(50, middle.X, 1e-3);
        Assert.Equal(70, middle.Y, 1e-3);
        Assert.Equal(0.5, square.Scale, 1e-5);
    }

    [Theory]
    [InlineData(97, 61, 0, 0, 97, 32)]
    [InlineData(640, 480, 0, -80, 640, 256)]
    [InlineData(301, 800, -250, 0, 800, 100)]
    [InlineData(512, 512, 100, 30, 300, 128)]
    public void A_letterbox_averages_areas_like_a_plain_loop(int width, int height, int x, int y, int side, int size)
    {
        var picture = Noise(width, height);
        var target = new float[size * size * 3];
        new PixelSampler().Letterbox(picture, new(x, y, side), size, target, AsIs);
        var factor = side / (double)size;
        var random = new Random(5);
        for (var check = 0; check < 400; check++)
        {
            var (u, v, c) = (random.Next(size), random.Next(size), random.Next(3));
            var sum = 0.0;
            for (var row = (int)Math.Floor(y + v * factor); row < y + (v + 1) * factor; row++)
                for (var column = (int)Math.Floor(x + u * factor); column < x + (u + 1) * factor; column++)
                {
                    if (row < 0 || column < 0 || row >= height || column >= width) continue;
                    var down = Math.Min(row + 1, y + (v + 1) * factor) - Math.Max(row, y + v * factor);
                    var across = Math.Min(column + 1, x + (u + 1) * factor) - Math.Max(column, x + u * factor);
                    sum += down * across * picture.Pixels[(row * width + column) * 3 + c];
                }
            Assert.Equal(sum / factor / factor, target[(v * size + u) * 3 + c], 0.02);
        }
    }

    [Fact]
    public void A_small_picture_is_enlarged_and_framed_with_the_value_of_black()
    {
        var grey = new byte[50 * 30 * 3];
        grey.AsSpan().Fill(100);
        var target = new float[256 * 256 * 3];
        new PixelSampler().Letterbox(new(50, 30, grey), new(0, -10, 50), 256, target, new(1 / 127.5f, -1));
        Assert.Equal(-1, target[0]);
        Assert.Equal(100 / 127.5f - 1, target[(128 * 256 + 128) * 3], 1e-5);
        Assert.Equal(-1, target[^1]);
    }

    [Theory]
    [InlineData(0.4f, 0.2f)]
    [InlineData(1, 0)]
    [InlineData(1.2f, -0.7f)]
    [InlineData(-1.4f, 0.3f)]
    public void A_warp_interpolates_like_a_plain_loop(float a, float b)
    {
        const int size = 40;
        var picture = Noise(90, 70);
        var transform = new SimilarityTransform(a, b, 20.3f, 15.8f);
        var target = new float[size * size * 3];
        new PixelSampler().Warp(picture, transform, size, target, AsIs);
        for (var i = 0; i < size * size * 3; i++)
        {
            var p = transform.Apply(i / 3 % size, i / 3 / size);
            var (x, y) = (Math.Floor((double)p.X), Math.Floor((double)p.Y));
            double At(double column, double row) => picture.Pixels[
                (int)(Math.Clamp(row, 0, 69) * 90 + Math.Clamp(column, 0, 89)) * 3 + i % 3];
            var upper = At(x, y) + (At(x + 1, y) - At(x, y)) * (p.X - x);
            var lower = At(x, y + 1) + (At(x + 1, y + 1) - At(x, y + 1)) * (p.X - x);
            Assert.Equal(upper + (lower - upper) * (p.Y - y), target[i], 0.1);
        }
    }

    [Theory]
    [InlineData(3.2f)]
    [InlineData(7.9f)]
    [InlineData(40f)]
    public void Shrinking_does_not_alias(float scale)
    {
        // Stripes one pixel wide are grey from afar; sampling points would give black, white or waves of both.
        var pixels = new byte[2000 * 1500 * 3];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = (byte)(i / 3 % 2 * 255);
        var target = new float[32 * 32 * 3];
        new PixelSampler().Warp(new(2000, 1500, pixels), new(scale, 0, 100, 100), 32, target, AsIs);
        Assert.All(target, value => Assert.InRange(value, 80, 176));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(1, 400)]
    public void Tiny_pictures_and_squares_far_outside_are_sampled_safely(int width, int height)
    {
        var picture = Noise(width, height);
        var target = new float[16 * 16 * 3];
        foreach (var scale in new[] { 0.01f, 1, 5, 300 })
            foreach (var shift in new[] { -1e6f, -50, 0, 50, 1e6f })
            {
                new PixelSampler().Warp(picture, new(scale, scale / 3, shift, shift), 16, target, AsIs);
                Assert.All(target, value => Assert.InRange(value, -0.5f, 255.5f));
            }
    }

    [Fact]
    public void Only_the_best_of_overlapping_boxes_stays()
    {
        static FaceCandidate Box(float x, float score) => new(new(x, 0, 100, 100, score), default, 100, 0);
        List<FaceCandidate> found = [Box(10, 0.7f), Box(0, 0.9f), Box(200, 0.6f), Box(205, 0.8f), Box(60, 0.65f)];
        FaceDetector.Suppress(found);
        Assert.Equal([0.9f, 0.8f, 0.65f], found.Select(face => face.Box.FaceScore));
        Assert.Equal(1 / 3f, FaceDetector.Overlap(new(0, 0, 100, 100, 1), new(50, 0, 100, 100, 1)), 1e-5);
        Assert.Equal(0, FaceDetector.Overlap(new(0, 0, 10, 10, 1), new(20, 0, 10, 10, 1)));
    }

    private static Picture Noise(int width, int height)
    {
        var pixels = new byte[width * height * 3];
        new Random(9).NextBytes(pixels);
        return new(width, height, pixels);
    }
}
