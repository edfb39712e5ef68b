using SightPay.Ledger;

namespace SightPay.Server.Payments;

/// <summary>
/// Changes a top-up on what is stored. Where something came in between it is read and planned again: what a provider
/// says is true whatever happened here meanwhile.
/// </summary>
internal sealed class ChangeTopUp(TopUpStore store, TopUpPlans plans, GeneralLedger ledger)
{
    /// <param name="plan">Null: as the top-up stands there is nothing to do.</param>
    /// <returns>Null: there was nothing to do.</returns>
    public async Task<ActResult?> RunAsync(Guid id, Func<TopUp, Act?> plan, CancellationToken ct)
    {
        while (true)
        {
            var stored = await store.FindAsync(id, ct)
                ?? throw new InvalidOperationException($"There is no top-up {id}.");
            if (plan(stored) is not { } act) return null;
            var result = await ledger.SubmitAsync(act, ct);
            if (result.End != ActEnd.Stale) return result;
        }
    }

    /// <summary>For people to look at; no money moves.</summary>
    public Task NoteAsync(Guid id, string note, CancellationToken ct) =>
        RunAsync(id, stored => IsKnown(stored, note) ? null : plans.Note(stored, note), ct);

    /// <summary>The same, unless the top-up is no longer what the note is about.</summary>
    /// <returns>False: it has changed meanwhile.</returns>
    public async Task<bool> TryNoteAsync(TopUp seen, string note, CancellationToken ct) =>
        IsKnown(seen, note) || (await ledger.SubmitAsync(plans.Note(seen, note), ct)).End != ActEnd.Stale;

    private static bool IsKnown(TopUp topUp, string note) =>
        topUp.Details.Note == note || topUp.Details.Cleared == note;
}
