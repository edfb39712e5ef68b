using SightPay.Vision.Faces;
using SightPay.Vision.Gallery;
using Xunit;

namespace SightPay.Vision.Tests.Gallery;

public sealed class FaceGalleryTests
{
    private const string Pack = "test-1";

    [Theory]
    [InlineData(1, 192)]
    [InlineData(3, 192)]
    [InlineData(255, 192)]
    [InlineData(1_000, 256)]
    [InlineData(700, 13)] // No whole number of vectors.
    [InlineData(60_000, 24)] // Large enough for several cores.
    public void Finds_the_same_two_as_a_plain_loop(int people, int dimensions)
    {
        var random = new Random(7);
        var gallery = new FaceGallery(Pack, dimensions);
        var templates = Enumerable.Range(1, people).ToDictionary(Id, _ => Unit(random, dimensions));
        foreach (var (id, template) in templates) gallery.Put(id, template);
        for (var round = 0; round < 10; round++)
        {
            var probe = Unit(random, dimensions);
            var match = gallery.Search(probe);
            var plain = templates.Select(t => (t.Key, Score: Plain(probe, t.Value)))
                .OrderByDescending(t => t.Score).Take(2).ToArray();
            Assert.Equal(plain[0].Key, match.BestId);
            Assert.Equal(plain[0].Score, match.BestScore, 1e-5);
            Assert.Equal(people, match.Searched);
            if (people == 1)
            {
                Assert.Null(match.RunnerUpId);
                Assert.Equal(-1, match.RunnerUpScore);
                continue;
            }
            Assert.Equal(plain[1].Key, match.RunnerUpId);
            Assert.Equal(plain[1].Score, match.RunnerUpScore, 1e-5);
        }
    }

    [Fact]
    public void An_empty_gallery_finds_nobody()
    {
        var match = new FaceGallery(Pack, 16).Search(Unit(new Random(1), 16));
        Assert.Equal(new GalleryMatch(null, -1, null, -1, 0), match);
    }

    [Fact]
    public void A_subset_is_searched_alone_and_counts_a_person_once()
    {
        var random = new Random(3);
        var gallery = new FaceGallery(Pack, 32);
        for (var i = 1; i <= 50; i++) gallery.Put(Id(i), Unit(random, 32));
        var probe = Unit(random, 32);
        gallery.Put(Id(60), probe);
        var match = gallery.Search(probe, [Id(4), Id(5), Id(5), Id(4), Id(999)]);
        Assert.Equal(2, match.Searched);
        Assert.Equal([Id(4), Id(5)], new[] { match.BestId!.Value, match.RunnerUpId!.Value }.Order());
        Assert.Equal(Id(60), gallery.Search(probe).BestId);
        Assert.Equal(0, gallery.Search(probe, []).Searched);
    }

    [Fact]
    public void Replacing_leaves_one_template_a_person()
    {
        var random = new Random(4);
        var gallery = new FaceGallery(Pack, 32);
        var (old, now) = (Unit(random, 32), Unit(random, 32));
        gallery.Put(Id(1), old);
        gallery.Put(Id(1), now);
        var match = gallery.Search(now);
        Assert.Equal((1, 1), (gallery.Count, match.Searched));
        Assert.Equal(1, match.BestScore, 1e-5);
        Assert.Null(match.RunnerUpId);
    }

    [Fact]
    public void An_erased_person_is_gone_and_their_row_is_used_again()
    {
        var random = new Random(5);
        var gallery = new FaceGallery(Pack, 32);
        for (var i = 1; i <= 600; i++) gallery.Put(Id(i), Unit(random, 32));
        var probe = Unit(random, 32);
        gallery.Put(Id(300), probe);
        Assert.True(gallery.Remove(Id(300)));
        Assert.False(gallery.Remove(Id(300)));
        Assert.False(gallery.Contains(Id(300)));
        Assert.NotEqual(Id(300), gallery.Search(probe).BestId);
        Assert.Equal((599, 599), (gallery.Count, gallery.Search(probe).Searched));
        gallery.Put(Id(1_000), probe);
        Assert.Equal(Id(1_000), gallery.Search(probe).BestId);
    }

