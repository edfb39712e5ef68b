using System.Text.Json;
using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.Audit;

namespace SightPay.Server.Transit;

/// <summary>An operator closes or opens a gate; a closed one answers gate_closed to everybody.</summary>
internal static class SetGate
{
    internal sealed record Request(bool? Closed);

    internal sealed record Shown(string Id, string StopId, GateDirection Direction, bool Closed);

    public static async Task<IResult> Handle(
        string gateId, HttpContext http, TransitStore store, AuditLog audit, NpgsqlDataSource database)
    {
        var ct = http.RequestAborted;
        if (await store.GateAsync(gateId, ct) is not { } gate)
            return Problems.Of(404, "gate_not_found", "There is no gate with this id.");
        if ((await ReadAsync(http))?.Closed is not { } closed)
            return Problems.Of(
                422, "fields_invalid", "Say whether the gate is closed.",
                errors: new Dictionary<string, string[]> { ["closed"] = ["true or false is needed."] });
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var command = new NpgsqlCommand(
            "update transit_gate set closed = $2 where id = $1", connection, transaction)
        {
            Parameters = { new() { Value = gateId }, new() { Value = closed } },
        })
            await command.ExecuteNonQueryAsync(ct);
        await audit.WriteAsync(
            connection, transaction, Caller.Of(http).Name, closed ? "gate_closed" : "gate_opened", $"gate:{gateId}",
            ct);
        await transaction.CommitAsync(ct);
        return Results.Json(new Shown(gate.Id, gate.StopId, gate.Direction, closed), ApiJson.Options);
    }

    private static async Task<Request?> ReadAsync(HttpContext http)
    {
        try
        {
            return await http.Request.ReadFromJsonAsync<Request>(ApiJson.Options, http.RequestAborted);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
