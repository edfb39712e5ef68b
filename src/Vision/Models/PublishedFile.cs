namespace SightPay.Vision.Models;

/// <summary>A file as its makers publish it. Wherever it comes from, only these very bytes are taken.</summary>
/// <param name="Name">Of the file.</param>
/// <param name="Sha256">Lower-case hexadecimal.</param>
/// <param name="Work">Whose work it is, and which version.</param>
/// <param name="Places">Where it lies, the makers' own place first; a place with other bytes is passed over.</param>
public sealed record PublishedFile(
    string Name, long SizeBytes, string Sha256, string Licence, string Work, IReadOnlyList<Uri> Places)
{
    public bool IsThis(ReadOnlySpan<byte> bytes) =>
        bytes.Length == SizeBytes && ModelPack.HashOf(bytes) == Sha256;
}

/// <summary>A file could not be had; the message says which and why.</summary>
public sealed class PublishedFileException(string message) : Exception(message);

/// <summary>Where the files of a pack are taken from.</summary>
public interface IFilePlace
{
    /// <exception cref="PublishedFileException">It is not there, or not this file.</exception>
    Task<byte[]> ReadAsync(PublishedFile file, CancellationToken ct);
}

/// <summary>Files somebody has put into a folder.</summary>
public sealed class FileFolder(string folder) : IFilePlace
{
    public async Task<byte[]> ReadAsync(PublishedFile file, CancellationToken ct)
    {
        var path = Path.Combine(folder, file.Name);
        try
        {
            // Whoever has another version of gigabytes there is told so before they are read.
            if (File.Exists(path) && new FileInfo(path).Length != file.SizeBytes) throw IsAnother(file);
            var bytes = await File.ReadAllBytesAsync(path, ct);
            return file.IsThis(bytes) ? bytes : throw IsAnother(file);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PublishedFileException($"{file.Name} is not in {folder}.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new PublishedFileException($"{file.Name} in {folder} cannot be read: {fault.Message}");
        }
    }

    private PublishedFileException IsAnother(PublishedFile file) => new(
        $"{file.Name} in {folder} is not the published file: its SHA-256 is not {file.Sha256}.");
}

/// <summary>The files' official places.</summary>
public sealed class OfficialPlaces(HttpClient http) : IFilePlace
{
    // The largest file is 8 MB: a line that needs longer is no line to install over.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public async Task<byte[]> ReadAsync(PublishedFile file, CancellationToken ct)
    {
        var reasons = new List<string>();
        foreach (var place in file.Places)
        {
            try
            {
                var bytes = await ReadAsync(place, file.SizeBytes, ct);
                if (file.IsThis(bytes)) return bytes;
                reasons.Add($"{place.Host} has another file: its SHA-256 is not {file.Sha256}");
            }
            catch (Exception fault) when (fault is HttpRequestException or IOException or OperationCanceledException)
            {
                ct.ThrowIfCancellationRequested();
                reasons.Add($"{place.Host}: {fault.Message}");
            }
        }
        throw new PublishedFileException($"{file.Name} cannot be fetched ({string.Join("; ", reasons)}).");
    }

    /// <summary>The file, or its beginning where it is longer than it should be.</summary>
    private async Task<byte[]> ReadAsync(Uri place, long sizeBytes, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        using var answer = await http.GetAsync(place, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        answer.EnsureSuccessStatusCode();
        await using var content = await answer.Content.ReadAsStreamAsync(patience.Token);
        var bytes = new byte[sizeBytes + 1];
        var length = await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, patience.Token);
        return bytes[..length];
    }
}
