using Npgsql;
using SightPay.Server.Api;

namespace SightPay.Server.Retail;

internal sealed record Merchant(string Id, string Name)
{
    /// <summary>Key of the account that the merchant's takings go to.</summary>
    public static string AccountKey(string id) => $"merchant:{id}";
}

/// <summary>This slice's SQL: merchants and their tills.</summary>
internal sealed class RetailStore(NpgsqlDataSource database, TimeProvider clock)
{
    // A till stays with its merchant; the time bounds what an operator does to the table by hand.
    private readonly Remembered<string, string> _merchants = new(TimeSpan.FromSeconds(5), clock);

    public async Task<bool> HasMerchantAsync(string id, CancellationToken ct)
    {
        await using var command = database.CreateCommand("select 1 from retail_merchant where id = $1");
        command.Parameters.Add(new() { Value = id });
        return await command.ExecuteScalarAsync(ct) is not null;
    }

    /// <summary>By name.</summary>
    public async Task<IReadOnlyList<Merchant>> MerchantsAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand("select id, name from retail_merchant order by name, id");
        await using var reader = await command.ExecuteReaderAsync(ct);
        var merchants = new List<Merchant>();
        while (await reader.ReadAsync(ct)) merchants.Add(new(reader.GetString(0), reader.GetString(1)));
        return merchants;
    }

    public ValueTask<string?> MerchantOfTillAsync(string till, CancellationToken ct) =>
        _merchants.FindAsync(till, ReadMerchantAsync, ct);

    private async Task<string?> ReadMerchantAsync(string till, CancellationToken ct)
    {
        await using var command = database.CreateCommand("select merchant from retail_till where id = $1");
        command.Parameters.Add(new() { Value = till });
        return (string?)await command.ExecuteScalarAsync(ct);
    }
}
