using Npgsql;
using SightPay.Ledger;

namespace SightPay.Server.Retail;

internal sealed record Merchant(string Id, string Name)
{
    /// <summary>Key of the account that the merchant's takings go to.</summary>
    public static string AccountKey(string id) => $"merchant:{id}";
}

/// <summary>This slice's reading SQL; payments are written by the companion writers.</summary>
internal sealed class RetailStore(NpgsqlDataSource database)
{
    private const string PaymentColumns =
        "seq, id, person, merchant, till, amount_minor, currency, status, hold, created_at, expires_at";

    public async Task<bool> HasMerchantAsync(string id, CancellationToken ct)
    {
        await using var command = database.CreateCommand("select 1 from retail_merchant where id = $1");
        command.Parameters.Add(new() { Value = id });
        return await command.ExecuteScalarAsync(ct) is not null;
    }

    public async Task<string?> MerchantOfTillAsync(string till, CancellationToken ct)
    {
        await using var command = database.CreateCommand("select merchant from retail_till where id = $1");
        command.Parameters.Add(new() { Value = till });
        return (string?)await command.ExecuteScalarAsync(ct);
    }

    public async Task<Payment?> FindAsync(Guid id, CancellationToken ct)
    {
        await using var command = database.CreateCommand($"select {PaymentColumns} from retail_payment where id = $1");
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? Read(reader).Payment : null;
    }

    /// <summary>Newest first.</summary>
    /// <param name="person">Null: everybody's.</param>
    public async Task<IReadOnlyList<(long Seq, Payment Payment)>> ListAsync(
        Guid? person, long before, int most, CancellationToken ct)
    {
        var mine = person is null ? "" : "and person = $3";
        await using var command = database.CreateCommand(
            $"select {PaymentColumns} from retail_payment where seq < $1 {mine} order by seq desc limit $2");
        command.Parameters.Add(new() { Value = before });
        command.Parameters.Add(new() { Value = most });
        if (person is { } id) command.Parameters.Add(new() { Value = id });
        return await ReadAllAsync(command, ct);
    }

    public async Task<IReadOnlyList<(long Seq, Payment Payment)>> OverdueAsync(
        DateTimeOffset now, int most, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"""
             select {PaymentColumns} from retail_payment
             where status = 'awaiting_confirmation' and expires_at <= $1 order by expires_at limit $2
             """);
        command.Parameters.Add(new() { Value = now.ToUniversalTime() });
        command.Parameters.Add(new() { Value = most });
        return await ReadAllAsync(command, ct);
    }

    private static async Task<IReadOnlyList<(long, Payment)>> ReadAllAsync(NpgsqlCommand command, CancellationToken ct)
    {
        var payments = new List<(long, Payment)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) payments.Add(Read(reader));
        return payments;
    }

    private static (long Seq, Payment Payment) Read(NpgsqlDataReader reader) => (reader.GetInt64(0), new Payment(
        reader.GetGuid(1), reader.GetGuid(2), reader.GetString(3), reader.GetString(4),
        new Money(reader.GetInt64(5), reader.GetString(6)),
        Enum.Parse<PaymentStatus>(reader.GetString(7).Replace("_", ""), ignoreCase: true),
        reader.IsDBNull(8) ? null : reader.GetGuid(8), reader.GetFieldValue<DateTimeOffset>(9),
        reader.IsDBNull(10) ? null : reader.GetFieldValue<DateTimeOffset>(10)));
}
