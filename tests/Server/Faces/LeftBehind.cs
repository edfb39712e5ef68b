using Npgsql;
using SightPay.Tests.Support;

namespace SightPay.Server.Tests.Faces;

/// <summary>Looks through everything that a server leaves behind for pieces of what must not be there.</summary>
internal static class LeftBehind
{
    private const int PieceBytes = 16;

    /// <summary>Files of the data folder that hold any piece of these, PostgreSQL's own included.</summary>
    public static List<string> FilesWith(TestServer server, params byte[][] secrets) =>
        FilesWithAny(server, [.. secrets.SelectMany(Pieces)]);

    /// <summary>Files of the data folder in which any of these stands whole.</summary>
    public static List<string> FilesWithAny(TestServer server, byte[][] pieces)
    {
        var found = new List<string>();
        foreach (var path in Directory.EnumerateFiles(server.DataFolder, "*", SearchOption.AllDirectories))
        {
            // Empty ones are locks, which must not be opened.
            if (new FileInfo(path) is not { Exists: true, Length: > 0 }) continue;
            try
            {
                // Others write these files while we read them.
                using var file = new FileStream(
                    path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                var content = new byte[file.Length];
                file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
                if (pieces.Any(piece => content.AsSpan().IndexOf(piece) >= 0)) found.Add(path);
            }
            catch (FileNotFoundException)
            {
                // PostgreSQL has deleted it meanwhile.
            }
        }
        return found;
    }

    /// <summary>Tables in whose COPY any piece of these stands, written as PostgreSQL writes bytes.</summary>
    public static async Task<List<string>> TablesWithAsync(NpgsqlConnection connection, params byte[][] secrets)
    {
        var tables = new List<string>();
        await using (var command = new NpgsqlCommand(
            "select tablename::text from pg_tables where schemaname = 'public' order by 1", connection))
        await using (var reader = await command.ExecuteReaderAsync())
            while (await reader.ReadAsync()) tables.Add(reader.GetString(0));
        var found = new List<string>();
        foreach (var table in tables)
        {
            using var copy = await connection.BeginTextExportAsync($"copy \"{table}\" to stdout");
            if (IsIn(await copy.ReadToEndAsync(), secrets)) found.Add(table);
        }
        return found;
    }

    /// <summary>Whether a text spells any piece of these, in hexadecimal or in base64.</summary>
    public static bool IsIn(string text, params byte[][] secrets) =>
        secrets.SelectMany(Pieces).SelectMany(Spellings).Any(piece => text.Contains(piece, StringComparison.Ordinal));

    /// <summary>Short ones from all over: a page of PostgreSQL's log may cut anything in two.</summary>
    private static IEnumerable<byte[]> Pieces(byte[] secret)
    {
        var apart = Math.Max(PieceBytes, secret.Length / 8);
        for (var i = 0; i <= secret.Length - PieceBytes; i += apart) yield return secret[i..(i + PieceBytes)];
        yield return secret[^PieceBytes..];
    }

    /// <summary>Base64 spells bytes differently by where they stand among three.</summary>
    private static IEnumerable<string> Spellings(byte[] piece) =>
    [
        Convert.ToHexStringLower(piece), Convert.ToHexString(piece),
        .. Enumerable.Range(0, 3).Select(skip => Convert.ToBase64String(piece.AsSpan(skip, 12))),
    ];
}
