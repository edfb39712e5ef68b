namespace SightPay.Ledger.Commit;

/// <summary>
/// The ledger's rules, one transfer at a time against the batch's state. Each rule is tried in the order written here;
/// the first that fails names the refusal, and nothing of that transfer has been applied.
/// </summary>
internal static class TransferRules
{
    /// <returns>A <see cref="RefusalCode"/>, or null when the transfer was applied.</returns>
    public static string? Apply(BatchState state, Transfer transfer, Guid actId)
    {
        if (state.TakenTransferIds.Contains(transfer.Id)) return RefusalCode.TransferIdTaken;
        return transfer.Kind switch
        {
            TransferKind.Post => PostOrHold(state, transfer, actId, until: null),
            TransferKind.Hold => PostOrHold(state, transfer, actId, HoldUntil(state.At, transfer.HoldFor!.Value)),
            TransferKind.Capture => Capture(state, transfer, actId),
            TransferKind.Void => Void(state, transfer, actId),
            _ => throw new LedgerInvariantException("Only the ledger itself expires holds."),
        };
    }

    /// <summary>Frees a hold whose time is over. Runs before any act of the batch is looked at.</summary>
    public static void Expire(BatchState state, HoldState hold, Guid transferId)
    {
        Must.Hold(hold.Until <= state.At, "A hold expires when its time is over, never before.");
        Release(state, hold);
        state.Resolve(hold, TransferKind.Expire);
        state.Write(new TransferRow(
            transferId, hold.ActId, TransferKind.Expire, TransferCode.Expiry, hold.Debit, hold.Credit, hold.AmountMinor,
            hold.Id, null, null));
    }

    private static string? PostOrHold(BatchState state, Transfer transfer, Guid actId, DateTimeOffset? until)
    {
        if (transfer.AmountMinor <= 0) return RefusalCode.AmountInvalid;
        if (string.Equals(transfer.DebitKey, transfer.CreditKey, StringComparison.Ordinal))
            return RefusalCode.SameAccount;
        if (state.Account(transfer.DebitKey) is not { } debit) return RefusalCode.AccountUnknown;
        if (state.Account(transfer.CreditKey) is not { } credit) return RefusalCode.AccountUnknown;
        if (debit.Closed || credit.Closed) return RefusalCode.AccountClosed;
        if (!string.Equals(debit.Facts.Asset, credit.Facts.Asset, StringComparison.Ordinal))
            return RefusalCode.AssetMismatch;
        var amount = AmountOf(state, transfer, debit, credit);
        if (transfer.Kind == TransferKind.Post) state.SetMoved(transfer.Id, amount);
        if (amount == 0)
        {
            // Nothing is written, yet the answer may show the accounts.
            state.Change(debit, debit.Now);
            state.Change(credit, credit.Now);
            return null;
        }
        // Pending and posted share one room, so that a capture can never overflow what its hold was granted.
        if (long.MaxValue - amount < debit.Now.DebitsPending + debit.Now.DebitsPosted)
            return RefusalCode.AmountOverflow;
        if (long.MaxValue - amount < credit.Now.CreditsPending + credit.Now.CreditsPosted)
            return RefusalCode.AmountOverflow;
        if (debit.Facts.Flags.HasFlag(AccountFlags.NoOverdraft) && amount > Spendable(debit))
            return RefusalCode.InsufficientFunds;
        var change = transfer.RefId is null ? 0 : RefundableChange(transfer.Code, amount);
        if (change != 0 && RefundableRefusal(state, transfer.RefId!.Value, change) is { } refusal) return refusal;

        if (until is null)
        {
            state.Change(debit, debit.Now with { DebitsPosted = debit.Now.DebitsPosted + amount });
            state.Change(credit, credit.Now with { CreditsPosted = credit.Now.CreditsPosted + amount });
            if (change != 0) state.ChangeRefundable(transfer.RefId!.Value, change);
        }
        else
        {
            state.Change(debit, debit.Now with { DebitsPending = debit.Now.DebitsPending + amount });
            state.Change(credit, credit.Now with { CreditsPending = credit.Now.CreditsPending + amount });
            state.Holds.Add(transfer.Id, new HoldState(
                transfer.Id, actId, debit.Facts.Id, credit.Facts.Id, amount, until.Value, resolution: null));
        }
        state.Write(new TransferRow(
            transfer.Id, actId, transfer.Kind, transfer.Code, debit.Facts.Id, credit.Facts.Id, amount, null, until,
            transfer.RefId));
        return null;
    }

