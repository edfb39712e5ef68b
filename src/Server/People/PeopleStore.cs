using Npgsql;

namespace SightPay.Server.People;

/// <summary>A person about to be written.</summary>
internal sealed record NewPerson(
    Guid Id, string Name, string Email, string PasswordHash, string[] Roles, Guid? SignUpKey, DateTimeOffset At)
{
    public override string ToString() => $"NewPerson {Id}";
}

/// <summary>What signing in needs to know.</summary>
internal sealed record Login(Person Person, string PasswordHash, bool Disabled)
{
    public override string ToString() => $"Login {Person.Id}";
}

/// <summary>A line of the operators' list.</summary>
internal sealed record ListedPerson(Person Person, DateTimeOffset CreatedAt, bool Disabled);

/// <summary>What a person can step up with.</summary>
internal readonly record struct StepUpMeans(bool HasPin, bool HasPhone);

/// <param name="OtherAdmins">Somebody else is an admin too.</param>
internal sealed record LockedRoles(string[] Roles, bool OtherAdmins, bool Erased);

/// <summary>SQL of people and their accounts.</summary>
internal sealed class PeopleStore(NpgsqlDataSource database)
{
    public async Task<Person?> FindAsync(Guid id, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "select id, name, email, roles from person where id = $1 and erased_at is null");
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? PersonOf(reader) : null;
    }

    public Task<Login?> LoginByEmailAsync(string emailKey, CancellationToken ct) =>
        LoginAsync("email_key = $1", emailKey, ct);

    public Task<Login?> LoginBySignUpKeyAsync(Guid key, CancellationToken ct) =>
        LoginAsync("sign_up_key = $1", key, ct);

    public Task<Login?> LoginAsync(Guid person, CancellationToken ct) => LoginAsync("id = $1", person, ct);

    public async Task<StepUpMeans> StepUpMeansAsync(Guid person, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select exists (select from person_pin where person_id = p.id), p.phone is not null
            from person p where p.id = $1
            """);
        command.Parameters.Add(new() { Value = person });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new(reader.GetBoolean(0), reader.GetBoolean(1)) : default;
    }

    public async Task<IReadOnlyList<ListedPerson>> ListAsync(Guid? before, int limit, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select id, name, email, roles, created_at, disabled_at is not null from person
            where ($1::uuid is null or id < $1) and erased_at is null order by id desc limit $2
            """);
        command.Parameters.Add(new() { Value = (object?)before ?? DBNull.Value });
        command.Parameters.Add(new() { Value = limit });
        var people = new List<ListedPerson>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            people.Add(new(PersonOf(reader), reader.GetFieldValue<DateTimeOffset>(4), reader.GetBoolean(5)));
        return people;
    }

    /// <summary>Writes the person with their ledger accounts; false when the e-mail or the key is taken.</summary>
    public async Task<bool> InsertAsync(NewPerson person, string currency, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        if (!await InsertAsync(connection, transaction, person, ct)) return false;
        await Persons.OpenAccountsAsync(connection, transaction, person.Id, currency, ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    public async Task<bool> HasOperatorAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand(AnyOperator);
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    public async Task<bool> InsertFirstOperatorAsync(NewPerson person, string currency, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        // Two servers that start on one database must not both open a first operator.
        await using (var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands = { new("select pg_advisory_xact_lock(hashtext('sightpay.first_operator'))") },
        })
            await batch.ExecuteNonQueryAsync(ct);
        await using (var command = new NpgsqlCommand(AnyOperator, connection, transaction))
            if ((bool)(await command.ExecuteScalarAsync(ct))!) return false;
        if (!await InsertAsync(connection, transaction, person, ct))
            throw new InvalidOperationException(
                "The first operator's e-mail address belongs to a customer. Choose another address.");
        await Persons.OpenAccountsAsync(connection, transaction, person.Id, currency, ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    /// <summary>
    /// A person's roles, which nobody else changes until the commit: of two admins who dismiss each other at once,
    /// one stays. Null when there is no such person.
    /// </summary>
    public static async Task<LockedRoles?> LockRolesAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, CancellationToken ct)
    {
        await using (var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands = { new("select pg_advisory_xact_lock(hashtext('sightpay.roles'))") },
        })
            await batch.ExecuteNonQueryAsync(ct);
        await using var command = new NpgsqlCommand(
            """
            select roles, exists (
                select from person where id <> $1 and 'admin' = any(roles) and disabled_at is null),
                erased_at is not null
            from person where id = $1
            """, connection, transaction)
        {
            Parameters = { new() { Value = person } },
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct)
            ? new(reader.GetFieldValue<string[]>(0), reader.GetBoolean(1), reader.GetBoolean(2))
            : null;
    }

    public static async Task SetRolesAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, string[] roles, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "update person set roles = $2 where id = $1", connection, transaction)
        {
            Parameters = { new() { Value = person }, new() { Value = roles } },
        };
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>
    /// Takes everything from a person's row that says who they were, ends their sessions and destroys their keys.
    /// Consents are withdrawn, so that what was stored under them is erased as after any withdrawal.
    /// </summary>
    public static async Task EraseAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, string by, DateTimeOffset at,
        CancellationToken ct)
    {
        (string Sql, object[] Values)[] steps =
        [
            // The address is free for a new account; no password fits an empty hash.
            ("""
             update person set name = 'Erased', email = '', email_key = 'erased:' || id, password_hash = '',
                 roles = '{}', phone = null, disabled_at = coalesce(disabled_at, $2), erased_at = $2
             where id = $1
             """, [person, at]),
            ("delete from person_pin where person_id = $1", [person]),
            ("delete from person_code where person_id = $1", [person]),
            ($"{PersonVault.DestroySql} where person_id = $1 {PersonVault.MarkSql}", [person]),
            ("delete from session where person_id = $1", [person]),
            ("""
             update consent set withdrawn_at = $2, withdrawn_by = $3 where person_id = $1 and withdrawn_at is null
             """, [person, at, by]),
        ];
        await using var batch = new NpgsqlBatch(connection, transaction);
        foreach (var (sql, values) in steps)
        {
            var command = new NpgsqlBatchCommand(sql);
            foreach (var value in values) command.Parameters.Add(new() { Value = value });
            batch.BatchCommands.Add(command);
        }
        await batch.ExecuteNonQueryAsync(ct);
    }

    public async Task SetPasswordHashAsync(Guid person, string hash, CancellationToken ct)
    {
        await using var command = database.CreateCommand("update person set password_hash = $2 where id = $1");
        command.Parameters.Add(new() { Value = person });
        command.Parameters.Add(new() { Value = hash });
        await command.ExecuteNonQueryAsync(ct);
    }

    private const string AnyOperator = "select exists (select from person where roles && '{manager,admin}')";

    private static async Task<bool> InsertAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, NewPerson person, CancellationToken ct)
    {
        // A concurrent insert of the same address is waited for; whoever commits first has it.
        await using var command = new NpgsqlCommand(
            """
            insert into person (id, name, email, email_key, password_hash, roles, sign_up_key, created_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing
            """, connection, transaction)
        {
            Parameters =
            {
                new() { Value = person.Id }, new() { Value = person.Name }, new() { Value = person.Email },
                new() { Value = EmailAddress.KeyOf(person.Email) }, new() { Value = person.PasswordHash },
                new() { Value = person.Roles }, new() { Value = (object?)person.SignUpKey ?? DBNull.Value },
                new() { Value = person.At },
            },
        };
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }

    private async Task<Login?> LoginAsync(string where, object value, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"select id, name, email, roles, password_hash, disabled_at is not null from person where {where}");
        command.Parameters.Add(new() { Value = value });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct)
            ? new Login(PersonOf(reader), reader.GetString(4), reader.GetBoolean(5))
            : null;
    }

    private static Person PersonOf(NpgsqlDataReader reader) => new(
        reader.GetGuid(0), reader.GetString(1), reader.GetString(2),
        reader.GetFieldValue<string[]>(3).ToHashSet());
}
