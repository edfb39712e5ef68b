using SightPay.Ledger;
using SightPay.Ledger.Commit;
using SightPay.Server.Payments;
using SightPay.Server.Receipts;

namespace SightPay.Simulation.Tests;

/// <summary>What must be true after every commit, computed anew from what the store holds.</summary>
internal sealed class Books(World world)
{
    private Dictionary<string, (long Debits, long Credits)> _posted = [];
    private int _transfers;

    public void Check()
    {
        var store = world.Store;
        if (store.Transfers.Count == _transfers && _transfers > 0) return;
        _transfers = store.Transfers.Count;
        var accounts = store.Accounts.ToDictionary(account => account.Id);
        world.Must(
            accounts.Values.Sum(account => account.DebitsPosted - account.CreditsPosted) == 0
            && accounts.Values.Sum(account => account.DebitsPending - account.CreditsPending) == 0,
            "I1: debits and credits differ.");
        foreach (var account in accounts.Values) CheckAccount(account);
        CheckTransfers(accounts);
        CheckPayments();
        _posted = accounts.Values.ToDictionary(
            account => account.Key, account => (account.DebitsPosted, account.CreditsPosted));
    }

    /// <summary>Every answer that a device heard stands in the store, and none stands there twice.</summary>
    public void CheckAnswers(IEnumerable<KeyValuePair<Guid, Answer>> heard)
    {
        foreach (var (id, answer) in heard.Where(each => each.Value != SimulatedServer.Invalid))
            world.Must(
                world.Store.Attempts.TryGetValue(id, out var stored) && stored.Answer == answer,
                $"{id} was answered {answer.Status}, and the store does not say so.");
    }

    private void CheckAccount(Account account)
    {
        world.Must(
            !account.Flags.HasFlag(AccountFlags.NoOverdraft)
            || account.DebitsPending + account.DebitsPosted <= account.CreditsPosted,
            $"I2: {account.Key} is overdrawn.");
        if (_posted.TryGetValue(account.Key, out var before))
            world.Must(
                account.DebitsPosted >= before.Debits && account.CreditsPosted >= before.Credits,
                $"I6: a posted counter of {account.Key} fell.");
    }

    private void CheckTransfers(Dictionary<long, Account> accounts)
    {
        var store = world.Store;
        var folded = accounts.Keys.ToDictionary(id => id, _ => default((long Dp, long Dd, long Cp, long Cc)));
        var left = new Dictionary<Guid, long>();
        var holds = new Dictionary<Guid, TransferRow>();
        for (var i = 0; i < store.Transfers.Count; i++)
        {
            var (row, seq, at) = store.Transfers[i];
            world.Must(seq == i + 1, $"I13: transfer {i + 1} has the number {seq}.");
            world.Must(i == 0 || at >= store.Transfers[i - 1].At, "The ledger's clock ran backwards.");
            world.Must(
                accounts[row.Debit].Asset == accounts[row.Credit].Asset, $"I16: {row.Id} crosses assets.");
            if (row.Kind is TransferKind.Post or TransferKind.Capture)
            {
                folded[row.Debit] = folded[row.Debit] with { Dd = folded[row.Debit].Dd + row.AmountMinor };
                folded[row.Credit] = folded[row.Credit] with { Cc = folded[row.Credit].Cc + row.AmountMinor };
                left[row.Id] = row.AmountMinor;
            }
            if (row.Kind == TransferKind.Hold && !store.Resolutions.ContainsKey(row.Id))
            {
                folded[row.Debit] = folded[row.Debit] with { Dp = folded[row.Debit].Dp + row.AmountMinor };
                folded[row.Credit] = folded[row.Credit] with { Cp = folded[row.Credit].Cp + row.AmountMinor };
            }
            if (row.Kind == TransferKind.Hold) holds.Add(row.Id, row);
            CheckTakenBack(row, left);
            if (row.HoldId is { } holdId) CheckResolution(row, holds[holdId], at);
        }
        foreach (var account in accounts.Values)
            world.Must(
                folded[account.Id] == (account.DebitsPending, account.DebitsPosted, account.CreditsPending,
                    account.CreditsPosted),
                $"I3, I4: the counters of {account.Key} are not the fold of its transfers.");
    }

    private void CheckTakenBack(TransferRow row, Dictionary<Guid, long> left)
    {
        if (row.RefId is not { } taken || row.Kind != TransferKind.Post) return;
        if (row.Code is TransferCode.OverCapture) left[taken] += row.AmountMinor;
        if (row.Code is not (TransferCode.Refund or TransferCode.Chargeback)) return;
        left[taken] -= row.AmountMinor;
        world.Must(left[taken] >= 0, $"I10: more of {taken} was given back than was taken.");
    }

    private void CheckResolution(TransferRow row, TransferRow hold, DateTimeOffset at)
    {
        world.Must(world.Store.Resolutions[hold.Id].TransferId == row.Id, $"I5: hold {hold.Id} has two ends.");
        world.Must(row.AmountMinor <= hold.AmountMinor, $"I5: more of hold {hold.Id} was taken than was held.");
        world.Must(row.Kind != TransferKind.Expire || at >= hold.HoldUntil, $"I5: hold {hold.Id} expired early.");
    }

    /// <summary>The slices' rows agree with the money: payments, receipts, the bank's clearing account.</summary>
    private void CheckPayments()
    {
        var payments = SimulatedServer.PaymentsOf(world.Store).Values.ToList();
        var shop = world.Store.Account(SimulatedServer.Shop);
        world.Must(
            shop.BalanceMinor == payments.Sum(payment => payment.CapturedMinor - payment.RefundedMinor),
            "The shop's account is not what its payments captured less what they gave back.");
        world.Must(
            payments.All(payment => payment.RefundedMinor <= payment.CapturedMinor), "I10: a payment gave too much.");
        world.Must(
            world.Store.Tables.States<SpendingRow, SpendingKey, SpendingState>().Values.OfType<DaySpending>().All(day =>
                // What a capture takes beyond its amount is owed, whatever the limit.
                day.SpentMinor <= SimulatedServer.Limit.DayMinorMax * 115 / 100
                && day.Payments <= SimulatedServer.Limit.DayPaymentsMax),
            "A person spent more on a day than the limit.");
        var receipts = world.Store.Tables.Log<ReceiptRow>().ToLookup(each => each.Row.Kind, each => each.Row);
        world.Must(
            receipts[ReceiptKind.Purchase].Select(receipt => (receipt.Subject, receipt.Amount.AmountMinor)).Order()
                .SequenceEqual(payments.Where(payment => payment.CapturedMinor > 0)
                    .Select(payment => (payment.Id, payment.CapturedMinor)).Order()),
            "I13: a captured payment has no receipt, or two, or one of another amount.");
        world.Must(
            receipts[ReceiptKind.Refund].Concat(receipts[ReceiptKind.Chargeback]
                .Where(receipt => payments.Exists(payment => payment.Id == receipt.Corrects)))
                .Sum(receipt => receipt.Amount.AmountMinor) == payments.Sum(payment => payment.RefundedMinor),
            "I13: what was given back is not what its receipts say.");
        var bank = world.Store.Account(SimulatedServer.Provider);
        world.Must(
            -bank.BalanceMinor == receipts[ReceiptKind.TopUp].Sum(receipt => receipt.Amount.AmountMinor)
                - receipts[ReceiptKind.Chargeback]
                    .Where(receipt => !payments.Exists(payment => payment.Id == receipt.Corrects))
                    .Sum(receipt => receipt.Amount.AmountMinor),
            "I14: the bank's clearing account is not what it took in less what it took back.");
    }
}
