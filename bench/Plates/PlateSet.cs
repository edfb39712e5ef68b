using System.Globalization;
using SightPay.Bench.Faces;
using SightPay.Vision.Plates;
using SightPay.Vision.Runtime;

namespace SightPay.Bench.Plates;

/// <summary>One photograph of plates.csv: what its plate says and where it is.</summary>
internal sealed record PlatePhoto(string Path, string Region, string Plate, PlateBox Box)
{
    public override string ToString() => nameof(PlatePhoto);
}

/// <summary>The photographs of an evaluation set and the pipeline that reads them.</summary>
internal static class PlateSet
{
    private const int Columns = 9;

    public static PlatePhoto[] Photos(DirectoryInfo data, string? region)
    {
        PlatePhoto[] photos =
        [
            .. FaceSet.Rows(data, "plates.csv", Columns).Select(row => new PlatePhoto(
                Path.Combine(data.FullName, row[0]), row[1], row[2],
                new(Number(row[3]), Number(row[4]), Number(row[5]), Number(row[6]))))
                .Where(photo => region is null || photo.Region == region),
        ];
        return photos.Length > 0
            ? photos
            : throw new BenchException($"plates.csv in {data} has no row of region {region}.");
    }

    /// <param name="threads">Inside one run: a site reads one picture at a time, with all its cores.</param>
    public static PlatePipeline Open(string? pack, int threads) => PlatePipeline.Open(FaceBench.PackOf(pack), threads);

    public static Picture Decode(PlatePhoto photo) =>
        PictureCodec.Decode(File.ReadAllBytes(photo.Path), new PictureLimits());

    /// <summary>Equal for texts whose glyphs are drawn alike on many plates: truth files mix them.</summary>
    public static string Folded(string text) => text.Replace('O', '0').Replace('Q', '0').Replace('I', '1');

    private static float Number(string text) => float.Parse(text, CultureInfo.InvariantCulture);
}
