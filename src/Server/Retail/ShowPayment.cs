using SightPay.Server.Api;
using SightPay.Server.Payments;

namespace SightPay.Server.Retail;

/// <summary>What became of a payment: for its payer, its merchant's tills and cashiers, and operators.</summary>
internal static class ShowPayment
{
    public static async Task<IResult> Handle(Guid id, HttpContext http, PaymentParties parties, TimeProvider clock)
    {
        var payment = await parties.DemandAsync(
            id, Caller.Of(http), payer: true, till: true, auditors: true, cashier: true, ct: http.RequestAborted);
        return Results.Json(PaymentAnswer.Of(payment.AsOf(clock.GetUtcNow())), ApiJson.Options);
    }
}
