using System.Text.Json;

namespace SightPay.Bench.Chaos;

/// <summary>A request that stays the same however often it has to be sent.</summary>
/// <param name="Body">JSON.</param>
/// <param name="ByTill">With the till's key; else by the customer, signed in.</param>
/// <param name="Payment">The payment that it changes; null: it begins one, or none is concerned.</param>
internal sealed record ChaosRequest(string Path, string Body, bool ByTill, long AmountMinor, AckedPayment? Payment)
{
    public Guid Key { get; } = SightPay.Ledger.Ids.Next(TimeProvider.System);
}

/// <summary>
/// One kind of thing that customers and tills do. A new kind is a class here and an entry in <see cref="All"/>, as
/// often as it shall happen.
/// </summary>
internal abstract class ChaosAct
{
    public const string Merchant = "canteen";
    public const string Till = "canteen-till";
    public const string Currency = "INR";

    public static IReadOnlyList<ChaosAct> All { get; } =
    [
        new TopUp(), new Purchase(), new Purchase(), new Purchase(), new Authorisation(), new Authorisation(),
        new Confirmation(), new Confirmation(), new Confirmation(), new PinAtTill(), new Capture(), new Capture(),
        new Refund(), new Refund(), new Cancellation(),
    ];

    /// <returns>Null: the customer has nothing that this can be done to.</returns>
    public abstract ChaosRequest? Plan(Customer customer, Random random);

    /// <summary>What a yes means.</summary>
    public abstract void Done(Customer customer, ChaosRequest request, JsonElement answer);

    protected static string Json(object body) => JsonSerializer.Serialize(body);

    protected static object Sum(long minor) => new { amount_minor = minor, currency = Currency };

    protected static AckedPayment? Any(Customer customer, Random random, params ReadOnlySpan<AckedState> states)
    {
        // The youngest ones alone: what is older may have expired.
        var found = new List<AckedPayment>();
        for (var i = customer.Payments.Count - 1; i >= 0 && found.Count < 8; i--)
            if (states.Contains(customer.Payments[i].State)) found.Add(customer.Payments[i]);
        return found.Count == 0 ? null : found[random.Next(found.Count)];
    }
}

/// <summary>Money comes in through the sandbox provider and its webhook.</summary>
internal sealed class TopUp : ChaosAct
{
    public override ChaosRequest Plan(Customer customer, Random random)
    {
        var minor = random.Next(100_00, 1_000_00);
        return new("/wallet/top-ups", Json(Sum(minor)), false, minor, null);
    }

    public override void Done(Customer customer, ChaosRequest request, JsonElement answer) =>
        customer.TopUps.Add((answer.GetProperty("id").GetGuid(), request.AmountMinor));
}

/// <summary>A till asks for money.</summary>
internal class Purchase : ChaosAct
{
    protected virtual bool CapturesLater => false;

    public override ChaosRequest Plan(Customer customer, Random random)
    {
        var minor = random.Next(1, 50_00);
        var body = new
        {
            user_id = customer.Id, merchant_id = Merchant, amount = Sum(minor),
            capture = CapturesLater ? "later" : "now",
        };
        return new("/transactions", Json(body), true, minor, null);
    }

    public override void Done(Customer customer, ChaosRequest request, JsonElement answer) => customer.Payments.Add(
        new AckedPayment(answer.GetProperty("id").GetGuid(), request.AmountMinor, CapturesLater));
}

/// <summary>The same, to be captured when the amount is known.</summary>
internal sealed class Authorisation : Purchase
{
    protected override bool CapturesLater => true;
}

/// <summary>The payer says yes in the app.</summary>
internal class Confirmation : ChaosAct
{
    public override ChaosRequest? Plan(Customer customer, Random random) =>
        Any(customer, random, AckedState.Awaiting) is not { } payment
            ? null
            : new($"/transactions/{payment.Id}/confirm", "{}", false, payment.AmountMinor, payment);

    public override void Done(Customer customer, ChaosRequest request, JsonElement answer)
    {
        if (request.Payment!.CapturesLater) request.Payment.Authorise();
        else request.Payment.Capture(request.AmountMinor);
    }
}

/// <summary>The payer says yes at the till.</summary>
internal sealed class PinAtTill : Confirmation
{
    public override ChaosRequest? Plan(Customer customer, Random random) =>
        base.Plan(customer, random) is { } request && random.Next(8) == 0
            ? request with { Body = Json(new { pin = Customer.Pin, amount = Sum(request.AmountMinor) }), ByTill = true }
            : null;
}

/// <summary>What was authorised is taken: in part, whole, or a little over.</summary>
internal sealed class Capture : ChaosAct
{
    public override ChaosRequest? Plan(Customer customer, Random random)
    {
        if (Any(customer, random, AckedState.Authorised) is not { } payment) return null;
        var minor = random.NextInt64(1, payment.AmountMinor + payment.AmountMinor * 15 / 100 + 1);
        return new($"/transactions/{payment.Id}/capture", Json(new { amount = Sum(minor) }), true, minor, payment);
    }

    public override void Done(Customer customer, ChaosRequest request, JsonElement answer) =>
        request.Payment!.Capture(request.AmountMinor);
}

internal sealed class Refund : ChaosAct
{
    public override ChaosRequest? Plan(Customer customer, Random random)
    {
        if (Any(customer, random, AckedState.Captured) is not { } payment) return null;
        var left = payment.CapturedMinor - payment.RefundedMinor;
        var minor = random.Next(3) == 0 ? left : random.NextInt64(1, left + 1);
        var body = Json(new { amount = Sum(minor), reason = "chaos" });
        return new($"/transactions/{payment.Id}/refunds", body, true, minor, payment);
    }

    public override void Done(Customer customer, ChaosRequest request, JsonElement answer)
    {
        customer.Refunds.Add(answer.GetProperty("id").GetGuid());
        request.Payment!.Refund(request.AmountMinor);
    }
}

internal sealed class Cancellation : ChaosAct
{
    public override ChaosRequest? Plan(Customer customer, Random random) =>
        random.Next(3) > 0 || Any(customer, random, AckedState.Awaiting) is not { } payment
            ? null
            : new($"/transactions/{payment.Id}/cancel", "{}", true, 0, payment);

    public override void Done(Customer customer, ChaosRequest request, JsonElement answer) =>
        request.Payment!.Cancel();
}
