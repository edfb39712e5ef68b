using Npgsql;

namespace SightPay.Ledger.Tests;

/// <summary>Counts something up to a limit: a slice's guarded table in miniature.</summary>
internal sealed record TallyRow(string Key, int Delta) : CompanionRow
{
    public const int Max = 12;
    public const string Full = "tally_full";
}

internal sealed record Tally(int Count);

internal sealed class TallyTable : CompanionTable<TallyRow, string, Tally>
{
    public override bool LoadsAhead => true;

    protected override bool Remembers => true;

    public const string Schema = "create table tally (key text primary key, count int not null);";

    protected override IEnumerable<string> KeysOf(TallyRow row) => [row.Key];

    protected override NpgsqlBatchCommand Load(string[] keys) =>
        new("select key, count from tally where key = any($1)") { Parameters = { new() { Value = keys } } };

    protected override (string Key, Tally State) Read(NpgsqlDataReader reader) =>
        (reader.GetString(0), new Tally(reader.GetInt32(1)));

    protected override GuardVerdict Check(TallyRow row, CompanionStates<string, Tally> states) =>
        (states.Find(row.Key)?.Count ?? 0) + row.Delta > TallyRow.Max
            ? GuardVerdict.Refused(TallyRow.Full)
            : GuardVerdict.Ok;

    protected override void Apply(TallyRow row, DateTimeOffset at, CompanionStates<string, Tally> states) =>
        states.Set(row.Key, new Tally((states.Find(row.Key)?.Count ?? 0) + row.Delta));

    protected override void Write(
        NpgsqlBatch batch, IReadOnlyList<(string Key, Tally State)> inserted,
        IReadOnlyList<(string Key, Tally State)> updated)
    {
        if (inserted.Count > 0) batch.BatchCommands.Add(Command("insert into tally select * from", inserted));
        if (updated.Count > 0)
            batch.BatchCommands.Add(Command(
                "update tally t set count = u.count from", updated, "as u(key, count) where t.key = u.key"));
    }

    private static NpgsqlBatchCommand Command(
        string verb, IReadOnlyList<(string Key, Tally State)> rows, string end = "") =>
        new($"{verb} unnest($1::text[], $2::int[]) {end}")
        {
            Parameters =
            {
                new() { Value = rows.Select(row => row.Key).ToArray() },
                new() { Value = rows.Select(row => row.State.Count).ToArray() },
            },
        };
}

/// <summary>A line in a log.</summary>
internal sealed record NoteRow(string Text) : CompanionRow;

internal sealed class NoteLog : CompanionLog<NoteRow>
{
    public const string Schema =
        "create table note (seq bigint generated always as identity, text text not null, at timestamptz not null);";

    protected override void Write(NpgsqlBatch batch, IReadOnlyList<(NoteRow Row, DateTimeOffset At)> rows) =>
        batch.BatchCommands.Add(new(
            """
            insert into note (text, at)
            select u.text, u.at from unnest($1::text[], $2::timestamptz[]) with ordinality as u(text, at, place)
            order by place
            """)
        {
            Parameters =
            {
                new() { Value = rows.Select(row => row.Row.Text).ToArray() },
                new() { Value = rows.Select(row => row.At.UtcDateTime).ToArray() },
            },
        });
}
