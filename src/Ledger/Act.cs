namespace SightPay.Ledger;

/// <summary>
/// One business act: everything that is committed together under one idempotency key that is valid for ever.
/// Its plans are tried in order; the first whose guards and limits hold is committed, whole. When none holds, the last
/// refusal sticks to the id. A stale guard (<see cref="GuardVerdict.Stale"/>) records nothing: the caller reads again,
/// plans again and submits under the same id.
/// </summary>
public sealed class Act
{
    /// <summary>The idempotency key. The device mints it before its first send.</summary>
    public required Guid Id { get; init; }

    /// <summary>SHA-256 of caller, method, route and body: 32 bytes. The same id with another one is refused.</summary>
    public required ReadOnlyMemory<byte> Fingerprint { get; init; }

    /// <summary>At least one.</summary>
    public required IReadOnlyList<Plan> Plans { get; init; }

    /// <summary>Composes the answer that is stored when every plan was refused.</summary>
    public required Func<Refusal, Answer> Refuse { get; init; }
}

/// <summary>One way of carrying an act out.</summary>
public sealed class Plan
{
    /// <summary>The plan is tried only after one before it was refused with this code; null: always.</summary>
    public string? After { get; init; }

    /// <summary>The linked chain: all transfers or none. May be empty.</summary>
    public IReadOnlyList<Transfer> Transfers { get; init; } = [];

    /// <summary>The slices' rows and guards that are written in the same commit.</summary>
    public IReadOnlyList<CompanionRow> Rows { get; init; } = [];

    /// <summary>Composes the answer that is stored in the same commit. Pure and quick: it runs in the writer.</summary>
    public required Func<Outcome, Answer> Compose { get; init; }
}

/// <summary>What a plan's chain left behind, for the answer.</summary>
public sealed class Outcome(DateTimeOffset at, Func<string, Account> account, Func<Guid, long> moved)
{
    /// <summary>The ledger's clock, read once for the batch.</summary>
    public DateTimeOffset At { get; } = at;

    /// <summary>An account named by one of the plan's transfers, as it stands after the plan.</summary>
    public Account Account(string key) => account(key);

    /// <summary>What a transfer of the plan moved, in minor units; less than asked for only where it had a limit.
    /// </summary>
    public long MovedMinor(Guid transferId) => moved(transferId);
}

/// <summary>What the caller is told, first time and at every replay: an HTTP status and a JSON body.</summary>
public readonly record struct Answer(int Status, string Body)
{
    /// <summary>Nothing was decided, so there is nothing to tell: a stale act, or an id of another body.</summary>
    public static Answer None { get; } = new(0, "");
}

/// <summary>Why an act was refused: one of <see cref="RefusalCode"/> or a slice's own guard code.</summary>
public readonly record struct Refusal(string Code);

/// <summary>The ledger's own refusals; slices add theirs through guards.</summary>
public static class RefusalCode
{
    public const string InsufficientFunds = "insufficient_funds";
    public const string AccountUnknown = "account_unknown";
    public const string AccountClosed = "account_closed";
    public const string AssetMismatch = "asset_mismatch";
    public const string SameAccount = "same_account";
    public const string AmountInvalid = "amount_invalid";
    public const string AmountOverflow = "amount_overflow";
    public const string HoldUnknown = "hold_unknown";
    public const string HoldAlreadyCaptured = "hold_already_captured";
    public const string HoldAlreadyVoided = "hold_already_voided";
    public const string HoldExpired = "hold_expired";
    public const string CaptureAboveHold = "capture_above_hold";

    /// <summary>More than is left of what the named transfer took; also when there is no such transfer.</summary>
    public const string RefundAboveCaptured = "refund_above_captured";

    public const string TransferIdTaken = "transfer_id_taken";
}

/// <summary>How a submitted act ended.</summary>
public enum ActEnd
{
    /// <summary>Committed; <see cref="ActResult.Answer"/> is what its plan composed.</summary>
    Committed,

    /// <summary>Refused, for ever under this id.</summary>
    Refused,

    /// <summary>A guard found that the caller planned on an old state. Nothing was recorded.</summary>
    Stale,

    /// <summary>The id was used before with another fingerprint. Nothing was recorded.</summary>
    OtherBody,
}

/// <param name="End">How it ended; a replay reports the first end.</param>
/// <param name="Answer">Status and body as first composed; empty when stale or of another body.</param>
/// <param name="RefusalCode">Set when refused.</param>
/// <param name="Replayed">True when the id had been decided before.</param>
public sealed record ActResult(ActEnd End, Answer Answer, string? RefusalCode, bool Replayed);

/// <summary>
/// The bounded queue is full or the store is away. Nothing sticks to the act's id: try again later under the same one.
/// Maps to 503.
/// </summary>
public sealed class LedgerUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
