namespace SightPay.Server.Plates;

internal enum ClaimState
{
    Open,

    /// <summary>The plate is the claimant's now.</summary>
    Upheld,

    /// <summary>It stays with its owner.</summary>
    Rejected,

    /// <summary>Its owner gave it up: whoever registers it first has it.</summary>
    Released,

    /// <summary>The claimant took it back.</summary>
    Withdrawn,
}

/// <summary>Somebody says that a plate which another person has registered is theirs.</summary>
/// <param name="Vehicle">The one that is claimed; once upheld, the claimant's.</param>
/// <param name="Words">Why, in the claimant's words.</param>
internal sealed record PlateClaim(Guid Id, Guid Vehicle, Guid Claimant, string Region, string Plate, string Words)
{
    public ClaimState State { get; init; } = ClaimState.Open;
    public DateTimeOffset OpenedAt { get; init; }
    public DateTimeOffset? ResolvedAt { get; init; }

    /// <summary>The operator's words to both.</summary>
    public string? Reason { get; init; }

    public override string ToString() => $"{nameof(PlateClaim)} {Id}";
}

/// <summary>A party of a claim, for whoever decides.</summary>
internal sealed record ClaimParty(Guid UserId, string Name, string Email)
{
    public override string ToString() => $"{nameof(ClaimParty)} {UserId}";
}

/// <summary>A claim as its claimant and operators see it.</summary>
/// <param name="Reason">The claimant's words.</param>
/// <param name="Decision">The operator's words.</param>
/// <param name="VehicleId">Of the claimant's vehicle, once it is upheld.</param>
/// <param name="Claimant">For those who decide, as are owner and registration.</param>
/// <param name="RegisteredAt">Since when the plate has been its owner's.</param>
internal sealed record ClaimAnswer(
    Guid Id, string Plate, string Region, string Reason, ClaimState State, DateTimeOffset OpenedAt,
    DateTimeOffset? ResolvedAt, string? Decision, Guid? VehicleId, ClaimParty? Claimant, ClaimParty? Owner,
    DateTimeOffset? RegisteredAt)
{
    public static ClaimAnswer Of(PlateClaim claim) => new(
        claim.Id, claim.Plate, claim.Region, claim.Words, claim.State, claim.OpenedAt, claim.ResolvedAt, claim.Reason,
        claim.State == ClaimState.Upheld ? claim.Vehicle : null, null, null, null);

    public override string ToString() => $"{nameof(ClaimAnswer)} {Id}";
}
