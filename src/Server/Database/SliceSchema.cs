namespace SightPay.Server.Database;

/// <summary>A slice's numbered migrations, read from its embedded Schema folder.</summary>
/// <param name="Slice">Name of the slice: part of the migration's identity.</param>
/// <param name="Migrations">In order: file name and SQL.</param>
public sealed record SliceSchema(string Slice, IReadOnlyList<(string Name, string Sql)> Migrations)
{
    /// <summary>Reads the embedded files <c>SightPay.Server.{slice}.Schema.NNNN_*.sql</c>.</summary>
    public static SliceSchema Of(string slice) => throw new NotImplementedException();
}
