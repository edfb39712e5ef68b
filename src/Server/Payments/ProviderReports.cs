using System.Globalization;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Books;

namespace SightPay.Server.Payments;

/// <summary>
/// Top-ups beside what the providers report: everything that a provider took is credited once, at that amount, what it
/// gave back is taken back, and everything that was credited was taken.
/// </summary>
internal sealed class ProviderReports(PaymentProviders providers) : IBooksCheck
{
    /// <summary>A younger payment may still be on its way to us: the poller asks after half an hour.</summary>
    private static readonly TimeSpan OnItsWay = TimeSpan.FromHours(1);

    private const int AtOnce = 500;

    private sealed record Ours(string State, Money Amount, string? PaymentId)
    {
        public bool IsCredited => State == TopUpState.Credited;
    }

    /// <param name="IsOpen">A refund is under way: either side may know more.</param>
    private sealed record OurReturns(Guid TopUp, ProviderDispute? Dispute, long RefundedMinor, bool IsOpen);

    public string Name => "providers";

    public async Task RunAsync(OpenBooks books, CancellationToken ct)
    {
        foreach (var provider in providers.All)
        {
            var taken = new HashSet<string>();
            await foreach (var page in provider.ListAsync(books.From, books.To, ct).Chunk(AtOnce).WithCancellation(ct))
            {
                await ComparePageAsync(books, provider, page, ct);
                taken.UnionWith(page.Where(IsTaken).Select(payment => payment.Payment.Id));
            }
            await FindUnheardOfAsync(books, provider, taken, ct);
            await CompareReturnsAsync(books, provider, ct);
        }
    }

    private static bool IsTaken(ReportedPayment reported) =>
        reported.Payment.Status == ProviderPaymentStatus.Succeeded;

