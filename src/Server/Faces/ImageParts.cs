using SightPay.Server.Api;
using SightPay.Vision.Runtime;

namespace SightPay.Server.Faces;

/// <summary>The <c>image</c> parts of a multipart request, held in memory only.</summary>
public static class ImageParts
{
    public const string Name = "image";

    /// <exception cref="ProblemException">415 multipart_expected, 422 image_missing or too_many_images.</exception>
    public static async Task<IReadOnlyList<ReadOnlyMemory<byte>>> ReadAsync(
        HttpContext http, int most, CancellationToken ct)
    {
        if (!http.Request.HasFormContentType)
            throw new ProblemException(
                415, "multipart_expected", "Send the picture as multipart/form-data in a part named image.");
        var files = await FilesAsync(http, ct);
        if (files.Count == 0)
            throw new ProblemException(422, "image_missing", "The request has no part named image. Add a picture.");
        if (files.Count > most)
            throw new ProblemException(422, "too_many_images", $"Send at most {most} image parts.");

        var pictures = new List<ReadOnlyMemory<byte>>(files.Count);
        foreach (var file in files)
        {
            var bytes = new byte[file.Length];
            await using var content = file.OpenReadStream();
            await content.ReadExactlyAsync(bytes, ct);
            pictures.Add(bytes);
        }
        return pictures;
    }

    /// <summary>What a request hears whose picture cannot be looked at.</summary>
    public static ProblemException Refused(PictureException fault) => new(422, fault.Fault switch
    {
        PictureFault.Truncated => "picture_truncated",
        PictureFault.TooLarge => "picture_too_large",
        _ => "not_a_picture",
    }, fault.Message);

    private static async Task<IReadOnlyList<IFormFile>> FilesAsync(HttpContext http, CancellationToken ct)
    {
        try
        {
            return (await http.Request.ReadFormAsync(ct)).Files.GetFiles(Name);
        }
        catch (InvalidDataException exception)
        {
            throw new ProblemException(400, "multipart_broken", $"The form could not be read: {exception.Message}");
        }
    }
}
