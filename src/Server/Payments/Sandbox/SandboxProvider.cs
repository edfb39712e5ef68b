using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.People;

namespace SightPay.Server.Payments.Sandbox;

/// <summary>
/// A provider for trying things out: no bank stands behind it. It keeps its own books and behaves like a real one, in
/// the ways of its cards (<see cref="SandboxCard"/>): at once, late, silent, twice, or with a dispute in the end. It
/// declines the one amount <see cref="DeclinedMinor"/>.
/// </summary>
internal sealed class SandboxProvider(
    NpgsqlDataSource database, InstallationKey installation, SandboxSignal signal, TimeProvider clock)
    : IPaymentProvider
{
    public const string ProviderName = "sandbox";

    /// <summary>666.13 is declined, so that the unhappy path can be walked too.</summary>
    public const long DeclinedMinor = 666_13;

    private const string Columns =
        "id, reference, amount_minor, currency, status, card, decided_at, disputed_at, dispute_decided_at, dispute";

    private readonly byte[] _webhookKey = installation.Derive("sandbox-webhook");

    public string Name => ProviderName;

    public IReadOnlyList<byte[]> WebhookKeys => [_webhookKey];

    public PaymentMethods Methods { get; } = new(
        ProviderName, [.. SandboxCard.All.Select(card => new PaymentMethods.Card(card.Token, card.Name, card.Does))],
        null, null);

    public string? Objection(PaymentMethod? method) =>
        method is null || (method.Type == "card" && SandboxCard.Find(method.Token) is not null)
            ? null
            : "The sandbox takes the cards of GET /payment-methods alone.";

    public async Task<ProviderCall<ProviderPayment>> CreateAsync(
        Guid reference, Money amount, PaymentMethod? method, CancellationToken ct)
    {
        var card = SandboxCard.Find(method?.Token ?? SandboxCard.All[0].Token)!;
        var isNew = await RecordAsync(reference, amount, card, ct);
        signal.Set();
        if (isNew && !card.Answers)
            return new ProviderCall<ProviderPayment>.Unknown("the sandbox's silent card did not answer");
        return new ProviderCall<ProviderPayment>.Succeeded((await ReadAsync("reference = $1", reference, ct))!);
    }

    public async Task<ProviderCall<ProviderPayment?>> FetchAsync(string providerPaymentId, CancellationToken ct) =>
        new ProviderCall<ProviderPayment?>.Succeeded(await ReadAsync("id = $1", providerPaymentId, ct));

    public async Task<ProviderCall<ProviderPayment?>> FindAsync(
        Guid reference, DateTimeOffset from, DateTimeOffset to, CancellationToken ct) =>
        new ProviderCall<ProviderPayment?>.Succeeded(await ReadAsync("reference = $1", reference, ct));

    public WebhookJudgement Judge(
        IHeaderDictionary headers, ReadOnlySpan<byte> body, DateTimeOffset now, TimeSpan skew)
    {
        var sent = WebhookHeaders.Of(headers);
        return new(WebhookSignature.Judge(WebhookKeys, sent, body, now, skew), sent.Id);
    }

    public async IAsyncEnumerable<ReportedPayment> ListAsync(
        DateTimeOffset from, DateTimeOffset to, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"select {Columns}, created_at from sandbox_payment where created_at >= $1 and created_at < $2 "
            + "order by created_at, id");
        var now = Now();
        command.Parameters.Add(new() { Value = from.ToUniversalTime() });
        command.Parameters.Add(new() { Value = to.ToUniversalTime() });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            yield return new(Read(reader, now), reader.GetFieldValue<DateTimeOffset>(10));
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

    /// <summary>The customer has decided on the bank's page; the first decision counts.</summary>
    public async Task DecideAsync(string paymentId, bool approve, CancellationToken ct)
    {
        var status = approve ? "succeeded" : "failed";
        await using var command = database.CreateCommand(
            """
            with decided as (
                update sandbox_payment set status = $2, decided_at = $3 where id = $1 and status = 'pending'
                returning id)
            insert into sandbox_event (id, payment_id, body, next_at) select $4, id, $5, $3 from decided
            """);
        var eventId = NewId("evt_");
        command.Parameters.Add(new() { Value = paymentId });
        command.Parameters.Add(new() { Value = status });
        command.Parameters.Add(new() { Value = Now() });
        command.Parameters.Add(new() { Value = eventId });
        command.Parameters.Add(new() { Value = MessageOf(eventId, paymentId, status) });
        await command.ExecuteNonQueryAsync(ct);
        signal.Set();
    }

    /// <returns>False when the reference is known already: nothing is recorded twice.</returns>
    private async Task<bool> RecordAsync(Guid reference, Money amount, SandboxCard card, CancellationToken ct)
    {
        var id = NewId("pay_");
        var now = Now();
        var declined = amount.AmountMinor == DeclinedMinor || card is { SucceedsIn: null, NeedsAction: false };
        var status = declined ? "failed" : card.NeedsAction ? "pending" : "succeeded";
        DateTimeOffset? decidedAt = status == "pending" ? null : now + (card.SucceedsIn ?? TimeSpan.Zero);
        DateTimeOffset? disputedAt = card.DisputeWon is null || declined ? null : now + SandboxCard.DisputedAfter;
        var events = new List<(string Id, DateTimeOffset At)>();
        for (var i = 0; decidedAt is { } at && i < card.Messages; i++) events.Add((NewId("evt_"), at));
        if (disputedAt is not null)
            events.AddRange([
                (NewId("evt_"), disputedAt.Value), (NewId("evt_"), now + SandboxCard.DecidedAfter)]);
        await using var command = database.CreateCommand(
            """
            with payment as (
                insert into sandbox_payment (id, reference, amount_minor, currency, status, created_at, card,
                    decided_at, disputed_at, dispute_decided_at, dispute)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (reference) do nothing returning id),
            told as (
                insert into sandbox_event (id, payment_id, body, next_at)
                select e.id, p.id, e.body, e.at from payment p, unnest($12, $13, $14) as e (id, body, at))
            select count(*) from payment
            """);
        foreach (var value in (object?[])
            [
                id, reference, amount.AmountMinor, amount.Currency, status, now, card.Token, decidedAt, disputedAt,
                disputedAt is null ? null : now + SandboxCard.DecidedAfter,
                disputedAt is null ? null : card.DisputeWon == true ? "won" : "lost",
            ])
            command.Parameters.Add(new() { Value = value ?? DBNull.Value });
        command.Parameters.Add(new() { Value = events.Select(each => each.Id).ToArray() });
        command.Parameters.Add(new() { Value = events.Select(each => MessageOf(each.Id, id, status)).ToArray() });
        command.Parameters.Add(new()
        {
            Value = events.Select(each => each.At.UtcDateTime).ToArray(),
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
        });
        return (long)(await command.ExecuteScalarAsync(ct))! == 1;
    }

    private async Task<ProviderPayment?> ReadAsync(string where, object value, CancellationToken ct)
    {
        await using var command = database.CreateCommand($"select {Columns} from sandbox_payment where {where}");
        command.Parameters.Add(new() { Value = value });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? Read(reader, Now()) : null;
    }

    /// <summary>A payment as it is seen now: what is recorded for later has not happened yet.</summary>
    private static ProviderPayment Read(NpgsqlDataReader reader, DateTimeOffset now)
    {
        var (id, stored) = (reader.GetString(0), reader.GetString(4));
        var status = stored switch
        {
            "succeeded" or "failed" when Passed(6) is null or true =>
                stored == "succeeded" ? ProviderPaymentStatus.Succeeded : ProviderPaymentStatus.Failed,
            "pending" => ProviderPaymentStatus.ActionNeeded,
            _ => ProviderPaymentStatus.Pending,
        };
        return new(id, reader.GetGuid(1), new Money(reader.GetInt64(2), reader.GetString(3)), status)
        {
            ActionUrl = status == ProviderPaymentStatus.ActionNeeded ? $"/sandbox/bank/{id}" : null,
            FailureCode = status == ProviderPaymentStatus.Failed ? SandboxCard.DeclineCode : null,
            Dispute = Passed(7) != true ? null
                : Passed(8) != true ? DisputeState.Open
                : reader.GetString(9) == "won" ? DisputeState.Won : DisputeState.Lost,
        };

        bool? Passed(int column) =>
            reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column) <= now;
    }

    /// <summary>Cut to the store's microseconds: rounded up, what is due now would be due a moment later.</summary>
    private DateTimeOffset Now()
    {
        var now = clock.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }

    private static string NewId(string prefix) => prefix + RandomNumberGenerator.GetHexString(24, lowercase: true);

    private static byte[] MessageOf(string eventId, string paymentId, string status) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new SandboxMessage(eventId, $"payment.{status}", new SandboxMessageData(paymentId)), ApiJson.Options);
}

internal sealed record SandboxMessage(string? Id, string? Type, SandboxMessageData? Data);

internal sealed record SandboxMessageData(string? PaymentId);

internal sealed class SandboxSignal : WorkSignal;
