using Npgsql;
using NpgsqlTypes;
using SightPay.Server.Api;
using SightPay.Server.Audit;
using SightPay.Server.People;

namespace SightPay.Server.Payments;

/// <summary>What a person allows their own face; null: as much as the installation.</summary>
internal sealed record OwnLimit(long? PaymentMinor, long? DayMinor)
{
    public static OwnLimit None { get; } = new(null, null);

    /// <summary>Whether more could be spent than under an earlier one.</summary>
    public bool IsLooserThan(OwnLimit before) =>
        Looser(PaymentMinor, before.PaymentMinor) || Looser(DayMinor, before.DayMinor);

    public static OwnLimit Read(NpgsqlDataReader reader, int at) => new(
        reader.IsDBNull(at) ? null : reader.GetInt64(at), reader.IsDBNull(at + 1) ? null : reader.GetInt64(at + 1));

    private static bool Looser(long? now, long? before) => before is { } limit && (now is null || now > limit);
}

/// <summary>
/// PUT and GET /users/{id}/limits: how much the person's face may spend without more proof. To lower it costs nothing;
/// to raise it needs the password or the PIN, since whoever finds an open phone must not be able to.
/// </summary>
internal sealed class OwnLimits(
    NpgsqlDataSource database, FreshProof proof, AuditLog audit, PaymentSettings settings)
{
    /// <summary>Null takes a limit away.</summary>
    internal sealed record Request(long? PaymentMinor, long? DayMinor, Secret? Password, Secret? Pin)
    {
        public override string ToString() => nameof(Request);
    }

    /// <param name="PaymentMinor">The person's own; null: there is none.</param>
    /// <param name="DayMinor">The same for a day.</param>
    /// <param name="PaymentMinorMax">What the installation allows a face without a liveness challenge.</param>
    /// <param name="DayMinorMax">The same for a day.</param>
    internal sealed record LimitsAnswer(
        long? PaymentMinor, long? DayMinor, long PaymentMinorMax, long DayMinorMax, string Currency);

    public async Task<IResult> SetAsync(HttpContext http, string id, Request request, CancellationToken ct)
    {
        if (PersonAccess.RefuseOthers(http, id, out var person) is { } refusal) return refusal;
        if (ErrorsOf(request) is { Count: > 0 } errors)
            return Problems.Of(422, "fields_invalid", "The limits cannot be used.", errors: errors);
        var wanted = new OwnLimit(request.PaymentMinor, request.DayMinor);
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        // The row is locked while the proof is looked at: two changes at once are one after the other.
        if (wanted.IsLooserThan(await LockAsync(connection, transaction, person, ct)))
            await proof.DemandAsync(person, request.Password, request.Pin, ct);
        await WriteAsync(connection, transaction, person, wanted, ct);
        await audit.WriteAsync(connection, transaction, Caller.Of(http).Name, "limits_set", $"person:{person}", ct);
        await transaction.CommitAsync(ct);
        return Shown(wanted);
    }

    public async Task<IResult> ShowAsync(HttpContext http, string id, CancellationToken ct)
    {
        if (PersonAccess.RefuseReading(http, id, out var person) is { } refusal) return refusal;
        await using var command = database.CreateCommand(
            "select payment_minor, day_minor from own_limit where person = $1");
        command.Parameters.Add(new() { Value = person });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return Shown(await reader.ReadAsync(ct) ? OwnLimit.Read(reader, 0) : OwnLimit.None);
    }

    private static Dictionary<string, string[]> ErrorsOf(Request request)
    {
        var errors = new Dictionary<string, string[]>();
        if (request.PaymentMinor < 0) errors["payment_minor"] = ["Zero or more is needed, or null for no limit."];
        if (request.DayMinor < 0) errors["day_minor"] = ["Zero or more is needed, or null for no limit."];
        return errors;
    }

    private IResult Shown(OwnLimit own) => Results.Json(
        new LimitsAnswer(
            own.PaymentMinor, own.DayMinor, settings.Spending.Face.PaymentMinorMax,
            settings.Spending.Face.DayMinorMax, settings.Currency),
        ApiJson.Options);

    private static async Task<OwnLimit> LockAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into own_limit (person) values ($1)
            on conflict (person) do update set payment_minor = own_limit.payment_minor
            returning payment_minor, day_minor
            """, connection, transaction)
        {
            Parameters = { new() { Value = person } },
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return OwnLimit.Read(reader, 0);
    }

    private static async Task WriteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, OwnLimit wanted, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "update own_limit set payment_minor = $2, day_minor = $3 where person = $1", connection, transaction)
        {
            Parameters = { new() { Value = person }, Amount(wanted.PaymentMinor), Amount(wanted.DayMinor) },
        };
        await command.ExecuteNonQueryAsync(ct);
    }

    private static NpgsqlParameter Amount(long? minor) =>
        new() { NpgsqlDbType = NpgsqlDbType.Bigint, Value = (object?)minor ?? DBNull.Value };
}
