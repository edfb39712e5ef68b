using SightPay.Ledger.Commit;

namespace SightPay.Ledger;

/// <summary>
/// What no caller's input may cause: an act that is put together wrongly is a bug of its slice and throws at once,
/// before it is queued.
/// </summary>
internal static class ActShape
{
    private static readonly TimeSpan HoldForMax = TimeSpan.FromDays(3660);

    public static void Check(Act act, CompanionRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(act);
        Require(act.Id != Guid.Empty, "An act has an id.");
        Require(act.Fingerprint.Length == 32, "A fingerprint is 32 bytes of SHA-256.");
        Require(act.Plans.Count > 0, "An act has at least one plan.");
        Require(act.Plans[0].After is null, "The first plan of an act is always tried.");
        foreach (var plan in act.Plans)
        {
            foreach (var transfer in plan.Transfers) Check(transfer);
            CheckRests(plan.Transfers);
            foreach (var row in plan.Rows)
                Require(registry.Knows(row.GetType()), $"No companion writer is registered for {row.GetType().Name}.");
        }
    }

    private static void Check(Transfer transfer)
    {
        Require(transfer.Id != Guid.Empty, "A transfer has an id.");
        Require(Enum.IsDefined(transfer.Code), "A transfer has a known code.");
        Require(transfer.Kind is TransferKind.Post or TransferKind.Hold or TransferKind.Capture or TransferKind.Void,
            "A transfer posts, holds, captures or voids; the ledger alone lets holds expire.");
        var resolves = transfer.Kind is TransferKind.Capture or TransferKind.Void;
        Require(transfer.HoldId.HasValue == resolves, "Captures and voids name their hold, other transfers none.");
        Require(transfer.HoldFor.HasValue == (transfer.Kind == TransferKind.Hold),
            "A hold, and only a hold, has a life.");
        Require(resolves || (transfer.DebitKey is { Length: > 0 } && transfer.CreditKey is { Length: > 0 }),
            "A transfer names its two accounts.");
        Require(transfer.HoldFor is not { } life || (life >= TimeSpan.FromMilliseconds(1) && life <= HoldForMax),
            "A hold lives from a millisecond to ten years.");
    }

    private static void CheckRests(IReadOnlyList<Transfer> chain)
    {
        for (var i = 0; i < chain.Count; i++)
            if (chain[i].RestOf is { } upTo)
                Require(
                    chain.Take(i).Any(before => before.Id == upTo && before.Limit == PostLimit.UpTo),
                    "A rest follows the transfer that it is left over from.");
    }

    private static void Require(bool condition, string message)
    {
        if (!condition) throw new ArgumentException(message, "act");
    }
}
