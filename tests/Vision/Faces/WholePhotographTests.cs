using SightPay.Vision.Faces;
using Xunit;

namespace SightPay.Vision.Tests.Faces;

/// <summary>Whole photographs: personal data, which lie beside the repository or nowhere.</summary>
public abstract class WholePhotographTests(FaceBed bed, float sameMin, float differentMax)
{
    private const string Folder = "shared/data/faces/whole";

    [SkippableFact]
    public void Every_photograph_has_a_usable_face_and_all_pairs_are_told_apart()
    {
        var folder = SharedFolder.Require(Folder);
        var templates = Directory.GetFiles(folder, "*.jpg").ToDictionary(
            path => Path.GetFileName(path),
            path => bed.Pipeline.Read(FaceBed.Decode(path), FaceDemand.Recognise).Target?.Template);
        Assert.Equal(64, templates.Count);
        Assert.DoesNotContain(null, templates.Values);
        foreach (var pair in File.ReadLines(Path.Combine(folder, "pairs.csv")).Skip(1).Select(row => row.Split(',')))
        {
            var score = FacePipeline.Similarity(templates[pair[1]]!, templates[pair[2]]!);
            if (pair[3].Trim() == "1") Assert.InRange(score, sameMin, 1);
            else Assert.InRange(score, -1, differentMax);
        }
    }
}

public sealed class StandardWholePhotographTests(FaceBed bed)
    : WholePhotographTests(bed, sameMin: 0.74f, differentMax: 0.66f), IClassFixture<FaceBed>;

public sealed class PreciseWholePhotographTests(PreciseFaceBed bed)
    : WholePhotographTests(bed, sameMin: 0.51f, differentMax: 0.40f), IClassFixture<PreciseFaceBed>;
