namespace SightPay.Ledger;

/// <summary>The embedded migrations, numbered and append-only.</summary>
internal static class LedgerSchema
{
    private const string Folder = ".Schema.";

    public static IReadOnlyList<(string Name, string Sql)> Read()
    {
        var assembly = typeof(LedgerSchema).Assembly;
        var migrations = new List<(string Name, string Sql)>();
        foreach (var resource in assembly.GetManifestResourceNames().Order(StringComparer.Ordinal))
        {
            var start = resource.IndexOf(Folder, StringComparison.Ordinal);
            if (start < 0) continue;
            using var stream = assembly.GetManifestResourceStream(resource)!;
            using var reader = new StreamReader(stream);
            migrations.Add((resource[(start + Folder.Length)..^".sql".Length], reader.ReadToEnd()));
        }
        return migrations;
    }
}
