using SightPay.Ledger;

namespace SightPay.Server.Payments;

/// <summary>
/// Books what of a credited top-up went back, as the provider reports it: refunds asked for here, those that somebody
/// made at the provider itself, and a bank's objection.
/// </summary>
internal sealed partial class SettleReturns(
    TopUpRefundStore refunds, TopUpStore topUps, ProviderCallLog calls, PaymentProviders providers, TopUpPlans plans,
    ChangeTopUp change, GeneralLedger ledger, TimeProvider clock, ILogger<SettleReturns> log)
{
    /// <summary>The provider has a refund that our books gave to the wallet again.</summary>
    public const string PaidAfterFailure = "refund_paid_after_failure";

    /// <returns>False when the objection could not be booked; people decide.</returns>
    public async Task<bool> RunAsync(TopUp topUp, ProviderPayment payment, CancellationToken ct)
    {
        var known = payment.Refunds.Count == 0 ? [] : await refunds.OfTopUpAsync(topUp.Id, ct);
        foreach (var refund in payment.Refunds)
        {
            if (OurOf(known, refund) is { } ours) await SettleAsync(topUp.Id, ours, refund, ct);
            else if (refund.Status != ProviderRefundStatus.Failed) await FindElsewhereAsync(topUp.Id, refund, ct);
        }
        return payment.Dispute is not { } dispute || await DisputeAsync(topUp.Id, dispute, ct);
    }

    private static TopUpRefund? OurOf(IReadOnlyList<TopUpRefund> known, ProviderRefund refund) =>
        known.FirstOrDefault(each => each.Id == refund.Reference)
        ?? known.FirstOrDefault(each => each.ProviderRefundId == refund.Id);

    /// <summary>Asks the provider to send the money, or what became of it, and settles what it says.</summary>
    public async Task AskAsync(TopUpRefund refund, CancellationToken ct)
    {
        if (await topUps.FindAsync(refund.TopUpId, ct) is not { Details.ProviderPaymentId: { } paymentId } topUp
            || providers.Find(refund.Provider) is not { } provider)
        {
            NotKnown(log, refund.Id, $"there is no provider {refund.Provider}");
            return;
        }
        // What was asked for before is looked for first; see AskProvider.
        if (refund.ProviderRefundId is not null || (await calls.OfAsync(refund.Id, ProviderAct.Refund, ct)).Count > 0)
        {
            if (await ReadAsync(topUp, refund, paymentId, provider, ct) is not { } payment
                || refund.ProviderRefundId is not null
                || payment.Refunds.Any(each => each.Reference == refund.Id)) return;
        }
        await CreateAsync(topUp, refund, paymentId, provider, ct);
    }

    /// <returns>The payment, settled; null: what became of it is not known.</returns>
    private async Task<ProviderPayment?> ReadAsync(
        TopUp topUp, TopUpRefund refund, string paymentId, IPaymentProvider provider, CancellationToken ct)
    {
        var call = await provider.FetchAsync(paymentId, ct);
        if (call is not ProviderCall<ProviderPayment?>.Succeeded { Value: { } payment })
        {
            NotKnown(log, refund.Id, (call as ProviderCall<ProviderPayment?>.Unknown)?.Why ?? "no such payment");
            return null;
        }
        await RunAsync(topUp, payment, ct);
        return payment;
    }

    private async Task CreateAsync(
        TopUp topUp, TopUpRefund refund, string paymentId, IPaymentProvider provider, CancellationToken ct)
    {
        var made = await calls.RunAsync(
            refund.Id, ProviderAct.Refund, () => provider.RefundAsync(refund.Id, paymentId, refund.Amount, ct), StateOf,
            ct);
        switch (made)
        {
            case ProviderCall<ProviderRefund>.Succeeded { Value: var told }:
                await SettleAsync(topUp.Id, refund, told, ct);
                break;
            case ProviderCall<ProviderRefund>.Failed { Code: var code }:
                await FailAsync(topUp.Id, refund, null, code, ct);
                // Often since a bank has objected; as long as the refund was under way there was no room to book that.
                await ReadAsync(topUp, refund, paymentId, provider, ct);
                break;
            case ProviderCall<ProviderRefund>.Unknown { Why: var why }:
                NotKnown(log, refund.Id, why);
                break;
        }
    }

    private async Task SettleAsync(Guid topUp, TopUpRefund ours, ProviderRefund told, CancellationToken ct)
    {
        switch (told.Status)
        {
            case ProviderRefundStatus.Failed when ours.State != TopUpRefundState.Failed:
                await FailAsync(topUp, ours, told.Id, told.FailureCode ?? "refund_failed", ct);
                break;
            case not ProviderRefundStatus.Failed when ours.State == TopUpRefundState.Failed:
                await change.NoteAsync(topUp, PaidAfterFailure, ct);
                break;
            case ProviderRefundStatus.Pending:
                await refunds.SetPendingAsync(ours.Id, told.Id, ct);
                break;
            case ProviderRefundStatus.Succeeded:
                await refunds.SetDoneAsync(ours.Id, told.Id, clock.GetUtcNow(), ct);
                break;
        }
    }

    private async Task FailAsync(
        Guid topUp, TopUpRefund refund, string? providerRefundId, string failureCode, CancellationToken ct)
    {
        var result = await change.RunAsync(
            topUp, stored => plans.RefundFailed(stored, refund, providerRefundId, failureCode), ct);
        if (result is { End: ActEnd.Refused, RefusalCode: not TopUpRefundRow.AlreadyFailed })
            await change.NoteAsync(topUp, result.RefusalCode!, ct);
    }

    /// <summary>What somebody gave back at the provider itself.</summary>
    private async Task FindElsewhereAsync(Guid id, ProviderRefund told, CancellationToken ct)
    {
        while (await topUps.FindAsync(id, ct) is { } topUp && OurOf(await refunds.OfTopUpAsync(id, ct), told) is null
            && await BookAsync(topUp, told.AmountMinor, () => plans.RefundedElsewhere(topUp, told), ct) is null)
        {
            // Something came in between.
        }
    }

    private async Task<bool> DisputeAsync(Guid id, ProviderDispute told, CancellationToken ct)
    {
        while (await topUps.FindAsync(id, ct) is { Payment.Dispute: null or DisputeState.Open } topUp
            && topUp.Payment.Dispute != told.State)
        {
            // A message may be lost: what was decided was opened before.
            var isBooked = topUp.Payment.Dispute is null
                ? await BookAsync(topUp, told.AmountMinor, () => plans.Dispute(topUp, told.AmountMinor), ct)
                : await BookAsync(topUp, 0, () => plans.Resolve(topUp, told.State), ct);
            if (isBooked == false) return false;
        }
        return true;
    }

    /// <summary>What takes money back needs room: more than came in is left to people, until the top-up has changed.
    /// </summary>
    /// <returns>False: it is left to people; null: the top-up has changed meanwhile.</returns>
    private async Task<bool?> BookAsync(TopUp topUp, long amountMinor, Func<Act> plan, CancellationToken ct)
    {
        var why = RefusalCode.RefundAboveCaptured;
        if (amountMinor <= topUp.Payment.RefundableMinor)
        {
            var result = await ledger.SubmitAsync(plan(), ct);
            if (result.End == ActEnd.Stale) return null;
            if (result.End == ActEnd.Committed) return true;
            why = result.RefusalCode ?? "return_conflict";
        }
        return await change.TryNoteAsync(topUp, why, ct) ? false : null;
    }

    private static CallState StateOf(ProviderRefund refund) => refund.Status switch
    {
        ProviderRefundStatus.Succeeded => CallState.Success,
        ProviderRefundStatus.Failed => CallState.Failed,
        _ => CallState.Pending,
    };

    [LoggerMessage(1508, LogLevel.Warning, "What became of refund {Refund} is not known ({Why}); it is asked again.")]
    private static partial void NotKnown(ILogger log, Guid refund, string why);
}
