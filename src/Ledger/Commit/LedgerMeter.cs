using System.Diagnostics.Metrics;

namespace SightPay.Ledger.Commit;

/// <summary>What an operator watches: the pace of commits, how acts end, and acts that had to be isolated.</summary>
internal static class LedgerMeter
{
    private static readonly Meter Meter = new("SightPay.Ledger");

    private static readonly Histogram<double> CommitMs =
        Meter.CreateHistogram<double>("ledger_commit_ms", "ms", "From the load of a group of acts to its commit.");

    private static readonly Histogram<int> BatchSize =
        Meter.CreateHistogram<int>("ledger_batch_acts", null, "Acts decided by one commit.");

    private static readonly Counter<long> Acts =
        Meter.CreateCounter<long>("ledger_acts_total", null, "Acts by how they ended.");

    public static readonly Counter<long> Poisoned =
        Meter.CreateCounter<long>("ledger_poisoned_total", null, "Acts that failed alone after isolation.");

    public static void Committed(IReadOnlyList<QueuedAct> acts, TimeSpan took)
    {
        CommitMs.Record(took.TotalMilliseconds);
        BatchSize.Record(acts.Count);
        if (!Acts.Enabled) return;
        foreach (var ofEnd in acts.GroupBy(queued => queued.Decision?.End))
            Acts.Add(ofEnd.Count(), new KeyValuePair<string, object?>("end", EndName(ofEnd.Key)));
    }

    private static string EndName(ActEnd? end) => end switch
    {
        ActEnd.Committed => "committed",
        ActEnd.Refused => "refused",
        ActEnd.Stale => "stale",
        ActEnd.OtherBody => "other_body",
        _ => "failed",
    };
}
