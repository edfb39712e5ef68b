using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.Events;

namespace SightPay.Server.Fuel;

/// <summary>A pump says whether it works. What staff closed stays closed.</summary>
internal sealed class PumpOrder(NpgsqlDataSource database, Forecourt forecourt)
{
    public async Task SetAsync(string site, string pump, bool isOutOfOrder, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var command = new NpgsqlCommand(
            "update fuel_pump set out_of_order = $2 where id = $1 and out_of_order <> $2", connection, transaction)
        {
            Parameters = { new() { Value = pump }, new() { Value = isOutOfOrder } },
        };
        if (await command.ExecuteNonQueryAsync(ct) == 0) return;
        await Outbox.AddAsync(
            connection, transaction,
            new OutboxRow(
                OutboxRow.SiteTopic(site), "pump",
                ApiJson.Write(new { SiteId = site, PumpId = pump, OutOfOrder = isOutOfOrder })), ct);
        await transaction.CommitAsync(ct);
        forecourt.Forget();
    }
}
