using SightPay.Server.Api;
using SightPay.Server.Payments;

namespace SightPay.Server.Retail;

/// <summary>Who has a say in a payment of a till: its payer, the tills and cashiers of its merchant,
/// operators.</summary>
internal sealed class PaymentParties(PaymentStore payments, RetailStore retail, Cashiers cashiers)
{
    /// <summary>The payment when the caller is one of its parties; strangers learn nothing, not even that it
    /// exists.</summary>
    /// <param name="changes">Confirmed, cancelled or opened again: a fuel payment is so by its session alone.</param>
    /// <exception cref="ProblemException">404 transaction_not_found; 409 fuel_session.</exception>
    public async Task<Payment> DemandAsync(
        Guid id, Caller caller, bool payer = false, bool till = false, bool operators = false, bool auditors = false,
        bool cashier = false, bool changes = false, CancellationToken ct = default)
    {
        if (await payments.FindAsync(id, ct) is { Kind: not PaymentKind.TopUp } payment
            && ((payer && payment.Person == caller.PersonId)
                || (operators && caller.IsOperator)
                || (auditors && caller.ReadsAll)
                || (till && await IsMerchantsTillAsync(caller, payment, ct))
                || (cashier && payment.Kind == PaymentKind.Retail
                    && await cashiers.MerchantOfAsync(caller, ct) == payment.Payee.Id)))
            return changes && payment.Kind == PaymentKind.Fuel
                ? throw new ProblemException(
                    409, "fuel_session", "This payment belongs to a fuel session; say yes or no there.")
                : payment;
        throw new ProblemException(404, "transaction_not_found", "You have no payment with this id.");
    }

    private async Task<bool> IsMerchantsTillAsync(Caller caller, Payment payment, CancellationToken ct) =>
        caller.StationId is { } till && payment.Kind == PaymentKind.Retail
        && await retail.MerchantOfTillAsync(till, ct) == payment.Payee.Id;
}
