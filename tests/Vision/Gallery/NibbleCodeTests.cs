using SightPay.Vision.Faces;
using SightPay.Vision.Gallery;
using Xunit;

namespace SightPay.Vision.Tests.Gallery;

/// <summary>The search by half bytes answers what a search by floats would: bound, products and answers.</summary>
public sealed class NibbleCodeTests
{
    private const string Pack = "test-1";

    /// <summary>Vectors of every shape that rounding could treat badly.</summary>
    public static TheoryData<string, int> Shapes
    {
        get
        {
            var shapes = new TheoryData<string, int>();
            foreach (var shape in (string[])["normal", "spiky", "one number", "crowded", "positive", "two halves"])
                foreach (var dimensions in (int[])[4, 13, 192, 256, 320, 448]) shapes.Add(shape, dimensions);
            return shapes;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_bound_is_never_below_the_product(string shape, int dimensions)
    {
        var random = new Random(17);
        for (var round = 0; round < 300; round++)
        {
            var (probe, row) = (Draw(shape, dimensions, random), Draw(shape, dimensions, random));
            if (round % 3 == 0) row = Near(probe, random);
            var code = new ProbeCode(Padded(probe));
            var (codes, fine) = (new byte[NibbleCode.StrideOf(dimensions)], new byte[NibbleCode.StrideOf(dimensions)]);
            var scale = NibbleCode.Encode(Padded(row), codes, fine);
            var near = NibbleCode.Product(code, codes);
            var bound = code.Scale * scale.HalfStep * near + scale.Left * code.Length + code.Slack;
            var fineBound = code.Scale * scale.HalfStep * (near + NibbleCode.Product(code, fine) / 16f)
                + scale.FineLeft * code.Length + code.Slack;
            var product = probe.Zip(row, (a, b) => (double)a * b).Sum();
            Assert.True(bound >= product, $"{bound:R} is below {product:R}");
            Assert.True(fineBound >= product, $"{fineBound:R} is below {product:R}");
            Assert.True(Math.Min(bound, fineBound) >= UnitVector.Dot(probe, row));
            if (shape != "normal" || dimensions < 192) continue;
            // And near enough to leave nearly every row out.
            Assert.InRange(bound - product, 0, 0.22);
            Assert.InRange(fineBound - product, 0, 0.03);
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Answers_are_those_of_all_float_products_to_the_last_bit(string shape, int dimensions)
    {
        var random = new Random(23);
        var gallery = new FaceGallery(Pack, dimensions);
        var rows = new List<(Guid Id, float[] Values)>();
        for (var i = 1; i <= 900; i++)
        {
            // Look-alikes and copies: scores that lie close together or are equal.
            var values = i % 5 == 0 ? Near(rows[^1].Values, random) : i % 7 == 0 ? rows[^1].Values : null;
            rows.Add((new(i, 0, 0, new byte[8]), values ?? Draw(shape, dimensions, random)));
            gallery.Put(rows[^1].Id, new(Pack, rows[^1].Values));
        }
        for (var i = 50; i < 90; i++) gallery.Remove(rows[i].Id);
        rows.RemoveRange(50, 40);
        var probes = Enumerable.Range(0, 40)
            .Select(i => i % 2 == 0 ? Near(rows[i * 20].Values, random) : Draw(shape, dimensions, random)).ToArray();
        var matches = new GalleryMatch[probes.Length];
        gallery.Search([.. probes.Select(probe => new FaceTemplate(Pack, probe))], matches);
        for (var i = 0; i < probes.Length; i++)
        {
            var expected = Exhaustive(rows, probes[i]);
            Assert.Equal(expected, gallery.Search(new FaceTemplate(Pack, probes[i])));
            Assert.Equal(expected, matches[i]);
        }
    }

    [Fact]
    public void Of_equal_scores_the_first_counts_whichever_core_saw_it()
    {
        // So many copies that several cores scan them, in no order.
        var gallery = new FaceGallery(Pack, 8);
        var values = new float[8];
        values[3] = 1;
        for (var i = 1; i <= 60_000; i++) gallery.Put(new(i, 0, 0, new byte[8]), new(Pack, values));
        for (var round = 0; round < 20; round++)
        {
            var match = gallery.Search(new FaceTemplate(Pack, values));
            Assert.Equal(new Guid(1, 0, 0, new byte[8]), match.BestId);
            Assert.Equal(new Guid(2, 0, 0, new byte[8]), match.RunnerUpId);
        }
    }

    [Fact]
    public void Products_equal_a_plain_loop_with_and_without_the_processors_own_instructions()
    {
        var random = new Random(5);
        foreach (var dimensions in (int[])[8, 56, 64, 72, 256, 448])
        {
            var probe = Draw("normal", dimensions, random);
            // The largest products there can be: nothing may saturate.
            if (dimensions == 256) probe.AsSpan().Fill(-1 / 16f);
            var code = new ProbeCode(probe);
            var stride = NibbleCode.StrideOf(dimensions);
            var rows = new byte[8 * stride];
            random.NextBytes(rows);
            rows.AsSpan(0, stride).Fill(0xff);
            rows.AsSpan(stride, stride).Fill(0);
            var products = new int[8];
            NibbleCode.Products(code, rows, products);
            for (var row = 0; row < 8; row++)
            {
                var sum = 0;
                for (var i = 0; i < code.Codes.Length; i++)
                {
                    var pair = rows[row * stride + i / 64 * 32 + i % 32];
                    var level = i % 64 < 32 ? pair & 15 : pair >> 4;
                    sum += code.Codes[i] * (2 * level - 15);
                }
                Assert.Equal(sum, products[row]);
                Assert.Equal(sum, NibbleCode.Product(code, rows.AsSpan(row * stride, stride)));
                Assert.Equal(sum, NibbleCode.PortableProduct(code, rows.AsSpan(row * stride, stride)));
            }
        }
    }

    [Fact]
    public void A_cleared_probe_holds_no_numbers()
    {
        var code = new ProbeCode([0.6f, -0.8f, 0, 0, 0, 0, 0, 0]);
        Assert.True(code.Codes.ContainsAnyExcept((sbyte)0));
        code.Clear();
        Assert.False(code.Codes.ContainsAnyExcept((sbyte)0));
    }

    private static GalleryMatch Exhaustive(List<(Guid Id, float[] Values)> rows, float[] probe)
    {
        var top = new TopTwo();
        foreach (var ((id, values), place) in rows.Select((row, place) => (row, place)))
            top.Offer(id, UnitVector.Dot(Padded(probe), Padded(values)), place);
        return top.ToMatch(rows.Count);
    }

    /// <summary>As the gallery keeps rows: the sum of a product depends on how it is cut into vectors.</summary>
    private static float[] Padded(float[] values) => [.. values, .. new float[(8 - values.Length % 8) % 8]];

    private static float[] Near(float[] values, Random random)
    {
        float[] near = [.. values.Select(value => value + (float)(random.NextDouble() - 0.5) * 1e-4f)];
        UnitVector.Normalise(near);
        return near;
    }

    private static float[] Draw(string shape, int dimensions, Random random)
    {
        var values = new float[dimensions];
        for (var i = 0; i < dimensions; i++) values[i] = (float)(random.NextDouble() + random.NextDouble() - 1);
        switch (shape)
        {
            case "spiky":
                values[random.Next(dimensions)] *= 40;
                break;
            case "one number":
                values.AsSpan().Clear();
                values[random.Next(dimensions)] = random.Next(2) == 0 ? 1 : -1;
                break;
            case "crowded":
                for (var i = 0; i < dimensions; i++) values[i] = 1 + 0.01f * values[i];
                break;
            case "positive":
                for (var i = 0; i < dimensions; i++) values[i] = MathF.Abs(values[i]);
                break;
            case "two halves":
                for (var i = 0; i < dimensions / 2; i++) values[i] *= 0.02f;
                break;
        }
        UnitVector.Normalise(values);
        return values;
    }
}
