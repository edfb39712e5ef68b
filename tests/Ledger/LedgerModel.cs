namespace SightPay.Ledger.Tests;

/// <summary>
/// The ledger's rules written a second time, as plainly as they can be: a list of what happened, and every counter
/// computed from it anew. Shares no code with the ledger.
/// </summary>
internal sealed class LedgerModel
{
    private readonly Dictionary<string, (string Asset, bool NoOverdraft, bool Closed)> _accounts = [];
    private readonly Dictionary<Guid, (string Body, ActEnd End, Answer Answer, string? Code)> _decided = [];
    private List<(Transfer Transfer, string Debit, string Credit, DateTimeOffset Until)> _history = [];

    public DateTimeOffset Now { get; set; }
    public int DecidedCount => _decided.Count;
    public int CommittedTransfers => _history.Count;
    public IEnumerable<string> Keys => _accounts.Keys;

    public void Open(string key, string asset, bool noOverdraft, bool closed = false) =>
        _accounts[key] = (asset, noOverdraft, closed);

    public ActResult Submit(Guid id, string body, IReadOnlyList<PlanSpec> plans)
    {
        if (_decided.TryGetValue(id, out var first))
            return first.Body == body
                ? new ActResult(first.End, first.Answer, first.Code, true)
                : new ActResult(ActEnd.OtherBody, Answer.None, null, false);

        var codes = new List<string>();
        foreach (var plan in plans)
        {
            if (plan.After is not null && !codes.Contains(plan.After)) continue;
            var before = _history;
            _history = [.. before];
            var code = plan.Chain.Select(Apply).FirstOrDefault(refusal => refusal is not null);
            if (code is null)
                return Decide(id, body, ActEnd.Committed, new Answer(200, plan.Describe(Account)), null);
            _history = before;
            codes.Add(code);
        }
        return Decide(id, body, ActEnd.Refused, new Answer(402, codes[^1]), codes[^1]);
    }

    public (long DebitsPending, long DebitsPosted, long CreditsPending, long CreditsPosted) Counters(string key)
    {
        (long DebitsPending, long DebitsPosted, long CreditsPending, long CreditsPosted) sum = default;
        foreach (var (transfer, debit, credit, _) in _history)
        {
            var posted = transfer.Kind is TransferKind.Post or TransferKind.Capture;
            var pending = transfer.Kind == TransferKind.Hold && Resolution(transfer.Id) is null;
            if (debit == key && posted) sum.DebitsPosted += transfer.AmountMinor;
            if (credit == key && posted) sum.CreditsPosted += transfer.AmountMinor;
            if (debit == key && pending) sum.DebitsPending += transfer.AmountMinor;
            if (credit == key && pending) sum.CreditsPending += transfer.AmountMinor;
        }
        return sum;
    }

    private ActResult Decide(Guid id, string body, ActEnd end, Answer answer, string? code)
    {
        _decided.Add(id, (body, end, answer, code));
        return new ActResult(end, answer, code, false);
    }

    private Account Account(string key)
    {
        var c = Counters(key);
        return new Account(0, key, _accounts[key].Asset, default, default, _accounts[key].Closed,
            c.DebitsPending, c.DebitsPosted, c.CreditsPending, c.CreditsPosted);
    }

    private string? Apply(Transfer t)
    {
        if (_history.Exists(past => past.Transfer.Id == t.Id)) return "transfer_id_taken";
        return t.HoldId is { } holdId ? ApplyResolution(t, holdId) : ApplyMove(t);
    }

    private string? ApplyMove(Transfer t)
    {
        if (t.AmountMinor <= 0) return "amount_invalid";
        if (t.DebitKey == t.CreditKey) return "same_account";
        if (!_accounts.TryGetValue(t.DebitKey, out var debit) || !_accounts.TryGetValue(t.CreditKey, out var credit))
            return "account_unknown";
        if (debit.Closed || credit.Closed) return "account_closed";
        if (debit.Asset != credit.Asset) return "asset_mismatch";
        var (d, c) = (Counters(t.DebitKey), Counters(t.CreditKey));
        if ((Int128)d.DebitsPending + d.DebitsPosted + t.AmountMinor > long.MaxValue) return "amount_overflow";
        if ((Int128)c.CreditsPending + c.CreditsPosted + t.AmountMinor > long.MaxValue) return "amount_overflow";
        if (debit.NoOverdraft && (Int128)d.DebitsPending + d.DebitsPosted + t.AmountMinor > d.CreditsPosted)
            return "insufficient_funds";
        _history.Add((t, t.DebitKey, t.CreditKey, t.HoldFor is { } life ? Now + life : default));
        return null;
    }

    private string? ApplyResolution(Transfer t, Guid holdId)
    {
        if (t.AmountMinor < 0) return "amount_invalid";
        var hold = _history.Find(past => past.Transfer.Id == holdId && past.Transfer.Kind == TransferKind.Hold);
        if (hold.Transfer is null) return "hold_unknown";
        if (Resolution(holdId) is { } resolution) return resolution;
        if (t.AmountMinor > hold.Transfer.AmountMinor) return "capture_above_hold";
        if (t.Kind == TransferKind.Capture && (_accounts[hold.Debit].Closed || _accounts[hold.Credit].Closed))
            return "account_closed";
        _history.Add((t, hold.Debit, hold.Credit, default));
        return null;
    }

    /// <summary>Null while the hold is open, else the refusal that its next resolution gets.</summary>
    private string? Resolution(Guid holdId)
    {
        foreach (var (transfer, _, _, until) in _history)
        {
            if (transfer.HoldId == holdId)
                return transfer.Kind == TransferKind.Capture ? "hold_already_captured" : "hold_already_voided";
            if (transfer.Id == holdId && until <= Now && !_history.Exists(later => later.Transfer.HoldId == holdId))
                return "hold_expired";
        }
        return null;
    }
}

/// <summary>A plan that both the ledger and the model can carry out.</summary>
internal sealed record PlanSpec(string? After, IReadOnlyList<Transfer> Chain)
{
    public string Describe(Func<string, Account> account) => string.Join(' ', Chain
        .Where(transfer => transfer.HoldId is null)
        .SelectMany(transfer => new[] { account(transfer.DebitKey), account(transfer.CreditKey) })
        .Select(a => $"{a.Key}:{a.DebitsPending},{a.DebitsPosted},{a.CreditsPending},{a.CreditsPosted}"));

    public Plan ToPlan() => new()
    {
        After = After,
        Transfers = Chain,
        Compose = outcome => new Answer(200, Describe(outcome.Account)),
    };
}
