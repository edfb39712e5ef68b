using System.Diagnostics.CodeAnalysis;

namespace SightPay.Ledger;

/// <summary>
/// Assertions that survive Release builds: a broken invariant stops the batch before it can reach the store.
/// Refusals are for callers' mistakes; these are for ours.
/// </summary>
internal static class Must
{
    public static void Hold([DoesNotReturnIf(false)] bool condition, string message)
    {
        if (!condition) throw new LedgerInvariantException(message);
    }
}

/// <summary>The ledger found its own state broken. A bug or a tampered store, never a caller's mistake.</summary>
public sealed class LedgerInvariantException(string message) : Exception(message);
