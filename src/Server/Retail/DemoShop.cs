using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Stations;

namespace SightPay.Server.Retail;

/// <summary>The demo's shop: one merchant with one till.</summary>
public sealed class DemoShop
{
    private const string MerchantId = "canteen";
    private const string TillId = "canteen-till";

    public IEnumerable<Station> Stations() =>
        [new Station(TillId, StationKind.Till, MerchantId, "Canteen, till")];

    public async Task OpenAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string currency, CancellationToken ct)
    {
        await using (var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                new("insert into retail_merchant (id, name) values ($1, 'Canteen')")
                {
                    Parameters = { new() { Value = MerchantId } },
                },
                new("insert into retail_till (id, merchant) values ($1, $2)")
                {
                    Parameters = { new() { Value = TillId }, new() { Value = MerchantId } },
                },
            },
        })
            await batch.ExecuteNonQueryAsync(ct);
        await GeneralLedger.OpenAccountsAsync(
            connection, transaction,
            [new(Merchant.AccountKey(MerchantId), currency, AccountKind.Payable, AccountFlags.None)], ct);
    }
}
