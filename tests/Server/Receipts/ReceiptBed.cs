using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Database;
using SightPay.Server.Receipts;
using SightPay.Server.Receipts.Tree;
using SightPay.Tests.Support;

namespace SightPay.Server.Tests.Receipts;

/// <summary>A ledger that writes receipts on a real database, with short words for acts.</summary>
internal sealed class ReceiptBed : IAsyncDisposable
{
    private readonly TestDatabase _database;
    private readonly TemporaryFolder _data = new();

    private ReceiptBed(TestDatabase database)
    {
        _database = database;
        Key = LogKey.Open(_data.Path);
        Log = NewLog();
    }

    public GeneralLedger Ledger { get; private set; } = null!;
    public NpgsqlDataSource Source => _database.DataSource;
    public string DataFolder => _data.Path;
    public LogKey Key { get; }
    public ReceiptLog Log { get; private set; }
    public ReceiptStore Store => new(Source);
    public ReceiptAudit Audit => new(Source, Key, []);

    public static async Task<ReceiptBed> CreateAsync()
    {
        var bed = new ReceiptBed(await TestDatabase.CreateAsync(
            new SliceSchema("ledger", GeneralLedger.Migrations), ReceiptsSlice.Schema));
        bed.Ledger = await GeneralLedger.OpenAsync(bed.Source, [new ReceiptWriter()], new(), default);
        return bed;
    }

    /// <summary>As after a restart of the server, perhaps with another key.</summary>
    public ReceiptLog NewLog(LogKey? key = null) =>
        Log = new ReceiptLog(Source, key ?? Key, TimeProvider.System, NullLogger<ReceiptLog>.Instance);

    /// <summary>What somebody with the database's password can do: the triggers are off.</summary>
    public Task TamperAsync(string sql, params object[] values) =>
        ExecuteAsync($"set session_replication_role = replica; {sql}; set session_replication_role = origin", values);

    public static Guid NewId() => Ids.Next(TimeProvider.System);

    public static ReceiptRow Row(Guid? payer = null, long amountMinor = 12_050, string? text = null) => new(
        NewId(), ReceiptKind.Purchase, payer, "canteen", new Money(amountMinor, "INR"), NewId(), null, text);

    public Task<ActResult> SubmitAsync(params ReceiptRow[] rows) => Ledger.SubmitAsync(ActOf(rows), default);

    public static Act ActOf(params ReceiptRow[] rows) => new()
    {
        Id = NewId(),
        Fingerprint = SHA256.HashData([]),
        Plans = [new Plan { Rows = rows, Compose = _ => new Answer(200, "{}") }],
        Refuse = refusal => new Answer(409, refusal.Code),
    };

    public async Task<T> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var command = Source.CreateCommand(sql);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        return (T)Convert.ChangeType(
            (await command.ExecuteScalarAsync())!, typeof(T), CultureInfo.InvariantCulture);
    }

    public async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var command = Source.CreateCommand(sql);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Ledger.DisposeAsync();
        await _database.DisposeAsync();
        Key.Dispose();
        _data.Dispose();
    }
}
