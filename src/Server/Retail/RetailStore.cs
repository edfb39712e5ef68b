using Npgsql;

namespace SightPay.Server.Retail;

internal sealed record Merchant(string Id, string Name)
{
    /// <summary>Key of the account that the merchant's takings go to.</summary>
    public static string AccountKey(string id) => $"merchant:{id}";
}

/// <summary>This slice's SQL: merchants and their tills.</summary>
internal sealed class RetailStore(NpgsqlDataSource database)
{
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
}
