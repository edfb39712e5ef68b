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

    public async Task<ProviderCall<ProviderPayment?>> CancelAsync(string providerPaymentId, CancellationToken ct)
    {
        await EndAsync(providerPaymentId, "cancelled", ct);
        return await FetchAsync(providerPaymentId, ct);
    }

    public async Task<ProviderCall<ProviderRefund>> RefundAsync(
        Guid reference, string providerPaymentId, Money amount, CancellationToken ct)
    {
        if (await ReadAsync("id = $1", providerPaymentId, ct) is not { } payment)
            return new ProviderCall<ProviderRefund>.Failed("payment_unknown");
        if (payment.Refunds.FirstOrDefault(refund => refund.Reference == reference) is { } known)
            return new ProviderCall<ProviderRefund>.Succeeded(known);
        if (payment.Status != ProviderPaymentStatus.Succeeded)
            return new ProviderCall<ProviderRefund>.Failed("payment_not_taken");
        if (payment.Dispute is { State: DisputeState.Open or DisputeState.Lost })
            return new ProviderCall<ProviderRefund>.Failed("payment_disputed");
        var back = payment.Refunds.Where(refund => refund.Status != ProviderRefundStatus.Failed)
            .Sum(refund => refund.AmountMinor);
        if (amount.AmountMinor > payment.Amount.AmountMinor - back)
            return new ProviderCall<ProviderRefund>.Failed("refund_above_payment");
        await RecordRefundAsync(reference, providerPaymentId, amount.AmountMinor, ct);
        payment = await ReadAsync("id = $1", providerPaymentId, ct);
        return new ProviderCall<ProviderRefund>.Succeeded(
            payment!.Refunds.Single(refund => refund.Reference == reference));
    }

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
            $"""
             select {Columns}, created_at from sandbox_payment
             where created_at >= $1 and created_at < $2 order by created_at, id
             """);
        command.Parameters.Add(new() { Value = from.ToUniversalTime() });
        command.Parameters.Add(new() { Value = to.ToUniversalTime() });
        var now = Now();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            yield return new(Read(reader, now), reader.GetFieldValue<DateTimeOffset>(10));
    }

    public async IAsyncEnumerable<ReportedReturn> ListReturnsAsync(
        DateTimeOffset from, DateTimeOffset to, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select payment_id, created_at from sandbox_refund where created_at >= $1 and created_at < $2
            union all
            select id, disputed_at from sandbox_payment
            where disputed_at >= $1 and disputed_at < $2 and disputed_at <= $3
            """);
        command.Parameters.Add(new() { Value = from.ToUniversalTime() });
        command.Parameters.Add(new() { Value = to.ToUniversalTime() });
        command.Parameters.Add(new() { Value = Now() });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            yield return new(reader.GetString(0), reader.GetFieldValue<DateTimeOffset>(1));
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
    public Task DecideAsync(string paymentId, bool approve, CancellationToken ct) =>
        EndAsync(paymentId, approve ? "succeeded" : "refused", ct);

    /// <summary>What waits for its customer waits no longer, and says so.</summary>
    private async Task EndAsync(string paymentId, string status, CancellationToken ct)
    {
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

    private async Task RecordRefundAsync(Guid reference, string paymentId, long amountMinor, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            with refund as (
                insert into sandbox_refund (id, payment_id, reference, amount_minor, status, created_at, decided_at)
                select $1, p.id, $3, $4, case when p.card = $8 then 'failed' else 'succeeded' end, $5,
                    case when p.card = $8 then $9 else $5 end
                from sandbox_payment p where p.id = $2
                on conflict (reference) do nothing returning payment_id, decided_at)
            insert into sandbox_event (id, payment_id, body, next_at) select $6, payment_id, $7, decided_at from refund
            """);
        var (eventId, now) = (NewId("evt_"), Now());
        foreach (var value in (object[])
            [
                NewId("re_"), paymentId, reference, amountMinor, now, eventId,
                MessageOf(eventId, paymentId, "refunded"), SandboxCard.All.Single(card => card.RefundFails).Token,
                now + SandboxCard.Late,
            ])
            command.Parameters.Add(new() { Value = value });
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
        ProviderPayment payment;
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            if (!await reader.ReadAsync(ct)) return null;
            payment = Read(reader, Now());
        }
        return payment with { Refunds = await RefundsOfAsync(payment.Id, ct) };
    }

    private async Task<IReadOnlyList<ProviderRefund>> RefundsOfAsync(string paymentId, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select id, reference, amount_minor, status, decided_at from sandbox_refund
            where payment_id = $1 order by created_at, id
            """);
        command.Parameters.Add(new() { Value = paymentId });
        var (refunds, now) = (new List<ProviderRefund>(), Now());
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var status = reader.GetFieldValue<DateTimeOffset>(4) > now ? ProviderRefundStatus.Pending
                : reader.GetString(3) == "succeeded" ? ProviderRefundStatus.Succeeded
                : ProviderRefundStatus.Failed;
            refunds.Add(new(
                reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetGuid(1), reader.GetInt64(2), status)
            {
                FailureCode = status == ProviderRefundStatus.Failed ? SandboxCard.RefundFailureCode : null,
            });
        }
        return refunds;
    }

    /// <summary>A payment as it is seen now: what is recorded for later has not happened yet.</summary>
    private static ProviderPayment Read(NpgsqlDataReader reader, DateTimeOffset now)
    {
        var (id, stored) = (reader.GetString(0), reader.GetString(4));
        var status = stored switch
        {
            "succeeded" or "failed" or "refused" or "cancelled" when Passed(6) is null or true =>
                stored == "succeeded" ? ProviderPaymentStatus.Succeeded : ProviderPaymentStatus.Failed,
            "pending" => ProviderPaymentStatus.ActionNeeded,
            _ => ProviderPaymentStatus.Pending,
        };
        var amountMinor = reader.GetInt64(2);
        return new(id, reader.GetGuid(1), new Money(amountMinor, reader.GetString(3)), status)
        {
            ActionUrl = status == ProviderPaymentStatus.ActionNeeded ? $"/sandbox/bank/{id}" : null,
            FailureCode = status != ProviderPaymentStatus.Failed ? null : stored switch
            {
                "cancelled" => AskProvider.Abandoned,
                "refused" => SandboxCard.RefusedCode,
                _ => SandboxCard.DeclineCode,
            },
            Dispute = Passed(7) != true ? null : new(
                Passed(8) != true ? DisputeState.Open
                : reader.GetString(9) == "won" ? DisputeState.Won : DisputeState.Lost, amountMinor),
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
