using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.Extensions.Logging.Console;
using SightPay.Server.Api;
using SightPay.Server.Database;

namespace SightPay.Server.Web;

/// <summary>What surrounds the slices: listening, manners of HTTP, pages, operations.</summary>
internal static class WebSlice
{
    private const long DroppedBytesMax = 64 * 1024 * 1024;
    private static readonly TimeSpan _answerWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _stopWithin = TimeSpan.FromSeconds(10);

    public static void ListenAt(this WebApplicationBuilder builder, Settings settings)
    {
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Bodies are judged where they are read; this bounds what is read and dropped for a clean answer.
            kestrel.Limits.MaxRequestBodySize = settings.Limits.BodyBytesMax + DroppedBytesMax;
            var clock = kestrel.ApplicationServices.GetRequiredService<TimeProvider>();
            var certificate = settings.Urls.Any(url => url.IsHttps) ? ServerCertificate.Load(settings, clock) : null;
            foreach (var url in settings.Urls)
                url.Listen(kestrel, listen =>
                {
                    if (url.IsHttps)
                        listen.UseHttps(certificate!);
                });
        });
    }

    public static void LogAsJson(this WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Logging.AddConsole(console => console.FormatterName = JsonLines.FormatterName)
            .AddConsoleFormatter<JsonLines, ConsoleFormatterOptions>();
        builder.Logging.SetMinimumLevel(LogLevel.Information);
        // The framework's own request lines carry query strings, and its middleware's errors messages.
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("System", LogLevel.Warning);
        // It would say at every first start that the keys lie unencrypted in the data folder, which only we may read.
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
    }

    /// <param name="schemas">All slices' migrations, in ring order.</param>
    public static IServiceCollection AddWeb(
        this IServiceCollection services, Settings settings, Store store, IReadOnlyList<SliceSchema> schemas)
    {
        services.AddSingleton(settings).AddSingleton(schemas);
        services.AddSingleton(new BodyLimit(settings.Limits.BodyBytesMax));
        services.AddSingleton(TimeProvider.System);
        // Instances that the container did not make are closed by their owner, the store last of all.
        services.AddSingleton(store).AddSingleton(store.Database);
        services.AddSingleton<StartUp>();
        services.AddSingleton<LedgerHost>();
        services.AddSingleton(provider => provider.GetRequiredService<LedgerHost>().Ledger);
        services.AddSingleton<Idempotency>();
        services.AddSingleton(provider => new Connections(
            settings.MaxConcurrentConnections, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new RateLimits(
        [
            new(RateLimits.SignIn, settings.Limits.SignInsPerMinute, TimeSpan.FromMinutes(1)),
            new(RateLimits.SignUp, settings.Limits.SignUpsPerHour, TimeSpan.FromHours(1)),
            .. RateLimits.OfStepUp,
        ], provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<PrometheusText>().AddSingleton<OtlpExport>().AddSingleton<Webcam>();
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = ApiJson.Options.PropertyNamingPolicy;
            json.SerializerOptions.DictionaryKeyPolicy = ApiJson.Options.DictionaryKeyPolicy;
            foreach (var converter in ApiJson.Options.Converters)
                json.SerializerOptions.Converters.Add(converter);
        });
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.Configure<FormOptions>(form => form.MultipartBodyLengthLimit = settings.Limits.BodyBytesMax);
        services.Configure<HostOptions>(host => host.ShutdownTimeout = _stopWithin);
        services.AddRequestTimeouts(timeouts => timeouts.DefaultPolicy = new RequestTimeoutPolicy
        {
            Timeout = _answerWithin,
            WriteTimeoutResponse = http => FaultAnswers.Of(new TimeoutException()).ExecuteAsync(http),
        });
        services.AddDocs();
        return services;
    }

    /// <summary>What every request passes, from the outside in.</summary>
    public static void UseWeb(this WebApplication app)
    {
        // Listening to the meters begins with the first request, not with the first scrape.
        app.Services.GetRequiredService<PrometheusText>();
        app.Services.GetRequiredService<OtlpExport>();
        app.UseMiddleware<RequestLog>();
        app.UseSecurityHeaders();
        app.UseMiddleware<FaultAnswers>();
        app.UsePages();
        app.UseDocs();
        app.UseRouting();
        app.UseStartGate();
        app.UseWhen(http => !IsLasting(http), plain => plain.UseRequestTimeouts());
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.FromSeconds(20) });
        EndSocketsWhenStopping(app);
        app.UseAuthentication();
        app.UseAuthorization();
        // After authorisation: a stranger's bytes are not worth keeping.
        app.Use(async (http, next) =>
        {
            if (http.GetEndpoint() is not null && !http.WebSockets.IsWebSocketRequest && HasBody(http.Request))
                await RequestBody.OfAsync(http);
            await next(http);
        });
    }

    public static void MapWeb(this WebApplication app)
    {
        app.MapPages();
        app.MapHealth();
        app.MapGet("/metrics", (PrometheusText metrics) =>
                Results.Text(metrics.Write(), "text/plain; version=0.0.4; charset=utf-8"))
            .AnswersWhileStarting().WithTags("Operations").WithSummary("Prometheus metrics");
        app.MapGet("/connections", (Connections connections) => Results.Json(new
            {
                open = connections.Count,
                max = connections.Max,
                items = connections.List().Select(connection => new
                {
                    connection.Id, connection.Kind, connection.Who, connection.OpenedAt,
                    connection.MessagesReceived, connection.MessagesSent,
                }),
            }, ApiJson.Options))
            .RequireAuthorization(Access.Operator).WithTags("Operations").WithSummary("Open WebSocket connections");
        Webcam.Map(app);
    }

    private static bool HasBody(HttpRequest request) =>
        request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0
        || (request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? false);

    private static bool IsLasting(HttpContext http) =>
        http.Request.Headers.Upgrade.Count > 0
        || http.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true };

    /// <summary>A socket that nobody closes would hold the stop up until its patience ends.</summary>
    private static void EndSocketsWhenStopping(WebApplication app)
    {
        var stopping = app.Lifetime.ApplicationStopping;
        app.Use(async (http, next) =>
        {
            if (!IsLasting(http))
            {
                await next(http);
                return;
            }
            using var either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
            http.RequestAborted = either.Token;
            await next(http);
        });
    }
}
