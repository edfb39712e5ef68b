using Npgsql;

namespace SightPay.Server.Books;

/// <summary>
/// One comparison of the reconciliation. Whoever keeps books of their own offers one: the slice of the books knows
/// none of them.
/// </summary>
public interface IBooksCheck
{
    /// <summary>As differences name it, snake_case.</summary>
    string Name { get; }

    /// <summary>Adds every difference to the books; none when all fits.</summary>
    Task RunAsync(OpenBooks books, CancellationToken ct);
}

/// <summary>
/// What a slice says money did on its behalf. All slices' words together must be what the ledger says.
/// </summary>
/// <param name="Name">As differences name it, snake_case.</param>
/// <param name="Postings">
/// A select of book, currency and amount_minor: what each account should have come to, in plus for money that it got.
/// A person's wallet and debt are one book, <c>person:{id}</c>; every other account is a book of its own.
/// </param>
/// <param name="Holds">A select of hold, amount_minor and subject: money that should be set aside.</param>
public sealed record SliceBooks(string Name, string Postings, string? Holds = null);

/// <summary>One difference, in words with ids and without personal data.</summary>
public sealed record Difference(string Check, string Text);

/// <summary>All tables as they were at one moment, and what is found to differ.</summary>
public sealed class OpenBooks
{
    /// <summary>More are counted and not kept: what is broken this badly is not mended line by line.</summary>
    internal const int KeptMax = 1000;

    private readonly List<Difference> _differences = [];

    internal OpenBooks(NpgsqlConnection snapshot, DateTimeOffset from, DateTimeOffset to) =>
        (Snapshot, From, To) = (snapshot, from, to);

    /// <summary>Reads one moment, and reads only.</summary>
    public NpgsqlConnection Snapshot { get; }

    /// <summary>The period whose outside reports are compared; what is inside is compared whole.</summary>
    public DateTimeOffset From { get; }

    public DateTimeOffset To { get; }

    /// <summary>How many differences were found, those that are not kept included.</summary>
    public long Found { get; private set; }

    public IReadOnlyList<Difference> Differences => _differences;

    /// <summary>The check that runs.</summary>
    internal string Check { get; set; } = "";

    public void Add(string text)
    {
        Found++;
        if (_differences.Count < KeptMax) _differences.Add(new Difference(Check, text));
    }

    /// <summary>Adds the sentences that a query gives: one text column. $1 and $2 are the period.</summary>
    public async Task FindAsync(string sql, CancellationToken ct)
    {
        await using var command = Command(sql);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) Add(reader.GetString(0));
    }

    /// <summary>A query on the snapshot. $1 and $2 are the period; further values follow.</summary>
    public NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlCommand(sql, Snapshot) { CommandTimeout = 0 };
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = From.ToUniversalTime() });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = To.ToUniversalTime() });
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }
}
