using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.People;

namespace SightPay.Server.Fuel;

/// <summary>What somebody may do at a site; each includes the ones before it.</summary>
internal enum SiteRight
{
    None,

    /// <summary>See all of it: auditors too.</summary>
    Read,

    /// <summary>Run it: sessions, deliveries, closing a pump. Its staff.</summary>
    Work,

    /// <summary>Set it up and say what fuel costs. Its owner, and operators.</summary>
    Manage,
}

/// <summary>
/// Who has a say at which site. The role says that somebody runs forecourts, a row says which: the site that names its
/// owner, or the one at which they work. Both are read at each request.
/// </summary>
internal sealed class SiteStaff(NpgsqlDataSource database)
{
    public async ValueTask<SiteRight> RightAsync(Caller caller, string site, CancellationToken ct)
    {
        if (caller.IsOperator) return SiteRight.Manage;
        var own = await OwnAsync(caller, ct);
        if (own.TryGetValue(site, out var right)) return right;
        return caller.ReadsAll ? SiteRight.Read : SiteRight.None;
    }

    /// <summary>Passes when the caller may do this at the site; to strangers the site does not exist.</summary>
    /// <exception cref="ProblemException">404 site_not_found; 403 forbidden to who may do less.</exception>
    public async ValueTask DemandAsync(Caller caller, string site, SiteRight needed, CancellationToken ct)
    {
        var right = await RightAsync(caller, site, ct);
        if (right == SiteRight.None) throw NotFound();
        if (right < needed)
            throw new ProblemException(403, "forbidden", needed == SiteRight.Manage
                ? "Only operators and the owner of this site may do this."
                : "Only operators, the owner and the staff of this site may do this.");
    }

    /// <summary>The sites whose owner or staff the caller is; an operator's others are not among them.</summary>
    public async ValueTask<IReadOnlyDictionary<string, SiteRight>> OwnAsync(Caller caller, CancellationToken ct)
    {
        var own = new Dictionary<string, SiteRight>();
        if (caller.PersonId is not { } person || !caller.Roles.Contains(Role.Forecourt)) return own;
        await using var command = database.CreateCommand(
            """
            select id, true from fuel_site where owner = $1
            union all select site, false from fuel_staff where person = $1
            """);
        command.Parameters.Add(new() { Value = person });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var (site, owns) = (reader.GetString(0), reader.GetBoolean(1));
            if (owns) own[site] = SiteRight.Manage;
            else own.TryAdd(site, SiteRight.Work);
        }
        return own;
    }

    public static ProblemException NotFound() =>
        new(404, "site_not_found", "There is no site with this id that is yours to see.");
}

/// <summary>Where somebody worked, and what was theirs, goes with them.</summary>
internal static class SitePersonData
{
    public static PersonRows Rows { get; } = new()
    {
        Sections =
        [
            new("forecourt", "select site, since from fuel_staff where person = $1"),
            new("site_invitations", "select site, until from fuel_invitation where person = $1 order by until"),
            new("sites", "select id, name from fuel_site where owner = $1 order by id"),
        ],
        // A site that takes money has to belong to somebody whom operators can reach.
        Obstacles =
        [
            new("select from fuel_site where owner = $1", "site_owned",
                "A filling station still belongs to this account: an operator names another owner first."),
        ],
        Erasures = ["delete from fuel_staff where person = $1", "delete from fuel_invitation where person = $1"],
    };
}
