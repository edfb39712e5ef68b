using System.Globalization;
using SightPay.Server.Api;
using SightPay.Server.Payments;

namespace SightPay.Server.Retail;

/// <summary>Payments, newest first: a person's own, for operators everybody's, for a cashier those of
/// their merchant; of those, the ones asked for.</summary>
internal static class ListPayments
{
    private static readonly string Statuses =
        string.Join(", ", Enum.GetValues<PaymentState>().Select(PaymentAnswer.StatusOf));

    public static async Task<IResult> Handle(
        HttpContext http, PaymentStore store, Cashiers cashiers, TimeProvider clock, string? user_id = null,
        string? merchant_id = null, string? status = null, DateTimeOffset? from = null, DateTimeOffset? to = null,
        string? cursor = null, int? limit = null)
    {
        var caller = Caller.Of(http);
        var readsAll = caller.ReadsAll || (
            merchant_id is not null && await cashiers.MerchantOfAsync(caller, http.RequestAborted) == merchant_id);
        Guid? person = readsAll ? null : caller.PersonId;
        if (user_id is not null)
        {
            if (!Guid.TryParse(user_id, out var asked))
                return Problems.Of(404, "user_not_found", "There is no user with this id.");
            if (!caller.MayRead(asked))
                return Problems.Of(403, "forbidden", "Only the person themself and operators may see this.");
            person = asked;
        }
        PaymentState? state = null;
        if (status is not null)
        {
            state = Enum.GetValues<PaymentState>().Cast<PaymentState?>()
                .FirstOrDefault(each => PaymentAnswer.StatusOf(each!.Value) == status);
            if (state is null)
                return Problems.Of(422, "fields_invalid", "There is no such status.",
                    errors: new Dictionary<string, string[]> { ["status"] = [$"Use: {Statuses}."] });
        }
        var before = Cursor.Read(cursor, 1) is [var text]
            && long.TryParse(text, CultureInfo.InvariantCulture, out var seq) ? seq : long.MaxValue;
        var size = PageLimit.Of(limit);
        var now = clock.GetUtcNow();
        var rows = await store.ListAsync(
            new PaymentFilter(person, merchant_id, state, from, to), [PaymentKind.Retail, PaymentKind.Fuel], now,
            before, size + 1, http.RequestAborted);
        var page = Page<ListedPayment>.Of(
            rows, size, row => Cursor.Of(row.Seq.ToString(CultureInfo.InvariantCulture)));
        return Results.Json(
            new Page<PaymentAnswer>(
                [.. page.Items.Select(row => PaymentAnswer.Of(row.Payment.AsOf(now)))], page.NextCursor),
            ApiJson.Options);
    }
}
