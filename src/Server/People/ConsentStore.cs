using Npgsql;

namespace SightPay.Server.People;

/// <summary>One consent as given, perhaps withdrawn.</summary>
internal sealed record ConsentRow(string Purpose, int Version, DateTimeOffset GrantedAt, DateTimeOffset? WithdrawnAt);

/// <summary>A withdrawn consent whose data may not all be erased yet.</summary>
internal sealed record ErasureDue(Guid ConsentId, Guid PersonId, string Purpose);

/// <summary>SQL of consents.</summary>
internal sealed class ConsentStore(NpgsqlDataSource database)
{
    /// <summary>
    /// Gives the consent; one that stands in this version already is returned as it is. An older version is replaced.
    /// Null when there is no such person.
    /// </summary>
    public async Task<ConsentRow?> GrantAsync(
        Guid id, Guid person, ConsentText text, string by, DateTimeOffset at, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            insert into consent (id, person_id, purpose, version, granted_at, granted_by)
            select $1, $2, $3, $4, $5, $6 from person where id = $2 and erased_at is null
            on conflict (person_id, purpose) where withdrawn_at is null do update set
                version = excluded.version,
                granted_at = case when consent.version = excluded.version
                    then consent.granted_at else excluded.granted_at end
            returning version, granted_at
            """);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = person });
        command.Parameters.Add(new() { Value = text.Purpose });
        command.Parameters.Add(new() { Value = text.Version });
        command.Parameters.Add(new() { Value = at });
        command.Parameters.Add(new() { Value = by });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct)
            ? new(text.Purpose, reader.GetInt32(0), reader.GetFieldValue<DateTimeOffset>(1), null)
            : null;
    }

    public async Task WithdrawAsync(
        Guid person, string purpose, string by, DateTimeOffset at, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            update consent set withdrawn_at = $3, withdrawn_by = $4
            where person_id = $1 and purpose = $2 and withdrawn_at is null
            """);
        command.Parameters.Add(new() { Value = person });
        command.Parameters.Add(new() { Value = purpose });
        command.Parameters.Add(new() { Value = at });
        command.Parameters.Add(new() { Value = by });
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <param name="person">Null: everybody's.</param>
    public async Task<IReadOnlyList<ErasureDue>> ErasuresDueAsync(Guid? person, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select id, person_id, purpose from consent
            where withdrawn_at is not null and erased_at is null and ($1::uuid is null or person_id = $1)
            """);
        command.Parameters.Add(new() { Value = (object?)person ?? DBNull.Value });
        var due = new List<ErasureDue>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) due.Add(new(reader.GetGuid(0), reader.GetGuid(1), reader.GetString(2)));
        return due;
    }

    public async Task SetErasedAsync(Guid consent, DateTimeOffset at, CancellationToken ct)
    {
        await using var command = database.CreateCommand("update consent set erased_at = $2 where id = $1");
        command.Parameters.Add(new() { Value = consent });
        command.Parameters.Add(new() { Value = at });
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>True when a standing consent covers the purpose again.</summary>
    public async Task<bool> StandsAsync(Guid person, string purpose, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select exists (
                select from consent where person_id = $1 and purpose = $2 and withdrawn_at is null)
            """);
        command.Parameters.Add(new() { Value = person });
        command.Parameters.Add(new() { Value = purpose });
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    public async Task<IReadOnlyList<ConsentRow>> ListAsync(Guid person, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select purpose, version, granted_at, withdrawn_at from consent
            where person_id = $1 order by granted_at desc, id desc
            """);
        command.Parameters.Add(new() { Value = person });
        var rows = new List<ConsentRow>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            rows.Add(new(
                reader.GetString(0), reader.GetInt32(1), reader.GetFieldValue<DateTimeOffset>(2),
                await reader.IsDBNullAsync(3, ct) ? null : reader.GetFieldValue<DateTimeOffset>(3)));
        return rows;
    }
}
