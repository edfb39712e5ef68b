using Npgsql;
using NpgsqlTypes;

namespace SightPay.Ledger;

/// <summary>A companion's rows as columns, for statements that write them all with unnest.</summary>
public static class CompanionColumns
{
    /// <param name="type">Of one element; the parameter is an array of it.</param>
    public static NpgsqlParameter<T[]> Column<TRow, T>(
        this IReadOnlyCollection<TRow> rows, NpgsqlDbType type, Func<TRow, T> value)
    {
        var column = new T[rows.Count];
        var i = 0;
        foreach (var row in rows) column[i++] = value(row);
        return new() { TypedValue = column, NpgsqlDbType = NpgsqlDbType.Array | type };
    }
}
