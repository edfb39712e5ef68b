using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Fuel;

/// <summary>
/// What a grade costs: POST, GET and DELETE /sites/{id}/prices. A price that holds or held is never changed; the next
/// one takes its place at its own time. One whose time has not come may be taken back.
/// </summary>
internal sealed class SetPrice(
    NpgsqlDataSource database, SiteChanges changes, SiteStaff staff, TimeProvider clock)
{
    private static readonly TimeSpan _scheduleMax = TimeSpan.FromDays(366);

    /// <param name="ThousandthsOfMinor">For one unit, in thousandths of the smallest coin.</param>
    /// <param name="ValidFrom">Null: from now on.</param>
    internal sealed record Request(string? GradeId, long? ThousandthsOfMinor, DateTimeOffset? ValidFrom);

    /// <summary>The key is the price's id: sent again, it is the same price.</summary>
    public async Task<IResult> SetAsync(string id, HttpContext http)
    {
        var request = await RequestBody.JsonAsync<Request>(
            http, "Send grade_id, thousandths_of_minor and, for a later moment, valid_from.");
        var ct = http.RequestAborted;
        var price = Idempotency.ReadKey(http) ?? Ids.Next(clock);
        await staff.DemandAsync(Caller.Of(http), id, SiteRight.Manage, ct);
        if (await RowAsync(price, ct) is { } known) return Same(known, id, request);
        try
        {
            await changes.ChangeAsync(
                http, id, SiteRight.Manage, null, (site, _, _) => Task.FromResult<SiteChange?>(
                    PlanOf(site, price, request, Caller.Of(http).Name)));
        }
        catch (PostgresException taken) when (taken.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // Sent twice at once, or somebody set another price for the same moment.
            return await RowAsync(price, ct) is { } other
                ? Same(other, id, request)
                : Problems.Of(
                    409, "price_taken",
                    "Somebody set a price of this grade for the same moment. Take that one back, or choose another.");
        }
        return Same((await RowAsync(price, ct))!, id, request);
    }

    /// <summary>Taken back before its time comes: as if it had never been; it still stands in the list.</summary>
    public async Task<IResult> WithdrawAsync(string id, Guid priceId, HttpContext http)
    {
        await changes.ChangeAsync(http, id, SiteRight.Manage, null, async (_, _, _) =>
        {
            if (await RowAsync(priceId, http.RequestAborted) is not { } row || row.SiteId != id)
                throw new ProblemException(404, "price_not_found", "This site has no such price.");
            if (row.Price.WithdrawnBy is not null) return null;
            var now = clock.GetUtcNow();
            if (row.Price.ValidFrom <= now)
                throw new ProblemException(
                    409, "price_in_force", "This price holds or held already. Set the next one instead.");
            return new SiteChange("price_withdrawn", $"price:{priceId}",
            [
                SiteChange.Sql(
                    "update fuel_price set withdrawn_by = $2, withdrawn_at = $3 where id = $1",
                    priceId, Caller.Of(http).Name, now),
            ]);
        });
        return Results.NoContent();
    }

    /// <summary>All of them, the latest moment first.</summary>
    public async Task<IResult> HistoryAsync(
        string id, HttpContext http, string? gradeId = null, string? cursor = null, int? limit = null)
    {
        var ct = http.RequestAborted;
        await staff.DemandAsync(Caller.Of(http), id, SiteRight.Read, ct);
        var rows = await HistoryAsync(id, gradeId, Cursor.ReadId(cursor), PageLimit.Of(limit), ct);
        var page = Page<FuelPrice>.Of(rows, PageLimit.Of(limit), price => Cursor.Of(price.Id.ToString()));
        var inForce = await InForceAsync(id, ct);
        return Results.Json(
            new Page<PriceAnswer>([.. page.Items.Select(price => PriceAnswer.Of(price, StateOf(price)))],
                page.NextCursor),
            ApiJson.Options);

        PriceState StateOf(FuelPrice price) =>
            price.WithdrawnBy is not null ? PriceState.Withdrawn
            : price.ValidFrom > clock.GetUtcNow() ? PriceState.Scheduled
            : inForce.Contains(price.Id) ? PriceState.InForce : PriceState.Past;
    }

    private SiteChange PlanOf(Site site, Guid price, Request request, string who)
    {
        var fields = new SiteFields();
        var now = clock.GetUtcNow();
        if (site.FindGrade(request.GradeId ?? "") is null) fields.Add("grade_id", "The site sells no such grade.");
        if (request.ThousandthsOfMinor is not (>= 1 and <= UnitPrice.ThousandthsOfMinorMax))
            fields.Add("thousandths_of_minor", $"A whole number from 1 to {UnitPrice.ThousandthsOfMinorMax}.");
        if (request.ValidFrom is { } from && (from < now || from > now + _scheduleMax))
            fields.Add("valid_from", "From now on and within a year: what was sold is sold.");
        fields.Demand();
        return new SiteChange("price_set", $"price:{price}",
        [
            SiteChange.Sql(
                """
                insert into fuel_price (id, site, grade, valid_from, thousandths_of_minor, set_by, set_at)
                values ($1, $2, $3, $4, $5, $6, $7)
                """, price, site.Id, request.GradeId, (request.ValidFrom ?? now).ToUniversalTime(),
                request.ThousandthsOfMinor, who, now),
        ]);
    }

    private IResult Same(PriceRow row, string site, Request request) =>
        row.SiteId == site && row.Price.GradeId == request.GradeId
            && row.Price.Price.ThousandthsOfMinor == request.ThousandthsOfMinor
            && row.Price.ValidFrom == Stored(request.ValidFrom ?? row.Price.SetAt)
                ? Results.Json(
                    PriceAnswer.Of(
                        row.Price,
                        row.Price.WithdrawnBy is not null ? PriceState.Withdrawn
                        : row.Price.ValidFrom <= clock.GetUtcNow() ? PriceState.InForce : PriceState.Scheduled),
                    ApiJson.Options, statusCode: 201)
                : Problems.Of(
                    422, "idempotency_key_reused",
                    "This key was used before with another request: repeat that one as it was, or use a new key.");

    /// <summary>The store keeps microseconds.</summary>
    private static DateTimeOffset Stored(DateTimeOffset at) => new(at.UtcTicks / 10 * 10, TimeSpan.Zero);

    private sealed record PriceRow(string SiteId, FuelPrice Price);

    private const string Columns =
        """
        select p.id, p.grade, p.thousandths_of_minor, g.unit, p.valid_from, p.set_by, p.set_at, p.withdrawn_by, p.site
        from fuel_price p join fuel_grade g on g.site = p.site and g.id = p.grade
        """;

    private static PriceRow Read(NpgsqlDataReader row) => new(row.GetString(8), new FuelPrice(
        row.GetGuid(0), row.GetString(1), new(row.GetInt64(2), Words.Read<FuelUnit>(row.GetString(3))),
        row.GetFieldValue<DateTimeOffset>(4), row.GetString(5), row.GetFieldValue<DateTimeOffset>(6))
    {
        WithdrawnBy = row.IsDBNull(7) ? null : row.GetString(7),
    });

    private async Task<PriceRow?> RowAsync(Guid price, CancellationToken ct)
    {
        await using var command = database.CreateCommand($"{Columns} where p.id = $1");
        command.Parameters.Add(new() { Value = price });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? Read(reader) : null;
    }

    private async Task<HashSet<Guid>> InForceAsync(string site, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select distinct on (grade) id from fuel_price
            where site = $1 and withdrawn_at is null and valid_from <= $2 order by grade, valid_from desc
            """);
        command.Parameters.Add(new() { Value = site });
        command.Parameters.Add(new() { Value = clock.GetUtcNow() });
        var ids = new HashSet<Guid>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) ids.Add(reader.GetGuid(0));
        return ids;
    }

    private async Task<IReadOnlyList<FuelPrice>> HistoryAsync(
        string site, string? grade, Guid? after, int limit, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"""
             {Columns} where p.site = $1 and ($2::text is null or p.grade = $2)
               and ($3::uuid is null or (p.valid_from, p.id) < (
                   select b.valid_from, b.id from fuel_price b where b.id = $3))
             order by p.valid_from desc, p.id desc limit $4
             """);
        foreach (var value in (object?[])[site, grade, after, limit + 1])
            command.Parameters.Add(new() { Value = value ?? DBNull.Value });
        var prices = new List<FuelPrice>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) prices.Add(Read(reader).Price);
        return prices;
    }
}