    private static long AmountOf(BatchState state, Transfer transfer, AccountState debit, AccountState credit)
    {
        if (transfer.Limit == PostLimit.Exact) return transfer.AmountMinor;
        if (transfer.Limit == PostLimit.Rest)
            return transfer.AmountMinor - state.MovedMinor(transfer.RestOf!.Value);
        var amount = transfer.AmountMinor;
        if (debit.Facts.Flags.HasFlag(AccountFlags.NoOverdraft)) amount = Math.Min(amount, Spendable(debit));
        if (credit.Facts.Kind == AccountKind.Receivable)
            amount = Math.Min(
                amount,
                credit.Now.DebitsPosted - credit.Now.CreditsPosted - credit.Now.CreditsPending);
        return Math.Max(0, amount);
    }

    private static long Spendable(AccountState account) =>
        account.Now.CreditsPosted - account.Now.DebitsPosted - account.Now.DebitsPending;

    /// <summary>Adding to a transfer needs it as much as taking back does: what nobody took, nobody gives back.
    /// </summary>
    private static string? RefundableRefusal(BatchState state, Guid taken, long change)
    {
        if (state.RefundableMinor(taken) is not { } left || left < -change) return RefusalCode.RefundAboveCaptured;
        return change > long.MaxValue - left ? RefusalCode.AmountOverflow : null;
    }

    /// <summary>By how much a transfer changes what may still be taken back of the one that it names.</summary>
    private static long RefundableChange(TransferCode code, long amountMinor) => code switch
    {
        TransferCode.Refund or TransferCode.Chargeback => -amountMinor,
        TransferCode.OverCapture or TransferCode.ChargebackWon or TransferCode.RefundFailed => amountMinor,
        _ => 0,
    };

    private static string? Capture(BatchState state, Transfer transfer, Guid actId)
    {
        if (transfer.AmountMinor < 0) return RefusalCode.AmountInvalid;
        if (OpenHold(state, transfer, out var hold) is { } refusal) return refusal;
        if (transfer.AmountMinor > hold!.AmountMinor) return RefusalCode.CaptureAboveHold;
        if (state.Account(hold.Debit).Closed || state.Account(hold.Credit).Closed) return RefusalCode.AccountClosed;

        Release(state, hold);
        var (debit, credit) = (state.Account(hold.Debit), state.Account(hold.Credit));
        state.Change(debit, debit.Now with { DebitsPosted = debit.Now.DebitsPosted + transfer.AmountMinor });
        state.Change(credit, credit.Now with { CreditsPosted = credit.Now.CreditsPosted + transfer.AmountMinor });
        WriteResolution(state, transfer, actId, hold, transfer.AmountMinor);
        return null;
    }

    /// <summary>Open to closed accounts too: a hold can always be freed.</summary>
    private static string? Void(BatchState state, Transfer transfer, Guid actId)
    {
        if (OpenHold(state, transfer, out var hold) is { } refusal) return refusal;
        Release(state, hold!);
        WriteResolution(state, transfer, actId, hold!, hold!.AmountMinor);
        return null;
    }

    private static string? OpenHold(BatchState state, Transfer transfer, out HoldState? hold)
    {
        if (!state.Holds.TryGetValue(transfer.HoldId!.Value, out hold)) return RefusalCode.HoldUnknown;
        // Overdue holds were expired before the first act of the batch, and younger ones outlive its clock.
        Must.Hold(hold.Resolution is not null || hold.Until > state.At, "An open hold is not overdue.");
        return hold.Resolution switch
        {
            null => null,
            TransferKind.Capture => RefusalCode.HoldAlreadyCaptured,
            TransferKind.Void => RefusalCode.HoldAlreadyVoided,
            _ => RefusalCode.HoldExpired,
        };
    }

    private static void Release(BatchState state, HoldState hold)
    {
        var (debit, credit) = (state.Account(hold.Debit), state.Account(hold.Credit));
        state.Change(debit, debit.Now with { DebitsPending = debit.Now.DebitsPending - hold.AmountMinor });
        state.Change(credit, credit.Now with { CreditsPending = credit.Now.CreditsPending - hold.AmountMinor });
    }

    private static void WriteResolution(
        BatchState state, Transfer transfer, Guid actId, HoldState hold, long amountMinor)
    {
        state.Resolve(hold, transfer.Kind);
        state.Write(new TransferRow(
            transfer.Id, actId, transfer.Kind, transfer.Code, hold.Debit, hold.Credit, amountMinor, hold.Id, null,
            transfer.RefId));
    }

    /// <summary>Cut to the store's microseconds, so that memory and store agree to the tick.</summary>
    private static DateTimeOffset HoldUntil(DateTimeOffset at, TimeSpan holdFor)
    {
        var until = at + holdFor;
        return until.AddTicks(-(until.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
