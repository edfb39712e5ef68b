namespace SightPay.Server.People;

/// <summary>Versioned consent per purpose, asked before enrolment, withdrawable.</summary>
public sealed class Consents
{
    public const string Face = "face";

    public Task<bool> HasAsync(Guid person, string purpose, CancellationToken ct) =>
        throw new NotImplementedException();
}

/// <summary>A slice that must act when a consent is withdrawn (erase templates, for instance).</summary>
public interface IConsentWithdrawal
{
    string Purpose { get; }

    Task WithdrawAsync(Guid person, CancellationToken ct);
}
