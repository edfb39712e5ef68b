namespace SightPay.Ledger.Commit;

/// <summary>
/// Decides the acts of a batch one after the other: known id, then each plan's guards, then its chain under the
/// ledger's rules, then its answer. Only when all of that succeeded does anything of the plan stay in the state.
/// </summary>
internal sealed class Evaluation(BatchState state, CompanionSet companions)
{
    private readonly List<string> _refusedCodes = [];

    public void Decide(QueuedAct queued)
    {
        queued.Reset();
        var act = queued.Act;
        if (state.Attempts.TryGetValue(act.Id, out var known))
        {
            queued.Decision = known.Replay(act.Fingerprint, replayed: !(known.InStore && queued.MayBeStored));
            return;
        }
        try
        {
            queued.Decision = TryPlans(act);
        }
        catch (Exception exception) when (exception is not CompanionAppliedInPartException)
        {
            // The act's own guard or composer threw: it fails alone and nothing of it is recorded.
            state.UndoChain();
            queued.Fault = exception;
        }
    }

    private ActResult TryPlans(Act act)
    {
        _refusedCodes.Clear();
        foreach (var plan in act.Plans)
        {
            if (plan.After is not null && !_refusedCodes.Contains(plan.After)) continue;
            state.BeginChain();
            var guard = CheckGuards(plan);
            if (guard.IsStale) return new ActResult(ActEnd.Stale, Answer.None, null, false);
            if ((guard.Code ?? ApplyChain(plan, act.Id)) is { } code)
            {
                _refusedCodes.Add(code);
                continue;
            }
            // Before the rows: they cannot be taken back when the answer turns out to be none.
            var answer = Whole(plan.Compose(new Outcome(state.At, state.SnapshotOfChain, state.MovedMinor)));
            ApplyRows(plan, act.Id);
            return Record(act, ActEnd.Committed, null, answer);
        }
        Must.Hold(_refusedCodes.Count > 0, "The first plan of an act is always tried.");
        var lastCode = _refusedCodes[^1];
        return Record(act, ActEnd.Refused, lastCode, Whole(act.Refuse(new Refusal(lastCode))));
    }

    private static Answer Whole(Answer answer)
    {
        Must.Hold(answer.Body is not null, "An answer has a body.");
        return answer;
    }

    private GuardVerdict CheckGuards(Plan plan)
    {
        foreach (var row in plan.Rows)
        {
            var verdict = companions.For(row).Check(row);
            if (!verdict.Holds) return verdict;
        }
        return GuardVerdict.Ok;
    }

    private string? ApplyChain(Plan plan, Guid actId)
    {
        foreach (var transfer in plan.Transfers)
        {
            if (TransferRules.Apply(state, transfer, actId) is not { } refusal) continue;
            state.UndoChain();
            return refusal;
        }
        return null;
    }

    private void ApplyRows(Plan plan, Guid actId)
    {
        try
        {
            foreach (var row in plan.Rows) companions.For(row).Apply(row, state.At);
        }
        catch (Exception exception)
        {
            // A slice's state cannot be taken back: the batch starts over without this act.
            throw new CompanionAppliedInPartException(actId, exception);
        }
    }

    private ActResult Record(Act act, ActEnd end, string? refusalCode, Answer answer)
    {
        var attempt = new StoredAttempt(act.Id, act.Fingerprint, end, refusalCode, answer, InStore: false);
        state.Attempts.Add(act.Id, attempt);
        state.Decided.Add(attempt);
        return new ActResult(end, answer, refusalCode, false);
    }
}

/// <summary>A slice threw while it took a row into its state; the batch must run again without that act.</summary>
internal sealed class CompanionAppliedInPartException(Guid actId, Exception inner)
    : Exception("A companion failed while it applied a row.", inner)
{
    public Guid ActId { get; } = actId;
}
