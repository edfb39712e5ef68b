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
        Rounds.RunAsync(settings.SignEvery, GrowAsync, clock, log, stoppingToken),
        Rounds.RunAsync(settings.AuditEvery, CheckAsync, clock, log, stoppingToken));

    /// <summary>Stops the log when it is not what was signed.</summary>
    internal async Task CheckAsync(CancellationToken ct)
    {
        var differences = await audit.LogDifferencesAsync(ct);
        foreach (var difference in differences) LogDifference(difference);
        if (differences.Count > 0) receipts.Stop(differences[0]);
    }

    private async Task GrowAsync(CancellationToken ct)
    {
        try
        {
            await receipts.GrowAsync(ct);
        }
        catch (BrokenLogException)
        {
            // Told once where it was found; what is there to be signed stays there until it is mended.
        }
    }

    [LoggerMessage(1303, LogLevel.Critical, "The receipt log was changed. {Difference}")]
    private partial void LogDifference(string difference);
}
