using SightPay.Ledger;

namespace SightPay.Server.Payments;

/// <summary>
/// Counts what a person's face has spent on a day. An increase is refused with <c>step_up_required</c> when it would
/// exceed the cap; a decrease (a hold captured for less) never is.
/// </summary>
/// <param name="CapMinor">Null: no cap (liveness was proved).</param>
public sealed record FaceSpendRow(Guid PersonId, DateOnly Day, long DeltaMinor, long? CapMinor) : CompanionRow;
