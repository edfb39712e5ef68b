using SightPay.Vision.Faces;
using Xunit;

namespace SightPay.Vision.Tests.Faces;

/// <summary>Whole photographs: personal data, which lie beside the repository or nowhere.</summary>
public sealed class WholePhotographTests(FaceBed bed) : IClassFixture<FaceBed>
{
    private const string Folder = "shared/data/faces/whole";

    [SkippableFact]
    public void Every_photograph_has_a_usable_face_and_all_pairs_are_told_apart()
    {
        var folder = Find();
        Skip.If(folder is null, $"../{Folder} is not there.");
        var templates = Directory.GetFiles(folder, "*.jpg").ToDictionary(
            path => Path.GetFileName(path),
            path => bed.Pipeline.Read(FaceBed.Decode(path), FaceDemand.Recognise).Target?.Template);
        Assert.Equal(64, templates.Count);
        Assert.DoesNotContain(null, templates.Values);
        foreach (var pair in File.ReadLines(Path.Combine(folder, "pairs.csv")).Skip(1).Select(row => row.Split(',')))
        {
            var score = FacePipeline.Similarity(templates[pair[1]]!, templates[pair[2]]!);
            if (pair[3].Trim() == "1") Assert.InRange(score, 0.56f, 1);
            else Assert.InRange(score, -1, 0.40f);
        }
    }

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, Folder);
            if (Directory.Exists(candidate)) return candidate;
        }
        return null;
    }
}
