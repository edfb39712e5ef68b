using Npgsql;

namespace SightPay.Server.People;

/// <summary>Versioned consent per purpose, asked before enrolment, withdrawable.</summary>
public sealed class Consents(NpgsqlDataSource database)
{
    public const string Face = "face";
    public const string Plate = "plate";

    /// <summary>True when the present text of the purpose was agreed to and not withdrawn since.</summary>
    public async Task<bool> HasAsync(Guid person, string purpose, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        return await HasAsync(connection, null, person, purpose, ct);
    }

    /// <summary>
    /// The same inside a transaction, in which the consent then cannot be withdrawn: what is written under it is
    /// committed before the withdrawal erases it.
    /// </summary>
    public static async Task<bool> HasAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, Guid person, string purpose,
        CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            select version from consent where person_id = $1 and purpose = $2 and withdrawn_at is null for share
            """, connection, transaction)
        {
            Parameters = { new() { Value = person }, new() { Value = purpose } },
        };
        return await command.ExecuteScalarAsync(ct) is int version && version == ConsentTexts.Of(purpose)?.Version;
    }
}

/// <summary>A slice that must act when a consent is withdrawn (erase templates, for instance).</summary>
/// <remarks>Called again until it succeeds, also after a restart: erasing twice must do no harm.</remarks>
public interface IConsentWithdrawal
{
    string Purpose { get; }

    Task WithdrawAsync(Guid person, CancellationToken ct);
}
