using Npgsql;
using SightPay.Server.Api;

namespace SightPay.Server.Plates;

/// <summary>SQL of claims.</summary>
internal sealed class ClaimStore(NpgsqlDataSource database, PlateVault vault)
{
    private const string Columns =
        """
        select c.id, c.vehicle, c.claimant, c.sealed, k.wrapped_key, c.state, c.opened_at, c.resolved_at, c.reason
        from plate_claim c join person_key k on k.person_id = c.claimant and k.purpose = 'plate:' || c.id
        """;

    public async Task<PlateClaim?> FindAsync(Guid id, CancellationToken ct)
    {
        await using var command = database.CreateCommand($"{Columns} where c.id = $1");
        command.Parameters.Add(new() { Value = id });
        return (await ReadAsync(command, ct)).FirstOrDefault();
    }

    /// <summary>The latest first.</summary>
    public async Task<IReadOnlyList<PlateClaim>> OfClaimantAsync(Guid claimant, int most, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"{Columns} where c.claimant = $1 order by c.id desc limit $2");
        command.Parameters.Add(new() { Value = claimant });
        command.Parameters.Add(new() { Value = most });
        return await ReadAsync(command, ct);
    }

    /// <summary>What waits for a decision, the oldest first.</summary>
    public async Task<IReadOnlyList<PlateClaim>> OpenAsync(int most, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"{Columns} where c.state = 'open' order by c.opened_at, c.id limit $1");
        command.Parameters.Add(new() { Value = most });
        return await ReadAsync(command, ct);
    }

    public static async Task<long> CountOpenAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid claimant, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "select count(*) from plate_claim where claimant = $1 and state = 'open'", connection, transaction);
        command.Parameters.Add(new() { Value = claimant });
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>The vehicle has to be locked.</summary>
    /// <returns>False when this person's claim on it is open already.</returns>
    public async Task<bool> InsertAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, PlateClaim claim, CancellationToken ct)
    {
        var box = await vault.SealAsync(
            connection, transaction, claim.Claimant, claim.Id, new SealedClaim(claim.Region, claim.Plate, claim.Words),
            ct);
        await using var command = new NpgsqlCommand(
            """
            insert into plate_claim (id, vehicle, claimant, sealed, state, opened_at) values ($1, $2, $3, $4, $5, $6)
            on conflict (vehicle, claimant) where state = 'open' do nothing
            """, connection, transaction)
        {
            Parameters =
            {
                new() { Value = claim.Id }, new() { Value = claim.Vehicle }, new() { Value = claim.Claimant },
                new() { Value = box }, new() { Value = Words.Of(claim.State) },
                new() { Value = claim.OpenedAt.ToUniversalTime() },
            },
        };
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }

    /// <summary>Once: of two who decide at the same time one is first.</summary>
    /// <returns>False when it is not open any more.</returns>
    public static async Task<bool> CloseAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, PlateClaim closed, string by, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            update plate_claim set state = $2, vehicle = $3, resolved_at = $4, resolved_by = $5, reason = $6
            where id = $1 and state = 'open'
            """, connection, transaction)
        {
            Parameters =
            {
                new() { Value = closed.Id }, new() { Value = Words.Of(closed.State) },
                new() { Value = closed.Vehicle }, new() { Value = closed.ResolvedAt!.Value.ToUniversalTime() },
                new() { Value = by }, new() { Value = (object?)closed.Reason ?? DBNull.Value },
            },
        };
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }

    /// <summary>The plate has changed hands: others who claim it claim it from its new owner.</summary>
    public static async Task MoveAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid from, Guid to, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "update plate_claim set vehicle = $2 where vehicle = $1 and state = 'open'", connection, transaction)
        {
            Parameters = { new() { Value = from }, new() { Value = to } },
        };
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>All of a person's claims, with the keys of what was sealed in them.</summary>
    public async Task DeleteOfAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid claimant, CancellationToken ct)
    {
        var gone = new List<Guid>();
        await using (var command = new NpgsqlCommand(
            "delete from plate_claim where claimant = $1 returning id", connection, transaction))
        {
            command.Parameters.Add(new() { Value = claimant });
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) gone.Add(reader.GetGuid(0));
        }
        foreach (var claim in gone) await vault.DestroyAsync(connection, transaction, claimant, claim, ct);
    }

    private async Task<IReadOnlyList<PlateClaim>> ReadAsync(NpgsqlCommand command, CancellationToken ct)
    {
        var claims = new List<PlateClaim>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var (id, claimant) = (reader.GetGuid(0), reader.GetGuid(2));
            var (region, plate, words) = vault.Open<SealedClaim>(
                claimant, id, reader.GetFieldValue<byte[]>(4), reader.GetFieldValue<byte[]>(3));
            claims.Add(new(id, reader.GetGuid(1), claimant, region, plate, words)
            {
                State = Words.Read<ClaimState>(reader.GetString(5)),
                OpenedAt = reader.GetFieldValue<DateTimeOffset>(6),
                ResolvedAt = await reader.IsDBNullAsync(7, ct) ? null : reader.GetFieldValue<DateTimeOffset>(7),
                Reason = await reader.IsDBNullAsync(8, ct) ? null : reader.GetString(8),
            });
        }
        return claims;
    }
}
