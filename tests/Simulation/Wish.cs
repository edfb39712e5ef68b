using System.Security.Cryptography;
using System.Text;
using SightPay.Ledger;

namespace SightPay.Simulation.Tests;

/// <summary>What a device asks for.</summary>
internal enum WishKind
{
    TopUp,
    Ask,
    PayNow,
    Confirm,
    Capture,
    CaptureLate,
    Extend,
    Cancel,
    Reopen,
    Refund,
    Dispute,
    ResolveForPayer,
    ResolveForPayee,

    /// <summary>The bank takes a top-up back; what the wallet lacks is owed.</summary>
    Chargeback,
}

/// <summary>One request of a device, under an id that it minted and keeps until it has an answer.</summary>
/// <param name="PaymentId">Of the payment that it is about; null: it makes one.</param>
internal sealed record Wish(
    Guid Id, WishKind Kind, Guid Person, long AmountMinor, Guid? PaymentId, bool CapturesLater)
{
    public ReadOnlyMemory<byte> Fingerprint { get; } = SHA256.HashData(
        Encoding.UTF8.GetBytes($"{Kind} {Person} {AmountMinor} {PaymentId} {CapturesLater}"));
}

/// <summary>What the server says to a wish; null: not now, ask again.</summary>
internal sealed record Reply(Answer? Answer);
