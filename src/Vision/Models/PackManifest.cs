using System.Text.Json;
using System.Text.Json.Serialization;

namespace SightPay.Vision.Models;

/// <summary>
/// One network of a pack. A shape's -1 is chosen when it is opened: the number of pictures, or sides of a picture for
/// networks that leave those open. A file that is no network has no shapes.
/// </summary>
/// <param name="Sha256">Of the file, lower-case hexadecimal.</param>
/// <param name="SizeBytes">Of the file.</param>
/// <param name="Package">Where the original came from.</param>
public sealed record PackEntry(
    string Name, string File, string Sha256, long SizeBytes, string Licence, string Package, string PackageVersion,
    IReadOnlyList<int> Input, IReadOnlyDictionary<string, int[]> Outputs);

/// <summary>What a pack's folder says about itself.</summary>
public sealed record PackManifest(string Name, string Version, IReadOnlyList<PackEntry> Models)
{
    public const string FileName = "manifest.json";

    internal static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
    };
}
