using System.Globalization;
using SightPay.Ledger;
using SightPay.Server.Books;

namespace SightPay.Server.Payments;

/// <summary>
/// Top-ups beside what the providers report: everything that a provider took is credited once, at that amount, and
/// everything that was credited was taken.
/// </summary>
internal sealed class ProviderReports(PaymentProviders providers) : IBooksCheck
{
    /// <summary>A younger payment may still be on its way to us: the poller asks after half an hour.</summary>
    private static readonly TimeSpan OnItsWay = TimeSpan.FromHours(1);

    private const int AtOnce = 500;

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
        }
    }

    private static bool IsTaken(ReportedPayment reported) =>
        reported.Payment.Status == ProviderPaymentStatus.Succeeded;

    /// <summary>What the provider says, beside ours.</summary>
    private static async Task ComparePageAsync(
        OpenBooks books, IPaymentProvider provider, ReportedPayment[] page, CancellationToken ct)
    {
        var ours = new Dictionary<Guid, (string State, Money Amount, string? PaymentId, string? Dispute)>();
        await using (var command = books.Command(
            """
            select id, state, amount_minor, currency, provider_payment_id, dispute from top_up
            where id = any($3) and provider = $4
            """, page.Select(reported => reported.Payment.Reference).ToArray(), provider.Name))
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                ours[reader.GetGuid(0)] = (
                    reader.GetString(1), new Money(reader.GetInt64(2), reader.GetString(3)),
                    reader.IsDBNull(4) ? null : reader.GetString(4), reader.IsDBNull(5) ? null : reader.GetString(5));
        }
        foreach (var reported in page)
            if (Complaint(books, provider, reported, ours) is { } complaint) books.Add(complaint);
    }

    private static string? Complaint(
        OpenBooks books, IPaymentProvider provider, ReportedPayment reported,
        Dictionary<Guid, (string State, Money Amount, string? PaymentId, string? Dispute)> ours)
    {
        var payment = reported.Payment;
        var name = $"payment {payment.Id} of {provider.Name}";
        if (!ours.TryGetValue(payment.Reference, out var topUp))
            return IsTaken(reported) ? $"{name} took {In(payment.Amount)} for {payment.Reference}, which is no top-up"
                : null;
        var isCredited = topUp.State == TopUpState.Credited;
        if (isCredited && topUp.PaymentId != payment.Id)
            return IsTaken(reported)
                ? $"{name} took {In(payment.Amount)} for top-up {payment.Reference}, which {topUp.PaymentId} paid"
                : null;
        if (isCredited && !IsTaken(reported))
            return $"top-up {payment.Reference} was credited, and {name} did not succeed";
        if (IsTaken(reported) && payment.Amount != topUp.Amount)
            return $"{name} took {In(payment.Amount)}, top-up {payment.Reference} is of {In(topUp.Amount)}";
        if (!IsTaken(reported) || reported.At >= books.To - OnItsWay) return null;
        if (!isCredited) return $"{name} took {In(payment.Amount)}, and top-up {payment.Reference} is {topUp.State}";
        return payment.Dispute is not null && topUp.Dispute is null
            ? $"a bank objects to {name}, and top-up {payment.Reference} knows nothing of it"
            : null;
    }

    /// <summary>What was credited and is in no report is asked for by name: it may have been taken before the period.
    /// </summary>
    private static async Task FindUnheardOfAsync(
        OpenBooks books, IPaymentProvider provider, HashSet<string> taken, CancellationToken ct)
    {
        var unheardOf = new List<(Guid TopUp, string PaymentId, Money Amount)>();
        await using (var command = books.Command(
            """
            select id, coalesce(provider_payment_id, ''), amount_minor, currency from top_up
            where state = 'credited' and provider = $3 and settled_at >= $1 and settled_at < $2 order by id
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

    private static string In(Money money) =>
        string.Create(CultureInfo.InvariantCulture, $"{money.AmountMinor} {money.Currency}");
}
