using System.Globalization;
using SightPay.Server.Api;

namespace SightPay.Server.Books;

/// <summary>A run as the API shows it.</summary>
/// <param name="DifferencesFound">Null while it waits.</param>
/// <param name="Differences">The first thousand; null in lists, and while it waits.</param>
internal sealed record ReconciliationAnswer(
    Guid Id, string RequestedBy, DateTimeOffset RequestedAt, DateTimeOffset From, DateTimeOffset To,
    ReconciliationState State, long? DifferencesFound, IReadOnlyList<Difference>? Differences, long? DurationMs,
    DateTimeOffset? EndedAt)
{
    public static ReconciliationAnswer Of(Reconciliation run) => new(
        run.Id, run.RequestedBy, run.RequestedAt, run.From, run.To, run.State, run.Found, run.Differences,
        run.DurationMs, run.EndedAt);
}

/// <summary>
/// POST /reconciliations: an operator asks for a run now. It is answered at once and done in the background; the key is
/// the run's id, so a repeated request is the same run.
/// </summary>
internal sealed class AskReconciliation(ReconciliationStore store, Reconcile reconcile, TimeProvider clock)
{
    private static readonly TimeSpan PeriodDefault = TimeSpan.FromDays(2);

    /// <param name="From">Start of the period of providers' reports; null: two days ago.</param>
    /// <param name="To">Its end; null: now.</param>
    internal sealed record Request(DateTimeOffset? From, DateTimeOffset? To);

    public async Task<IResult> RunAsync(HttpContext http, CancellationToken ct)
    {
        var request = await RequestBody.JsonAsync<Request>(http, "Send a JSON object, with from and to or empty.");
        var key = Idempotency.ReadKey(http) ?? throw new ProblemException(
            400, "idempotency_key_missing",
            $"Send the header {Idempotency.KeyHeader} with a UUID that you keep for retries of this request.");
        var now = clock.GetUtcNow();
        var to = request.To ?? now;
        var from = request.From ?? to - PeriodDefault;
        if (from >= to || to > now)
            throw new ProblemException(422, "period_invalid", "The period begins before it ends, and is over.");
        var by = Caller.Of(http).Name;
        if (!await store.AddAsync(key, by, now, from, to, ct))
        {
            var known = (await store.FindAsync(key, ct))!;
            var isEqual = known.RequestedBy == by && (request.From ?? known.From) == known.From
                && (request.To ?? known.To) == known.To;
            if (!isEqual)
                throw new ProblemException(
                    422, "idempotency_key_reused",
                    "This key was used before with another request: repeat that one as it was, or use a new key.");
            http.Response.Headers[Idempotency.ReplayedHeader] = "true";
        }
        reconcile.Wake();
        return Answer((await store.FindAsync(key, ct))!, StatusCodes.Status202Accepted);
    }

    public async Task<IResult> ShowAsync(Guid id, CancellationToken ct) => await store.FindAsync(id, ct) is { } run
        ? Answer(run, StatusCodes.Status200OK)
        : Problems.Of(404, "reconciliation_not_found", "There is no reconciliation with this id.");

    /// <summary>Newest first, without what they found.</summary>
    public async Task<IResult> ListAsync(string? cursor, int? limit, CancellationToken ct)
    {
        var most = PageLimit.Of(limit);
        var runs = await store.ListAsync(Cursor.ReadNumber(cursor), most + 1, ct);
        var page = Page<Reconciliation>.Of(
            runs, most, run => Cursor.Of(run.Seq.ToString(CultureInfo.InvariantCulture)));
        return Results.Json(
            new Page<ReconciliationAnswer>(
                [.. page.Items.Select(run => ReconciliationAnswer.Of(run with { Differences = null }))],
                page.NextCursor),
            ApiJson.Options);
    }

    private static IResult Answer(Reconciliation run, int status) =>
        Results.Json(ReconciliationAnswer.Of(run), ApiJson.Options, statusCode: status);
}
