using Npgsql;
using NpgsqlTypes;
using SightPay.Ledger.Commit;

namespace SightPay.Ledger.Postgres;

/// <summary>Positional parameters with declared types, so that every statement of a batch can stay prepared.</summary>
internal static class Statements
{
    public static NpgsqlBatchCommand Add(this NpgsqlBatch batch, string sql)
    {
        var command = new NpgsqlBatchCommand(sql);
        batch.BatchCommands.Add(command);
        return command;
    }

    public static NpgsqlBatchCommand With<T>(this NpgsqlBatchCommand command, T value)
    {
        command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
        return command;
    }

    public static NpgsqlBatchCommand With<T>(this NpgsqlBatchCommand command, T value, NpgsqlDbType type)
    {
        command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value, NpgsqlDbType = type });
        return command;
    }

    /// <summary>One column of rows, as the array that unnest takes.</summary>
    public static TColumn[] Column<TRow, TColumn>(this List<TRow> rows, Func<TRow, TColumn> column)
    {
        var values = new TColumn[rows.Count];
        for (var i = 0; i < values.Length; i++) values[i] = column(rows[i]);
        return values;
    }
}

/// <summary>How a decided act is stored.</summary>
internal static class AttemptRow
{
    private const short Committed = 1;
    private const short Refused = 2;

    public static short Outcome(ActEnd end) => end switch
    {
        ActEnd.Committed => Committed,
        ActEnd.Refused => Refused,
        _ => throw new LedgerInvariantException("Only a committed or refused act is recorded."),
    };

    /// <summary>Columns: id, fingerprint, outcome, refusal_code, status, body.</summary>
    public static StoredAttempt Read(NpgsqlDataReader reader)
    {
        var outcome = reader.GetInt16(2);
        Must.Hold(outcome is Committed or Refused, "A stored act was committed or refused.");
        return new StoredAttempt(
            reader.GetGuid(0), reader.GetFieldValue<byte[]>(1),
            outcome == Committed ? ActEnd.Committed : ActEnd.Refused,
            reader.IsDBNull(3) ? null : reader.GetString(3),
            new Answer(reader.GetInt32(4), reader.GetString(5)), InStore: true);
    }
}
