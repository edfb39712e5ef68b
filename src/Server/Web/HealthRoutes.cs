using Npgsql;
using SightPay.Server.Api;

namespace SightPay.Server.Web;

/// <summary>May a gate decision be taken? And what is it waiting for?</summary>
internal static class HealthRoutes
{
    private static readonly TimeSpan _probeWithin = TimeSpan.FromSeconds(2);

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => Results.Json(new { status = "live" }, ApiJson.Options))
            .AnswersWhileStarting().WithTags("Operations").WithSummary("The process answers");
        routes.MapGet("/health", HandleAsync)
            .AnswersWhileStarting().WithTags("Operations").WithSummary("200 once a gate decision can be taken");
    }

    public static async Task<IReadOnlyDictionary<string, string>> DependenciesAsync(
        IServiceProvider services, CancellationToken ct)
    {
        var start = services.GetRequiredService<StartUp>();
        var states = new Dictionary<string, string>
        {
            ["database"] = start.Step > StartStep.Database ? await ProbeAsync(services, ct) : "starting",
            ["migrations"] = Passed(start, StartStep.Migrations),
            ["ledger"] = Passed(start, StartStep.Ledger),
        };
        foreach (var check in services.GetServices<ReadinessCheck>())
            states[check.Name] = start.Step > StartStep.Ledger
                ? await check.WhyNotAsync(services, ct) ?? "ready"
                : "waiting";
        states["first_start"] = Passed(start, StartStep.Workers);
        return states;
    }

    private static async Task<IResult> HandleAsync(HttpContext http, CancellationToken ct)
    {
        var dependencies = await DependenciesAsync(http.RequestServices, ct);
        // What is only watched is told, and keeps no gate shut.
        var watched = http.RequestServices.GetServices<ReadinessCheck>()
            .Where(check => !check.IsNeeded).Select(check => check.Name).ToHashSet();
        var isReady = dependencies.All(state => state.Value == "ready" || watched.Contains(state.Key));
        var isWhole = dependencies.Values.All(state => state == "ready");
        http.Response.Headers.CacheControl = "no-store";
        if (!isReady)
            http.Response.Headers.RetryAfter = "1";
        var isStarted = http.RequestServices.GetRequiredService<StartUp>().IsDone;
        return Results.Json(
            new { status = isWhole ? "ready" : isStarted ? "degraded" : "starting", dependencies },
            ApiJson.Options, statusCode: isReady ? 200 : 503);
    }

    private static string Passed(StartUp start, StartStep step) =>
        start.Step > step ? "ready" : start.Step == step ? "starting" : "waiting";

    private static async Task<string> ProbeAsync(IServiceProvider services, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(_probeWithin);
        try
        {
            await using var probe = services.GetRequiredService<NpgsqlDataSource>().CreateCommand("select 1");
            await probe.ExecuteScalarAsync(patience.Token);
            return "ready";
        }
        catch (Exception fault) when (fault is NpgsqlException or OperationCanceledException
            && !ct.IsCancellationRequested)
        {
            return "unreachable";
        }
    }
}

/// <summary>Marks a route that needs neither database nor ledger.</summary>
internal sealed class AnswersWhileStarting;

internal static class StartGate
{
    public static TBuilder AnswersWhileStarting<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new AnswersWhileStarting());

    /// <summary>Until the start is done every other route says so.</summary>
    public static void UseStartGate(this WebApplication app)
    {
        var start = app.Services.GetRequiredService<StartUp>();
        app.Use((http, next) =>
            start.IsDone || http.GetEndpoint() is not { } endpoint
            || endpoint.Metadata.GetMetadata<AnswersWhileStarting>() is not null
                ? next(http)
                : Problems.Of(503, "starting", "The server is starting; try again in a moment.", retryable: true)
                    .ExecuteAsync(http));
    }
}
