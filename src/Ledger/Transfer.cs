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

    /// <summary>What a capture takes beyond its hold; names the capture.</summary>
    OverCapture = 8,

    /// <summary>Gives back what another transfer took, never more in all; names it.</summary>
    Refund = 9,

    /// <summary>The same by somebody else's decision: a bank's, or that of a dispute.</summary>
    Chargeback = 10,

    /// <summary>A chargeback is taken back; names what the chargeback named.</summary>
    ChargebackWon = 11,

    /// <summary>A debt is paid out of a wallet.</summary>
    DebtCollect = 12,

    /// <summary>Staff put a wallet right.</summary>
    Correction = 13,
    Fee = 14,
    Payout = 15,
    WriteOff = 16,

    /// <summary>A refund did not get there and is taken back; names what the refund named.</summary>
    RefundFailed = 17,
}

/// <summary>How a post's amount is found.</summary>
public enum PostLimit
{
    /// <summary>The amount as it stands, or a refusal.</summary>
    Exact,

    /// <summary>
    /// As much of it as the debit account may spend and, where the credit account is a receivable, as is owed there.
    /// Nothing at all is fine, and leaves no transfer.
    /// </summary>
    UpTo,

    /// <summary>What an <see cref="UpTo"/> before it in the chain left over; nothing leaves no transfer.</summary>
    Rest,
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

    /// <summary>The transfer that this one corrects, refunds or follows.</summary>
    public Guid? RefId { get; init; }

    public PostLimit Limit { get; private init; }

    /// <summary>The transfer whose rest this one moves.</summary>
    public Guid? RestOf { get; private init; }

    public static Transfer Post(Guid id, string debitKey, string creditKey, long amountMinor, TransferCode code) =>
        new() { Id = id, Kind = TransferKind.Post, Code = code, DebitKey = debitKey, CreditKey = creditKey,
            AmountMinor = amountMinor };

    /// <summary>
    /// Moves what is there, up to the amount. Found by the writer, so that no caller plans on a balance that is old by
    /// the time it counts.
    /// </summary>
    public static Transfer PostUpTo(
        Guid id, string debitKey, string creditKey, long amountMinor, TransferCode code) =>
        new() { Id = id, Kind = TransferKind.Post, Code = code, DebitKey = debitKey, CreditKey = creditKey,
            AmountMinor = amountMinor, Limit = PostLimit.UpTo };

    /// <summary>Moves what a <see cref="PostUpTo"/> earlier in the chain could not, for instance as a debt.</summary>
    public static Transfer PostRest(Guid id, string debitKey, string creditKey, Transfer upTo) =>
        new() { Id = id, Kind = TransferKind.Post, Code = upTo.Code, DebitKey = debitKey, CreditKey = creditKey,
            AmountMinor = upTo.AmountMinor, RefId = upTo.RefId, Limit = PostLimit.Rest, RestOf = upTo.Id };

    public static Transfer Hold(
        Guid id, string debitKey, string creditKey, long amountMinor, TransferCode code, TimeSpan holdFor) =>
        new() { Id = id, Kind = TransferKind.Hold, Code = code, DebitKey = debitKey, CreditKey = creditKey,
            AmountMinor = amountMinor, HoldFor = holdFor };

    public static Transfer Capture(Guid id, Guid holdId, long amountMinor, TransferCode code) =>
        new() { Id = id, Kind = TransferKind.Capture, Code = code, HoldId = holdId, AmountMinor = amountMinor };

    public static Transfer Void(Guid id, Guid holdId) =>
        new() { Id = id, Kind = TransferKind.Void, Code = TransferCode.Release, HoldId = holdId };
}
