using Npgsql;
using SightPay.Server.Api;

namespace SightPay.Server.Fuel;

/// <summary>A session with its place in the order of their beginnings.</summary>
internal sealed record ListedSession(long Seq, PumpSession Session);

/// <summary>Which sessions are asked for; what is null does not matter.</summary>
/// <param name="Vehicles">Of one of these, or of <paramref name="Person"/>.</param>
/// <param name="IsOpen">Something is left to be done.</param>
internal sealed record SessionFilter(
    Guid? Person = null, IReadOnlyList<Guid>? Vehicles = null, string? Site = null, string? Pump = null,
    Guid? Vehicle = null, PumpSessionState? State = null, bool IsOpen = false);

/// <summary>Reads sessions; the ledger's writer alone writes them.</summary>
internal sealed class PumpSessionStore(NpgsqlDataSource database)
{
    internal const string Columns =
        """
        id, site, pump, state, vehicle, person, said_yes, sighting, payment, hold_minor, doubtful, trx_seq, nozzle,
        grade, unit, price, delivered_thousandths, bill_minor, said_minor, note, version, began_at, seen_at,
        lifted_at, delivered_at, closed_at, due_at, hold_max_minor
        """;

    private const string HasPump = "state in ('offered', 'held', 'fuelling')";
    private const string HasCar = "state in ('waiting', 'offered', 'held', 'fuelling')";

    public Task<PumpSession?> FindAsync(Guid id, CancellationToken ct) => OneAsync("id = $1", ct, id);

    /// <summary>The session that has the pump.</summary>
    public Task<PumpSession?> AtPumpAsync(string pump, CancellationToken ct) =>
        OneAsync($"pump = $1 and {HasPump}", ct, pump);

    /// <summary>The session that a car has.</summary>
    public Task<PumpSession?> OfCarAsync(Guid vehicle, CancellationToken ct) =>
        OneAsync($"vehicle = $1 and {HasCar}", ct, vehicle);

    public Task<PumpSession?> OfDeliveryAsync(string pump, long seq, CancellationToken ct) =>
        OneAsync("pump = $1 and trx_seq = $2", ct, pump, seq);

    /// <summary>The latest session of a car at a pump, over or not.</summary>
    public Task<PumpSession?> LatestAsync(Guid vehicle, string pump, CancellationToken ct) =>
        OneAsync("vehicle = $1 and pump = $2", ct, vehicle, pump);

    /// <summary>Cars that stand behind the one that has the pump, the one seen last first.</summary>
    public Task<IReadOnlyList<PumpSession>> WaitingAsync(string pump, CancellationToken ct) =>
        AllAsync("pump = $1 and state = 'waiting' order by seen_at desc nulls last limit 8", ct, pump);

    /// <summary>Sessions whose present state is over by itself, the longest overdue first, from behind
    /// <paramref name="last"/> on.</summary>
    public Task<IReadOnlyList<PumpSession>> OverdueAsync(
        DateTimeOffset now, PumpSession? last, int most, CancellationToken ct) =>
        AllAsync(
            "due_at <= $1 and (due_at, id) > ($3, $4) order by due_at, id limit $2", ct, now.ToUniversalTime(), most,
            last?.DueAt?.ToUniversalTime() ?? DateTimeOffset.MinValue, last?.Id ?? Guid.Empty);

    /// <summary>The latest session at a pump, over or not.</summary>
    public Task<PumpSession?> LatestAsync(string pump, CancellationToken ct) => OneAsync("pump = $1", ct, pump);

