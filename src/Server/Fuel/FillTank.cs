using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Audit;

namespace SightPay.Server.Fuel;

/// <summary>
/// POST /sites/{id}/tanks/{tank_id}/deliveries and /dips: a tank lorry came, somebody measured. In the order of all
/// that pumps draw meanwhile, which is the ledger's.
/// </summary>
internal sealed class FillTank(
    Idempotency idempotency, GeneralLedger ledger, NpgsqlDataSource database, SiteStaff staff, TimeProvider clock)
{
    /// <param name="Thousandths">Brought, or found in the tank.</param>
    internal sealed record Request(long? Thousandths, string? Note);

    /// <param name="ShortThousandths">What pumps had delivered beyond the level by then.</param>
    internal sealed record EntryAnswer(
        Guid Id, string TankId, TankChange Kind, long Thousandths, long BeforeThousandths, long AfterThousandths,
        long ShortThousandths, string Who, string Note, DateTimeOffset At);

    internal sealed record Done(Guid Id);

    public async Task<IResult> RunAsync(string id, string tankId, TankChange change, HttpContext http)
    {
        var caller = Caller.Of(http);
        var request = await RequestBody.JsonAsync<Request>(http, "Send thousandths and, if you like, a note.");
        await staff.DemandAsync(caller, id, SiteRight.Work, http.RequestAborted);
        var fields = new SiteFields();
        var thousandths = fields.Thousandths("thousandths", request.Thousandths, change == TankChange.Dip ? 0 : 1);
        var note = fields.Note("note", request.Note);
        fields.Demand();
        return await idempotency.RunAsync(http, required: true, (key, ct) =>
        {
            var entry = Ids.Next(clock);
            return ledger.SubmitAsync(new Act
            {
                Id = key.Id,
                Fingerprint = key.Fingerprint,
                Plans =
                [
                    new Plan
                    {
                        Rows =
                        [
                            new TankRow(id, tankId, change, thousandths, entry, caller.Name, note),
                            new AuditRow(
                                caller.Name, change == TankChange.Dip ? "tank_measured" : "tank_filled",
                                $"tank:{id}/{tankId}"),
                        ],
                        Compose = _ => new Answer(201, ApiJson.Write(new Done(entry))),
                    },
                ],
                Refuse = refusal => refusal.Code == TankRow.Unknown
                    ? Problems.Answer(404, refusal.Code, "This site has no tank with this id.")
                    : Problems.Answer(
                        409, refusal.Code,
                        "That is more than the tank holds. If its level is wrong, measure it first."),
            }, ct);
        });
    }

    /// <summary>What staff did to a tank, the latest first.</summary>
    public async Task<IResult> EntriesAsync(
        string id, string tankId, HttpContext http, string? cursor = null, int? limit = null)
    {
        var ct = http.RequestAborted;
        await staff.DemandAsync(Caller.Of(http), id, SiteRight.Read, ct);
        await using var command = database.CreateCommand(
            """
            select id, tank, kind, thousandths, before_thousandths, after_thousandths, short_thousandths, who, note, at,
                seq
            from fuel_tank_entry where site = $1 and tank = $2 and ($3::bigint is null or seq < $3)
            order by seq desc limit $4
            """);
        foreach (var value in (object?[])[id, tankId, Cursor.ReadNumber(cursor), PageLimit.Of(limit) + 1])
            command.Parameters.Add(new() { Value = value ?? DBNull.Value });
        var entries = new List<(EntryAnswer Entry, long Seq)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            entries.Add((
                new(
                    reader.GetGuid(0), reader.GetString(1), Words.Read<TankChange>(reader.GetString(2)),
                    reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6), reader.GetString(7),
                    reader.GetString(8), reader.GetFieldValue<DateTimeOffset>(9)),
                reader.GetInt64(10)));
        var page = Page<(EntryAnswer Entry, long Seq)>.Of(
            entries, PageLimit.Of(limit), entry => Cursor.Of($"{entry.Seq}"));
        return Results.Json(
            new Page<EntryAnswer>([.. page.Items.Select(entry => entry.Entry)], page.NextCursor), ApiJson.Options);
    }
}
