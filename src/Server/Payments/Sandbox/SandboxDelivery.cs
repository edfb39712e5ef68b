using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Npgsql;

namespace SightPay.Server.Payments.Sandbox;

/// <summary>
/// Sends the sandbox's messages to this server's own webhook address, by HTTP as a real provider would, and again
/// until they are taken. Where the own address cannot be reached (none is bound, or only on a name that does not lead
/// back here), the same bytes go through the same handler in memory.
/// </summary>
internal sealed partial class SandboxDelivery(
    NpgsqlDataSource database, SandboxProvider provider, SandboxSignal signal, ReceiveWebhook receive,
    IServer server, TimeProvider clock, ILogger<SandboxDelivery> log) : BackgroundService
{
    private const int AtOnce = 50;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryMax = TimeSpan.FromMinutes(5);

    // The peer is this very process, so its certificate (often a self-made one) proves nothing that the signature
    // does not.
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
    })
    {
        Timeout = TimeSpan.FromSeconds(5),
    };

    public override void Dispose()
    {
        _http.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(stoppingToken);
                await signal.WaitAsync(LookEvery, clock, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                LookFailed(log, fault);
                await Task.Delay(LookEvery, clock, stoppingToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Delivers what is due.</summary>
    public async Task RunOnceAsync(CancellationToken ct)
    {
        IReadOnlyList<(string Id, byte[] Body, int Attempts)> due;
        do
        {
            due = await DueAsync(ct);
            foreach (var (id, body, attempts) in due)
            {
                if (await DeliverAsync(id, body, ct))
                {
                    await SetDeliveredAsync(id, ct);
                    continue;
                }
                var wait = TimeSpan.FromSeconds(Math.Pow(2, Math.Min(attempts, 10)));
                await SetLaterAsync(id, wait < RetryMax ? wait : RetryMax, ct);
            }
        }
        while (due.Count == AtOnce);
    }

    private async Task<bool> DeliverAsync(string id, byte[] body, CancellationToken ct)
    {
        var headers = WebhookSignature.Sign(provider.WebhookKeys[0], id, clock.GetUtcNow(), body);
        if (OwnAddress() is { } address)
        {
            try
            {
                using var request = new HttpRequestMessage(
                    HttpMethod.Post, new Uri(address, $"/webhooks/{SandboxProvider.ProviderName}"))
                {
                    Content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } },
                };
                request.Headers.Add(WebhookHeaders.IdName, headers.Id);
                request.Headers.Add(WebhookHeaders.TimestampName, headers.Timestamp);
                request.Headers.Add(WebhookHeaders.SignatureName, headers.Signature);
                using var answer = await _http.SendAsync(request, ct);
                if (answer.StatusCode == HttpStatusCode.OK) return true;
                Refused(log, id, (int)answer.StatusCode);
                return false;
            }
            catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException
                && !ct.IsCancellationRequested)
            {
                Unreachable(log, fault.Message);
            }
        }
        var result = await receive.RunAsync(SandboxProvider.ProviderName, headers.ToHeaders(), body, ct);
        return result is IStatusCodeHttpResult { StatusCode: null or 200 };
    }

    /// <summary>An address that leads back here; null when the server is bound to none.</summary>
    private Uri? OwnAddress()
    {
        var bound = server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        return bound.Select(BindingAddress.Parse)
            .Where(address => !address.IsUnixPipe && !address.IsNamedPipe && address.Port > 0)
            .OrderBy(address => address.Scheme == "http" ? 0 : 1)
            .Select(address => new UriBuilder(address.Scheme, HostOf(address.Host), address.Port).Uri)
            .FirstOrDefault();
    }

    private static string HostOf(string host) => host switch
    {
        "*" or "+" or "0.0.0.0" => "127.0.0.1",
        "[::]" => "[::1]",
        _ => host,
    };

    private async Task<IReadOnlyList<(string, byte[], int)>> DueAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select id, body, attempts from sandbox_event
            where delivered_at is null and next_at <= $1 order by next_at limit $2
            """);
        command.Parameters.Add(new() { Value = clock.GetUtcNow() });
        command.Parameters.Add(new() { Value = AtOnce });
        var due = new List<(string, byte[], int)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            due.Add((reader.GetString(0), reader.GetFieldValue<byte[]>(1), reader.GetInt32(2)));
        return due;
    }

    private async Task SetDeliveredAsync(string id, CancellationToken ct)
    {
        await using var command = database.CreateCommand("update sandbox_event set delivered_at = $2 where id = $1");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = clock.GetUtcNow() });
        await command.ExecuteNonQueryAsync(ct);
    }

    private async Task SetLaterAsync(string id, TimeSpan wait, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "update sandbox_event set attempts = attempts + 1, next_at = $2 where id = $1");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = clock.GetUtcNow() + wait });
        await command.ExecuteNonQueryAsync(ct);
    }

    [LoggerMessage(1511, LogLevel.Warning, "Sending the sandbox's messages failed; it is tried again.")]
    private static partial void LookFailed(ILogger log, Exception fault);

    [LoggerMessage(1512, LogLevel.Warning, "The sandbox's message {Id} was answered {Status}; it is sent again.")]
    private static partial void Refused(ILogger log, string id, int status);

    [LoggerMessage(1513, LogLevel.Debug, "The server's own address cannot be reached ({Why}); handled in memory.")]
    private static partial void Unreachable(ILogger log, string why);
}
