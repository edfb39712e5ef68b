namespace SightPay.Ledger;

/// <summary>What a transfer does to the counters. The numbers are stored, so they never change.</summary>
public enum TransferKind : short
{
    /// <summary>Moves money at once.</summary>
    Post = 1,

    /// <summary>Sets money aside until it is captured, voided or expires: exactly one of them, exactly once.</summary>
    Hold = 2,

    /// <summary>Posts a hold, whole or in part; the remainder is freed in the same commit.</summary>
    Capture = 3,

    /// <summary>Frees a hold.</summary>
    Void = 4,

    /// <summary>Frees a hold whose time is over; written by the ledger alone.</summary>
    Expire = 5,
}

/// <summary>Why money moves (design: kinds of transfers). The numbers are stored, so they never change.</summary>
public enum TransferCode : short
{
    TopUp = 1,
    Fare = 2,
    HighestFare = 3,
    Purchase = 4,
    Release = 5,
    Expiry = 6,
    LateCapture = 7,
    OverCapture = 8,
    Refund = 9,
    Chargeback = 10,
    Correction = 13,
}

/// <summary>One immutable movement between two accounts: debit, credit, amount in minor units.</summary>
public sealed record Transfer
{
    private Transfer() { }

    public required Guid Id { get; init; }
    public required TransferKind Kind { get; init; }
    public required TransferCode Code { get; init; }

    /// <summary>Key of the account that is debited. Empty for captures and voids: their hold names it.</summary>
    public string DebitKey { get; private init; } = "";

    /// <summary>Key of the account that is credited. Empty for captures and voids: their hold names it.</summary>
    public string CreditKey { get; private init; } = "";

    /// <summary>Minor units, above zero; a capture may be zero (a free journey).</summary>
    public long AmountMinor { get; private init; }

    /// <summary>The hold that a capture or void resolves.</summary>
    public Guid? HoldId { get; private init; }

    /// <summary>How long a hold lives by the ledger's clock.</summary>
    public TimeSpan? HoldFor { get; private init; }

    /// <summary>The transfer that this one corrects or refunds.</summary>
    public Guid? RefId { get; init; }

    public static Transfer Post(Guid id, string debitKey, string creditKey, long amountMinor, TransferCode code) =>
        new() { Id = id, Kind = TransferKind.Post, Code = code, DebitKey = debitKey, CreditKey = creditKey,
            AmountMinor = amountMinor };

    public static Transfer Hold(
        Guid id, string debitKey, string creditKey, long amountMinor, TransferCode code, TimeSpan holdFor) =>
        new() { Id = id, Kind = TransferKind.Hold, Code = code, DebitKey = debitKey, CreditKey = creditKey,
            AmountMinor = amountMinor, HoldFor = holdFor };

    public static Transfer Capture(Guid id, Guid holdId, long amountMinor, TransferCode code) =>
        new() { Id = id, Kind = TransferKind.Capture, Code = code, HoldId = holdId, AmountMinor = amountMinor };

    public static Transfer Void(Guid id, Guid holdId) =>
        new() { Id = id, Kind = TransferKind.Void, Code = TransferCode.Release, HoldId = holdId };
}
