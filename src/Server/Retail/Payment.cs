using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Events;
using SightPay.Server.Stations;

namespace SightPay.Server.Retail;

internal enum PaymentStatus
{
    Captured,
    AwaitingConfirmation,
    Refused,
    Expired,
    Refunded,
}

/// <summary>One request for money with a lifetime and a status.</summary>
internal sealed record Payment(
    Guid Id, Guid Person, string Merchant, string Till, Money Amount, PaymentStatus Status, Guid? HoldId,
    DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt)
{
    /// <summary>A payment nobody confirmed in time is expired, whether or not that was written down yet.</summary>
    public Payment AsOf(DateTimeOffset now) =>
        Status == PaymentStatus.AwaitingConfirmation && ExpiresAt <= now
            ? this with { Status = PaymentStatus.Expired }
            : this;

    public PaymentAnswer Show() => new(Id, Person, Merchant, Amount, Status, CreatedAt, ExpiresAt);

    /// <summary>What the payer's own pages are told.</summary>
    public IEnumerable<OutboxRow> Events(PaymentStatus status)
    {
        var topic = OutboxRow.PersonTopic(Person);
        yield return new OutboxRow(topic, "payment", ApiJson.Write(new
        {
            TransactionId = Id,
            MerchantId = Merchant,
            Amount,
            Status = Words.Of(status),
        }));
        yield return new OutboxRow(topic, "wallet", ApiJson.Write(new { Cause = "payment", TransactionId = Id }));
    }
}

/// <summary>A payment as the API shows it.</summary>
internal sealed record PaymentAnswer(
    Guid Id, Guid UserId, string MerchantId, Money Amount, PaymentStatus Status, DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt);
