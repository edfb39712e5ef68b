using System.Collections.Concurrent;
using SightPay.Vision.Faces;
using SightPay.Vision.Runtime;

namespace SightPay.Bench.Faces;

/// <summary>Photographs by file name and the faces the pipeline made of them; null is a failure to acquire.</summary>
internal sealed class FaceSet
{
    // Square pictures up to this side are crops that are aligned on the five points already.
    private const int AlignedSideMax = 160;

    private static readonly FaceQuality Unmeasured = new(1, 0, 0, 0, 0, 0, 0, FaceFlaw.None);

    private readonly ConcurrentDictionary<string, Face?> _faces = new();

    private FaceSet()
    {
    }

    public Face? this[string file] => _faces[file];

    public int Failures => _faces.Values.Count(face => face is null);

    public static FaceSet Read(DirectoryInfo data, IEnumerable<string> files, FacePipeline pipeline)
    {
        var set = new FaceSet();
        string[] names = [.. files.Distinct()];
        FaceBench.ForAll("Reading faces", names.Length, i =>
        {
            var bytes = File.ReadAllBytes(Path.Combine(data.FullName, names[i]));
            var picture = PictureCodec.Decode(bytes, new PictureLimits());
            set._faces[names[i]] = Read(picture, pipeline);
        });
        return set;
    }

    private static Face? Read(Picture picture, FacePipeline pipeline)
    {
        if (picture.Width == picture.Height && picture.Width <= AlignedSideMax)
            return new(default, default, Unmeasured, pipeline.EmbedAligned(picture));
        var target = pipeline.Read(picture, FaceDemand.Recognise).Target;
        return target?.Template is null ? null : target;
    }

    /// <summary>The rows of a list without its heading, split at commas.</summary>
    public static IEnumerable<string[]> Rows(DirectoryInfo data, string list, int columns)
    {
        var path = Path.Combine(data.FullName, list);
        if (!File.Exists(path)) throw new BenchException($"There is no {list} in {data.FullName}.");
        foreach (var line in File.ReadLines(path).Skip(1).Where(line => line.Length > 0))
        {
            var cells = line.Split(',');
            if (cells.Length < columns) throw new BenchException($"A row of {path} has too few columns: {line}");
            yield return cells;
        }
    }

    /// <summary>Rightly labelled files by person, from identities.csv, persons in the order of their names.</summary>
    public static SortedDictionary<string, string[]> People(DirectoryInfo data) => new(
        Rows(data, "identities.csv", 3)
            .Where(cells => cells[2].Trim() != "1")
            .GroupBy(cells => cells[1], cells => cells[0])
            .ToDictionary(person => person.Key, person => person.Order(StringComparer.Ordinal).ToArray()),
        StringComparer.Ordinal);
}