    /// <summary>A car that once left without paying, and still has not.</summary>
    public async Task<bool> DroveOffAsync(Guid vehicle, CancellationToken ct) =>
        await OneAsync(
            "vehicle = $1 and state in ('drive_off', 'delivered', 'expired') and note = 'drove_off'", ct, vehicle)
            is not null;

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<ListedSession>> ListAsync(
        SessionFilter filter, long before, int most, CancellationToken ct)
    {
        await using var command = database.CreateCommand();
        var conditions = new List<string>();
        Where("seq < {0}", before);
        if (filter.Vehicles is { } vehicles)
        {
            command.Parameters.Add(new() { Value = vehicles.ToArray() });
            Where($"(person = {{0}} or vehicle = any(${command.Parameters.Count}))", filter.Person);
        }
        else Where("person = {0}", filter.Person);
        Where("site = {0}", filter.Site);
        Where("pump = {0}", filter.Pump);
        Where("vehicle = {0}", filter.Vehicle);
        Where("state = {0}", filter.State is { } state ? Words.Of(state) : null);
        if (filter.IsOpen) conditions.Add("closed_at is null");
        command.Parameters.Add(new() { Value = most });
        command.CommandText =
            $"""
             select seq, {Columns} from pump_session
             where {string.Join(" and ", conditions)}
             order by seq desc limit ${command.Parameters.Count}
             """;
        var found = new List<ListedSession>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) found.Add(new(reader.GetInt64(0), Read(reader, 1)));
        return found;

        void Where(string condition, object? value)
        {
            if (value is null) return;
            command.Parameters.Add(new() { Value = value });
            conditions.Add(condition.Replace("{0}", $"${command.Parameters.Count}", StringComparison.Ordinal));
        }
    }

    internal static PumpSession Read(NpgsqlDataReader reader, int first) => new()
    {
        Id = reader.GetGuid(first),
        SiteId = reader.GetString(first + 1),
        PumpId = reader.GetString(first + 2),
        State = Words.Read<PumpSessionState>(reader.GetString(first + 3)),
        VehicleId = Value(reader, first + 4, reader.GetGuid),
        Payer = Value(reader, first + 5, reader.GetGuid),
        SaidYes = Value(reader, first + 6, reader.GetGuid),
        SightingId = Value(reader, first + 7, reader.GetGuid),
        PaymentId = Value(reader, first + 8, reader.GetGuid),
        HoldMinor = reader.GetInt64(first + 9),
        IsDoubtful = reader.GetBoolean(first + 10),
        TrxSeq = Value(reader, first + 11, reader.GetInt64),
        Nozzle = Value(reader, first + 12, reader.GetInt32),
        GradeId = Text(reader, first + 13),
        Price = Text(reader, first + 14) is { } unit
            ? new UnitPrice(reader.GetInt64(first + 15), Words.Read<FuelUnit>(unit))
            : null,
        DeliveredThousandths = Value(reader, first + 16, reader.GetInt64),
        BillMinor = reader.GetInt64(first + 17),
        SaidMinor = Value(reader, first + 18, reader.GetInt64),
        Note = Text(reader, first + 19),
        Version = reader.GetInt32(first + 20),
        BeganAt = reader.GetFieldValue<DateTimeOffset>(first + 21),
        SeenAt = Value(reader, first + 22, reader.GetFieldValue<DateTimeOffset>),
        LiftedAt = Value(reader, first + 23, reader.GetFieldValue<DateTimeOffset>),
        DeliveredAt = Value(reader, first + 24, reader.GetFieldValue<DateTimeOffset>),
        ClosedAt = Value(reader, first + 25, reader.GetFieldValue<DateTimeOffset>),
        DueAt = Value(reader, first + 26, reader.GetFieldValue<DateTimeOffset>),
        HoldMaxMinor = reader.GetInt64(first + 27),
    };

    private async Task<PumpSession?> OneAsync(string where, CancellationToken ct, params object[] values) =>
        (await AllAsync($"{where} order by seq desc limit 1", ct, values)).FirstOrDefault();

    private async Task<IReadOnlyList<PumpSession>> AllAsync(
        string where, CancellationToken ct, params object[] values)
    {
        await using var command = database.CreateCommand($"select {Columns} from pump_session where {where}");
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        var found = new List<PumpSession>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) found.Add(Read(reader, 0));
        return found;
    }

    private static T? Value<T>(NpgsqlDataReader reader, int column, Func<int, T> read) where T : struct =>
        reader.IsDBNull(column) ? null : read(column);

    private static string? Text(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetString(column);
}
