using SightPay.Server.Api;

namespace SightPay.Server.People;

/// <summary>
/// Whoever is signed in shows once more who they are before more can be spent than before: somebody who finds an open
/// phone must not be able to.
/// </summary>
public sealed class FreshProof(Persons persons, Pins pins)
{
    /// <exception cref="ProblemException">403 proof_needed, password_wrong, pin_wrong or pin_locked; 429.</exception>
    public async Task DemandAsync(Guid person, Secret? password, Secret? pin, CancellationToken ct)
    {
        if (password is not null)
        {
            await persons.DemandPasswordAsync(person, password, ct);
            return;
        }
        if (pin is null)
            throw new ProblemException(
                403, "proof_needed", "To raise a limit, or take it away, send your password or your PIN.");
        var check = await pins.VerifyAsync(person, pin.Reveal(), ct);
        if (check.Verdict != PinVerdict.Right)
            throw new ProblemException(
                403, check.Verdict == PinVerdict.Locked ? "pin_locked" : "pin_wrong",
                "This PIN does not raise the limit; send your password.");
    }
}
