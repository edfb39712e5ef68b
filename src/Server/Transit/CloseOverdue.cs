using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.People;

namespace SightPay.Server.Transit;

/// <summary>
/// Closes journeys that are open longer than the longest one may take: at the highest fare, once, with an event for
/// the rider. Its act's id follows from the journey, so that it never closes one twice.
/// </summary>
internal sealed partial class CloseOverdue(
    TransitStore store, GeneralLedger ledger, TransitSettings settings, TimeProvider clock, ILogger<CloseOverdue> log)
    : BackgroundService
{
    private const int AtOnce = 200;
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(30);

    /// <returns>How many were closed.</returns>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        var closed = 0;
        while (true)
        {
            var overdue = await store.OverdueAsync(clock.GetUtcNow() - settings.LongestJourney, AtOnce, ct);
            var before = closed;
            foreach (var rider in overdue)
                if (await CloseAsync(rider, rider.Open!, ct)) closed++;
            if (overdue.Count < AtOnce || closed == before) return closed;
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.RunAsync(
        _every, clock,
        async ct =>
        {
            if (await RunAsync(ct) is > 0 and var closed) LogClosed(closed);
        },
        fault => LogFailed(fault.GetType().Name), stoppingToken);

    /// <returns>False when the rider moved meanwhile: nothing is to be closed, or the next run does it.</returns>
    private async Task<bool> CloseAsync(Rider rider, OpenJourney journey, CancellationToken ct)
    {
        var person = rider.Person;
        var id = Idempotency.ActIdOf($"transit-close:{journey.Id}");
        var capture = Transfer.Capture(
            Ids.Next(clock), journey.HoldId, journey.HoldMinor, TransferCode.HighestFare);
        var post = Transfer.Post(
            Ids.Next(clock), Person.WalletKey(person), TransitSettings.OperatorKey, journey.HoldMinor,
            TransferCode.HighestFare);
        var debt = Transfer.Post(
            Ids.Next(clock), Person.ReceivableKey(person), TransitSettings.OperatorKey, journey.HoldMinor,
            TransferCode.LateCapture);
        var result = await ledger.SubmitAsync(new Act
        {
            Id = id,
            Fingerprint = Idempotency.Fingerprint(id.ToByteArray()),
            Plans =
            [
                Closed(rider, journey, null, capture, 0),
                Closed(rider, journey, RefusalCode.HoldExpired, post, 0),
                Closed(rider, journey, RefusalCode.InsufficientFunds, debt, journey.HoldMinor),
            ],
            Refuse = refusal => Problems.Answer(409, refusal.Code, "The journey could not be closed."),
        }, ct);
        if (result.End == ActEnd.Refused) LogRefused(journey.Id, result.RefusalCode!);
        return result is { End: ActEnd.Committed, Replayed: false };
    }

    private Plan Closed(Rider rider, OpenJourney journey, string? after, Transfer transfer, long owedMinor) => new()
    {
        After = after,
        Transfers = [transfer],
        Rows =
        [
            new RiderRow(rider.Person, rider.Version, null, journey.Id, JourneyChanged: true, null),
            JourneyRow.Ended(
                journey.Id, rider.Person, JourneyState.Incomplete, null, journey.HoldMinor, owedMinor),
            new StopRow(journey.StopId, -1, StopRow.Closed, null, journey.Id, null),
            FareReceipt.WithoutExit(Ids.Next(clock), rider.Person, journey, settings.Currency),
            .. JourneyEvents.Of(
                rider.Person, journey.Id, Words.Of(JourneyState.Incomplete), journey.StopId, journey.HoldMinor,
                GateWord.IncompleteJourney, settings.Currency),
        ],
        Compose = _ => new Answer(200, "{}"),
    };

    [LoggerMessage(4001, LogLevel.Information, "{Count} journeys took too long and were closed at the highest fare.")]
    private partial void LogClosed(int count);

    [LoggerMessage(4002, LogLevel.Warning, "Overdue journeys could not be closed now ({Cause}); tried again soon.")]
    private partial void LogFailed(string cause);

    [LoggerMessage(4003, LogLevel.Error, "Journey {Journey} cannot be closed: {Code}.")]
    private partial void LogRefused(Guid journey, string code);
}
