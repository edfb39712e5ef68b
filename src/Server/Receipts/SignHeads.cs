using SightPay.Server.Api;
using SightPay.Server.Receipts.Tree;

namespace SightPay.Server.Receipts;

/// <summary>
/// Signs soon after commits, never within them, and reads the whole log again at the start and once a day: whoever
/// changed a row of it behind our back is found then at the latest.
/// </summary>
internal sealed partial class SignHeads(
    ReceiptLog receipts, ReceiptAudit audit, ReceiptSettings settings, TimeProvider clock, ILogger<SignHeads> log)
    : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        RepeatAsync(settings.SignEvery, receipts.GrowAsync, stoppingToken),
        RepeatAsync(settings.AuditEvery, CheckAsync, stoppingToken));

    /// <summary>Stops the log when it is not what was signed.</summary>
    internal async Task CheckAsync(CancellationToken ct)
    {
        var differences = await audit.LogDifferencesAsync(ct);
        foreach (var difference in differences) LogDifference(difference);
        if (differences.Count > 0) receipts.Stop(differences[0]);
    }

    private Task RepeatAsync(TimeSpan every, Func<CancellationToken, Task> work, CancellationToken ct) =>
        Rounds.RunAsync(every, clock, work, Tell, ct);

    // A broken log was told where it was found; what is there to be signed stays there until it is mended.
    private void Tell(Exception fault)
    {
        if (fault is not BrokenLogException) LogAway(fault);
    }

    [LoggerMessage(1302, LogLevel.Warning, "The receipt log could not reach the database; tried again soon.")]
    private partial void LogAway(Exception fault);

    [LoggerMessage(1303, LogLevel.Critical, "The receipt log was changed. {Difference}")]
    private partial void LogDifference(string difference);
}
