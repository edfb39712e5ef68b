using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.People;

namespace SightPay.Server.Payments.Sandbox;

/// <summary>
/// A provider for trying things out: no bank stands behind it. It keeps its own books and behaves like a real one: it
/// answers at once, decides, and sends a signed message. It declines the one amount <see cref="DeclinedMinor"/>.
/// </summary>
internal sealed class SandboxProvider(
    NpgsqlDataSource database, InstallationKey installation, SandboxSignal signal, TimeProvider clock)
    : IPaymentProvider
{
    public const string ProviderName = "sandbox";

    /// <summary>666.13 is declined, so that the unhappy path can be walked too.</summary>
    public const long DeclinedMinor = 666_13;

    private const string Columns = "id, reference, amount_minor, currency, status";

    private readonly byte[] _webhookKey = installation.Derive("sandbox-webhook");

    public string Name => ProviderName;

    public IReadOnlyList<byte[]> WebhookKeys => [_webhookKey];

    public async Task<ProviderPayment> CreateAsync(Guid reference, Money amount, CancellationToken ct)
    {
        var id = "pay_" + RandomNumberGenerator.GetHexString(24, lowercase: true);
        var status = amount.AmountMinor == DeclinedMinor ? "failed" : "succeeded";
        var eventId = "evt_" + RandomNumberGenerator.GetHexString(24, lowercase: true);
        await using (var command = database.CreateCommand(
            """
            with payment as (
                insert into sandbox_payment (id, reference, amount_minor, currency, status, created_at)
                values ($1, $2, $3, $4, $5, $6) on conflict (reference) do nothing returning id)
            insert into sandbox_event (id, payment_id, body, next_at) select $7, id, $8, $6 from payment
            """))
        {
            command.Parameters.Add(new() { Value = id });
            command.Parameters.Add(new() { Value = reference });
            command.Parameters.Add(new() { Value = amount.AmountMinor });
            command.Parameters.Add(new() { Value = amount.Currency });
            command.Parameters.Add(new() { Value = status });
            command.Parameters.Add(new() { Value = clock.GetUtcNow() });
            command.Parameters.Add(new() { Value = eventId });
            command.Parameters.Add(new() { Value = MessageOf(eventId, id, status) });
            await command.ExecuteNonQueryAsync(ct);
        }
        signal.Set();
        return (await ReadAsync("reference = $1", reference, ct))!;
    }

    public Task<ProviderPayment?> FetchAsync(string providerPaymentId, CancellationToken ct) =>
        ReadAsync("id = $1", providerPaymentId, ct);

    public async IAsyncEnumerable<ReportedPayment> ListAsync(
        DateTimeOffset from, DateTimeOffset to, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"select {Columns}, created_at from sandbox_payment where created_at >= $1 and created_at < $2 "
            + "order by created_at, id");
        command.Parameters.Add(new() { Value = from.ToUniversalTime() });
        command.Parameters.Add(new() { Value = to.ToUniversalTime() });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            yield return new(Read(reader), reader.GetFieldValue<DateTimeOffset>(5));
    }

    public string? PaymentIdOf(ReadOnlySpan<byte> message)
    {
        try
        {
            return JsonSerializer.Deserialize<SandboxMessage>(message, ApiJson.Options)?.Data?.PaymentId;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static byte[] MessageOf(string eventId, string paymentId, string status) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new SandboxMessage(eventId, $"payment.{status}", new SandboxMessageData(paymentId)), ApiJson.Options);

    private async Task<ProviderPayment?> ReadAsync(string where, object value, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"select {Columns} from sandbox_payment where {where}");
        command.Parameters.Add(new() { Value = value });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? Read(reader) : null;
    }

    private static ProviderPayment Read(NpgsqlDataReader reader) => new(
        reader.GetString(0), reader.GetGuid(1), new Money(reader.GetInt64(2), reader.GetString(3)),
        reader.GetString(4) switch
        {
            "succeeded" => ProviderPaymentStatus.Succeeded,
            "failed" => ProviderPaymentStatus.Failed,
            _ => ProviderPaymentStatus.Pending,
        });
}

internal sealed record SandboxMessage(string? Id, string? Type, SandboxMessageData? Data);

internal sealed record SandboxMessageData(string? PaymentId);

internal sealed class SandboxSignal : WorkSignal;
