using System.Reflection;

namespace SightPay.Server.Database;

/// <summary>A slice's numbered migrations, read from its embedded Schema folder.</summary>
/// <param name="Slice">Name of the slice: part of the migration's identity.</param>
/// <param name="Migrations">In order: file name and SQL.</param>
public sealed record SliceSchema(string Slice, IReadOnlyList<(string Name, string Sql)> Migrations)
{
    /// <summary>Reads the embedded files <c>SightPay.Server.{slice}.Schema.NNNN_*.sql</c>.</summary>
    public static SliceSchema Of(string slice)
    {
        var assembly = typeof(SliceSchema).Assembly;
        var prefix = $"SightPay.Server.{slice}.Schema.";
        var migrations = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal)
            .Select(name => (name[prefix.Length..], Read(assembly, name)))
            .ToList();
        return migrations.Count == 0
            ? throw new InvalidOperationException($"The slice {slice} has no embedded file {prefix}NNNN_*.sql.")
            : new SliceSchema(slice.ToLowerInvariant(), migrations);
    }

    private static string Read(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