    [Fact]
    public void An_erased_row_beats_nobody_even_when_all_others_are_opposite()
    {
        var gallery = new FaceGallery(Pack, 4);
        gallery.Put(Id(1), new(Pack, [1, 0, 0, 0]));
        gallery.Put(Id(2), new(Pack, [-1, 0, 0, 0]));
        gallery.Remove(Id(1));
        var match = gallery.Search(new(Pack, [1, 0, 0, 0]));
        Assert.Equal((Id(2), -1f), (match.BestId!.Value, match.BestScore));
        Assert.Null(match.RunnerUpId);
    }

    [Fact]
    public void Erasing_overwrites_the_numbers()
    {
        var block = new GalleryBlock(0, 8);
        block.Write(3, Id(1), [1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.False(block.IsErased(3));
        block.Erase(3);
        Assert.True(block.IsErased(3));
    }

    public static TheoryData<string, float[]> Unfit => new()
    {
        { Pack, [0, 0, 0, 0] },
        { Pack, [float.NaN, 0, 0, 1] },
        { Pack, [float.PositiveInfinity, 0, 0, 0] },
        { Pack, [2, 0, 0, 0] },
        { Pack, [1, 0, 0] },
        { Pack, [] },
        { "other-1", [1, 0, 0, 0] },
    };

    [Theory]
    [MemberData(nameof(Unfit))]
    public void Unfit_templates_are_refused(string pack, float[] values)
    {
        var gallery = new FaceGallery(Pack, 4);
        gallery.Put(Id(1), new(Pack, [1, 0, 0, 0]));
        var unfit = new FaceTemplate(pack, values);
        Assert.Throws<ArgumentException>(() => gallery.Put(Id(2), unfit));
        Assert.Throws<ArgumentException>(() => gallery.Search(unfit));
        Assert.Throws<ArgumentException>(() => gallery.Search(unfit, [Id(1)]));
        Assert.Throws<ArgumentException>(() => gallery.Put(Guid.Empty, new(Pack, [1, 0, 0, 0])));
        Assert.Equal(1, gallery.Count);
    }

    [Fact]
    public async Task Searches_during_changes_never_mix_two_people()
    {
        // Two people swap between two opposite templates and one row; a mixture would score neither 1 nor below.
        var gallery = new FaceGallery(Pack, 64);
        float[] up = [.. Enumerable.Repeat(1 / 8f, 64)];
        float[] down = [.. Enumerable.Repeat(-1 / 8f, 64)];
        gallery.Put(Id(9), new(Pack, down));
        using var ended = new CancellationTokenSource(TimeSpan.FromMilliseconds(400));
        var writer = Task.Run(() =>
        {
            while (!ended.IsCancellationRequested)
            {
                gallery.Put(Id(1), new(Pack, up));
                gallery.Remove(Id(1));
                gallery.Put(Id(2), new(Pack, down));
                gallery.Remove(Id(2));
            }
        });
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            var probe = new FaceTemplate(Pack, up);
            while (!ended.IsCancellationRequested)
            {
                var match = gallery.Search(probe);
                Assert.Equal(match.BestId == Id(1) ? 1f : -1f, match.BestScore, 1e-5);
            }
        }));
        await Task.WhenAll(readers.Append(writer));
        Assert.Equal(1, gallery.Count);
    }

    private static Guid Id(int i) => new(i, 0, 0, new byte[8]);

    private static FaceTemplate Unit(Random random, int dimensions)
    {
        var values = new float[dimensions];
        for (var i = 0; i < dimensions; i++) values[i] = (float)(random.NextDouble() - 0.5);
        UnitVector.Normalise(values);
        return new(Pack, values);
    }

    private static double Plain(FaceTemplate a, FaceTemplate b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Values.Length; i++) sum += (double)a.Values[i] * b.Values[i];
        return sum;
    }
}
