using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Audit;
using SightPay.Server.Events;
using SightPay.Server.People;

namespace SightPay.Server.Fuel;

/// <summary>GET /sites; POST /sites by operators; PUT /sites/{id} by operators and its owner.</summary>
internal sealed class OpenSite(
    NpgsqlDataSource database, SiteChanges changes, SiteStaff staff, Persons persons, AuditLog audit,
    FuelSettings settings)
{
    private const int ListMax = 1000;

    /// <param name="Id">Of a new site alone.</param>
    /// <param name="Opening">By day; null: always open.</param>
    /// <param name="OwnerId">Only operators say who it is.</param>
    /// <param name="Version">The one that the caller saw; null: overwrite whatever there is.</param>
    internal sealed record Request(
        string? Id, string? Name, string? Region, string? TimeZone,
        IReadOnlyDictionary<string, IReadOnlyList<OpenSpanText?>?>? Opening, Guid? OwnerId, int? Version)
    {
        public override string ToString() => $"{nameof(Request)} {Id}";
    }

    private sealed record Wish(string Name, string Region, string TimeZone, OpeningHours? Hours, Guid? Owner);

    /// <summary>The sites that the caller may see, by id.</summary>
    public async Task<IResult> ListAsync(HttpContext http, CancellationToken ct)
    {
        var caller = Caller.Of(http);
        var own = await staff.OwnAsync(caller, ct);
        await using var command = database.CreateCommand(
            """
            select s.id, s.name, s.region, s.time_zone, s.owner,
                (select count(*) from fuel_pump p where p.site = s.id)::int
            from fuel_site s where $1 or s.id = any($2) order by s.id limit $3
            """);
        command.Parameters.Add(new() { Value = caller.ReadsAll });
        command.Parameters.Add(new() { Value = own.Keys.ToArray() });
        command.Parameters.Add(new() { Value = ListMax });
        var sites = new List<SiteListed>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var id = reader.GetString(0);
            var right = caller.IsOperator ? SiteRight.Manage : own.GetValueOrDefault(id, SiteRight.Read);
            sites.Add(new(
                id, reader.GetString(1), reader.GetString(2), reader.GetString(3),
                reader.IsDBNull(4) ? null : reader.GetGuid(4), reader.GetInt32(5), right));
        }
        return Results.Json(new Page<SiteListed>(sites, null), ApiJson.Options);
    }

    public async Task<IResult> OpenAsync(HttpContext http)
    {
        var (caller, ct) = (Caller.Of(http), http.RequestAborted);
        var request = await ReadAsync(http);
        var fields = new SiteFields();
        var id = fields.SiteId("id", request.Id);
        var wish = await WishAsync(request, fields, ct);
        await using (var connection = await database.OpenConnectionAsync(ct))
        await using (var transaction = await connection.BeginTransactionAsync(ct))
        {
            await using var insert = new NpgsqlCommand(
                """
                insert into fuel_site (id, name, region, time_zone, always_open) values ($1, '', '', '', true)
                on conflict (id) do nothing
                """, connection, transaction)
            {
                Parameters = { new() { Value = id } },
            };
            if (await insert.ExecuteNonQueryAsync(ct) == 0)
                return Problems.Of(409, "site_taken", "There is a site with this id already; choose another one.");
            await GeneralLedger.OpenAccountsAsync(
                connection, transaction,
                [new(Site.AccountKeyOf(id), settings.Currency, AccountKind.Payable, AccountFlags.None)], ct);
            await using (var batch = new NpgsqlBatch(connection, transaction))
            {
                foreach (var write in Writes(id, wish)) batch.BatchCommands.Add(write);
                await batch.ExecuteNonQueryAsync(ct);
            }
            await audit.WriteAsync(connection, transaction, caller.Name, "site_opened", $"site:{id}", ct);
            await Outbox.AddAsync(connection, transaction, SiteChanges.EventOf(id), ct);
            await transaction.CommitAsync(ct);
        }
        var shown = (IValueHttpResult)await changes.ShowAsync(http, id);
        return Results.Json(shown.Value, ApiJson.Options, statusCode: 201);
    }

    public async Task<IResult> ChangeAsync(string id, HttpContext http)
    {
        var request = await ReadAsync(http);
        await staff.DemandAsync(Caller.Of(http), id, SiteRight.Manage, http.RequestAborted);
        var wish = await WishAsync(request, new SiteFields(), http.RequestAborted);
        return await changes.RunAsync(http, id, SiteRight.Manage, request.Version, site =>
        {
            if (wish.Owner != site.Owner && !Caller.Of(http).IsOperator)
                throw new ProblemException(403, "forbidden", "Only operators say whom a site belongs to.");
            return new SiteChange(
                wish.Owner == site.Owner ? "site_changed" : "site_owner_changed", $"site:{id}", Writes(id, wish));
        });
    }

    private static Task<Request> ReadAsync(HttpContext http) => RequestBody.JsonAsync<Request>(
        http, "Send name, region, time_zone, opening (null: always open) and owner_id.");

    /// <exception cref="ProblemException">422 fields_invalid.</exception>
    private async Task<Wish> WishAsync(Request request, SiteFields fields, CancellationToken ct)
    {
        var wish = new Wish(
            fields.Name("name", request.Name), fields.Region("region", request.Region),
            fields.TimeZone("time_zone", request.TimeZone), fields.Opening("opening", request.Opening),
            request.OwnerId);
        if (wish.Owner is { } owner && await persons.FindAsync(owner, ct) is null)
            fields.Add("owner_id", "There is no such user.");
        fields.Demand();
        return wish;
    }

    private static IReadOnlyList<NpgsqlBatchCommand> Writes(string id, Wish wish)
    {
        OpenSpan[] spans = [.. wish.Hours?.Spans ?? []];
        return
        [
            SiteChange.Sql(
                """
                update fuel_site set name = $2, region = $3, time_zone = $4, always_open = $5, owner = $6::uuid
                where id = $1
                """, id, wish.Name, wish.Region, wish.TimeZone, wish.Hours is null, wish.Owner),
            SiteChange.Sql("delete from fuel_opening where site = $1", id),
            SiteChange.Sql(
                """
                insert into fuel_opening (site, day, from_minute, to_minute)
                select $1, unnest($2::smallint[]), unnest($3::smallint[]), unnest($4::smallint[])
                """, id, spans.Select(span => (short)span.Day).ToArray(),
                spans.Select(span => (short)span.FromMinute).ToArray(),
                spans.Select(span => (short)span.ToMinute).ToArray()),
        ];
    }
}
