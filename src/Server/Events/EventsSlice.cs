using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Database;

namespace SightPay.Server.Events;

public sealed record LiveSettings
{
    public TimeSpan TicketLife { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A connection ends after this and the page comes with a new ticket: somebody who was signed out or lost a role
    /// follows no longer than an access token lives.
    /// </summary>
    public TimeSpan ConnectionLife { get; init; } = TimeSpan.FromMinutes(15);

    public TimeSpan PingEvery { get; init; } = TimeSpan.FromSeconds(15);
    public TimeSpan PongWithin { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A client that does not take a message for this long is given up.</summary>
    public TimeSpan SendWithin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a goodbye may take; by the real clock, since it is about the network.</summary>
    public TimeSpan CloseWithin { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The outbox is a channel and no archive.</summary>
    public TimeSpan KeepEvents { get; init; } = TimeSpan.FromDays(7);
}

public static class EventsSlice
{
    public static SliceSchema Schema => SliceSchema.Of("Events");

    /// <summary>Needs NpgsqlDataSource, TimeProvider and Connections among the services.</summary>
    public static IServiceCollection AddEvents(this IServiceCollection services, LiveSettings? settings = null)
    {
        services.AddSingleton(settings ?? new LiveSettings());
        services.AddSingleton<ICompanionWriter, OutboxWriter>();
        services.AddSingleton<EventFeed>().AddHostedService(provider => provider.GetRequiredService<EventFeed>());
        services.AddHostedService<OutboxSweep>();
        services.AddSingleton<LiveTickets>().AddSingleton<LiveConnection>();
        return services;
    }

    public static IEndpointRouteBuilder MapEvents(this IEndpointRouteBuilder app)
    {
        app.MapPost("/live/tickets", (HttpContext http, LiveTickets use, CancellationToken ct) =>
                use.IssueAsync(http, ct))
            .WithTags("Events").WithSummary("A one-time ticket for the live feed")
            .RequireAuthorization(Access.Person).Produces<OneTimeTicket>(201);
        app.MapGet("/ws/live", (HttpContext http, string? ticket, LiveConnection use, CancellationToken ct) =>
                use.RunAsync(http, ticket, ct))
            .ExcludeFromDescription();
        return app;
    }
}

/// <summary>Deletes events that nobody can follow any more.</summary>
internal sealed partial class OutboxSweep(
    NpgsqlDataSource database, LiveSettings settings, TimeProvider clock, ILogger<OutboxSweep> log)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await using var command = database.CreateCommand("delete from outbox where at < $1");
                command.Parameters.Add(new() { Value = clock.GetUtcNow() - settings.KeepEvents });
                await command.ExecuteNonQueryAsync(stoppingToken);
            }
            catch (NpgsqlException fault)
            {
                SweepFailed(log, fault);
            }
        }
    }

    [LoggerMessage(1202, LogLevel.Warning, "Sweeping the outbox failed; it is tried again in an hour.")]
    private static partial void SweepFailed(ILogger log, Exception fault);
}