    /// <summary>What the provider says, beside ours.</summary>
    private static async Task ComparePageAsync(
        OpenBooks books, IPaymentProvider provider, ReportedPayment[] page, CancellationToken ct)
    {
        var ours = new Dictionary<Guid, Ours>();
        await using (var command = books.Command(
            $"""
             select p.id, {TopUpState.Sql}, p.amount_minor, p.currency, t.provider_payment_id
             from payment p join top_up t on t.payment = p.id where p.id = any($3) and t.provider = $4
             """, page.Select(reported => reported.Payment.Reference).ToArray(), provider.Name))
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                ours[reader.GetGuid(0)] = new(
                    reader.GetString(1), new Money(reader.GetInt64(2), reader.GetString(3)),
                    reader.IsDBNull(4) ? null : reader.GetString(4));
        }
        foreach (var reported in page)
            if (Complaint(books, provider, reported, ours) is { } complaint) books.Add(complaint);
    }

    private static string? Complaint(
        OpenBooks books, IPaymentProvider provider, ReportedPayment reported,
        Dictionary<Guid, Ours> ours)
    {
        var payment = reported.Payment;
        var name = $"payment {payment.Id} of {provider.Name}";
        if (!ours.TryGetValue(payment.Reference, out var topUp))
            return IsTaken(reported) ? $"{name} took {In(payment.Amount)} for {payment.Reference}, which is no top-up"
                : null;
        if (topUp.IsCredited && topUp.PaymentId != payment.Id)
            return IsTaken(reported)
                ? $"{name} took {In(payment.Amount)} for top-up {payment.Reference}, which {topUp.PaymentId} paid"
                : null;
        if (topUp.IsCredited && !IsTaken(reported))
            return $"top-up {payment.Reference} was credited, and {name} did not succeed";
        if (IsTaken(reported) && payment.Amount != topUp.Amount)
            return $"{name} took {In(payment.Amount)}, top-up {payment.Reference} is of {In(topUp.Amount)}";
        return !topUp.IsCredited && IsTaken(reported) && reported.At < books.To - OnItsWay
            ? $"{name} took {In(payment.Amount)}, and top-up {payment.Reference} is {topUp.State}"
            : null;
    }

    /// <summary>
    /// What went back, by the provider's word or by ours, in the period, and every objection that is open here: each
    /// payment is read and held beside its top-up.
    /// </summary>
    private static async Task CompareReturnsAsync(OpenBooks books, IPaymentProvider provider, CancellationToken ct)
    {
        var ids = new HashSet<string>();
        await foreach (var told in provider.ListReturnsAsync(books.From, books.To, ct))
            if (told.At < books.To - OnItsWay) ids.Add(told.PaymentId);
        var ours = new Dictionary<string, OurReturns>();
        await using (var command = books.Command(
            """
            select coalesce(t.provider_payment_id, ''), p.id, p.dispute, t.dispute_minor,
                coalesce(sum(r.amount_minor) filter (where r.state <> 'failed'), 0)::bigint,
                coalesce(bool_or(r.state in ('created', 'provider_pending')), false)
            from payment p join top_up t on t.payment = p.id left join top_up_refund r on r.top_up = p.id
            where t.provider = $3 and p.captured_minor > 0 and (t.provider_payment_id = any($4) or p.dispute = 'open'
                or p.id in (select top_up from top_up_refund where created_at >= $1 and created_at < $2))
            group by p.id, t.payment order by p.id
            """, provider.Name, ids.ToArray()))
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                ours[reader.GetString(0)] = new(
                    reader.GetGuid(1),
                    reader.IsDBNull(2) ? null : new(Words.Read<DisputeState>(reader.GetString(2)), reader.GetInt64(3)),
                    reader.GetInt64(4), reader.GetBoolean(5));
        }
        foreach (var (id, known) in ours)
        {
            var call = await provider.FetchAsync(id, ct);
            if (call is not ProviderCall<ProviderPayment?>.Succeeded { Value: { } payment })
                books.Add($"{provider.Name} could not be asked what of payment {id} of top-up {known.TopUp} went back");
            else if (Complaint(provider, payment, known) is { } complaint) books.Add(complaint);
        }
    }

    private static string? Complaint(IPaymentProvider provider, ProviderPayment payment, OurReturns ours)
    {
        var name = $"payment {payment.Id} of {provider.Name}";
        if (payment.Dispute != ours.Dispute)
            return $"a bank's objection to {name} is {In(payment.Dispute)}, top-up {ours.TopUp} says "
                + In(ours.Dispute);
        var back = payment.Refunds.Where(refund => refund.Status != ProviderRefundStatus.Failed)
            .Sum(refund => refund.AmountMinor);
        return ours.IsOpen || back == ours.RefundedMinor
            ? null
            : $"{name} gave back {back}, top-up {ours.TopUp} says {ours.RefundedMinor}";
    }

    /// <summary>What was credited and is in no report is asked for by name: it may have been taken before the period.
    /// </summary>
    private static async Task FindUnheardOfAsync(
        OpenBooks books, IPaymentProvider provider, HashSet<string> taken, CancellationToken ct)
    {
        var unheardOf = new List<(Guid TopUp, string PaymentId, Money Amount)>();
        await using (var command = books.Command(
            """
            select p.id, coalesce(t.provider_payment_id, ''), p.captured_minor, p.currency
            from payment p join top_up t on t.payment = p.id
            where t.provider = $3 and p.captured_at >= $1 and p.captured_at < $2 order by p.id
            """, provider.Name))
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                if (!taken.Contains(reader.GetString(1)))
                    unheardOf.Add((
                        reader.GetGuid(0), reader.GetString(1), new Money(reader.GetInt64(2), reader.GetString(3))));
        }
        foreach (var (topUp, id, amount) in unheardOf)
        {
            var call = await provider.FetchAsync(id, ct);
            if (call is not ProviderCall<ProviderPayment?>.Succeeded { Value: var payment })
                books.Add($"{provider.Name} could not be asked for payment {id} of top-up {topUp}");
            else if (payment is null)
                books.Add($"top-up {topUp} of {In(amount)} was credited, and {provider.Name} knows no payment {id}");
            else if (payment.Status != ProviderPaymentStatus.Succeeded)
                books.Add($"top-up {topUp} was credited, and payment {id} of {provider.Name} did not succeed");
            else if (payment.Amount != amount)
                books.Add($"payment {id} of {provider.Name} took {In(payment.Amount)}, top-up {topUp} is of "
                    + In(amount));
        }
    }

    private static string In(ProviderDispute? dispute) => dispute is null ? "none"
        : string.Create(CultureInfo.InvariantCulture, $"{Words.Of(dispute.State)} over {dispute.AmountMinor}");

    private static string In(Money money) =>
        string.Create(CultureInfo.InvariantCulture, $"{money.AmountMinor} {money.Currency}");
}
