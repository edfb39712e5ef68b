using Npgsql;
using NpgsqlTypes;
using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Fuel;

/// <summary>A session begins or changes, in the commit that moves its money.</summary>
/// <param name="From">What the change was planned on; null: the session is new.</param>
/// <param name="To">What it becomes.</param>
/// <param name="Happened">Must be legal in the state it comes from; null for a new session.</param>
/// <param name="Stays">How long it may stay as it then is; null: for ever.</param>
internal sealed record PumpSessionRow(
    PumpSession? From, PumpSession To, PumpSessionEvent? Happened, TimeSpan? Stays) : CompanionRow
{
    public const string IllegalTransition = "illegal_transition";

    /// <summary>The camera sees the car with this change.</summary>
    public bool IsSeen { get; init; }

    /// <summary>The session that leaves the pump or the car in the same plan.</summary>
    public Guid? InPlaceOf { get; init; }

    /// <summary>The session as a commit at this time leaves it: times are the ledger's, never the planner's.</summary>
    public PumpSession StampedAt(DateTimeOffset at) => To with
    {
        Version = From is null ? 1 : From.Version + 1,
        BeganAt = From is null ? at : To.BeganAt,
        SeenAt = IsSeen ? at : To.SeenAt,
        LiftedAt = To.TrxSeq is not null && To.LiftedAt is null ? at : To.LiftedAt,
        DeliveredAt = To.IsDelivered && To.DeliveredAt is null ? at : To.DeliveredAt,
        ClosedAt = PumpSessionLifetime.IsOver(To.State) ? To.ClosedAt ?? at : null,
        DueAt = Keeps ? To.DueAt : at + Stays,
    };

    /// <summary>Whoever is only seen, or turns out to be another, gets no more time by it.</summary>
    private bool Keeps => From?.State == To.State
        && Happened is PumpSessionEvent.See or PumpSessionEvent.Decline or PumpSessionEvent.Assign;
}

/// <summary>What the writer looks sessions up by: their id, the pump or the car that they have, and the pump's own
/// number of a delivery.</summary>
internal readonly record struct PumpSessionKey(PumpSessionKey.By What, Guid Id, string Pump, long Seq)
{
    internal enum By
    {
        Session,
        Car,
        Pump,
        Delivery,
    }

    public static PumpSessionKey Of(Guid session) => new(By.Session, session, "", 0);

    public static PumpSessionKey OfCar(Guid vehicle) => new(By.Car, vehicle, "", 0);

    public static PumpSessionKey OfPump(string pump) => new(By.Pump, Guid.Empty, pump, 0);

    public static PumpSessionKey OfDelivery(string pump, long seq) => new(By.Delivery, Guid.Empty, pump, seq);
}

/// <summary>
/// Sessions as the ledger's writer sees them. A change that was planned on an older version, or on a pump, a car or a
/// delivery that another session has meanwhile, is stale; one that its state does not allow is refused, and the refusal
/// sticks.
/// </summary>
internal sealed class PumpSessionTable : CompanionTable<PumpSessionRow, PumpSessionKey, PumpSession>
{
    public override bool LoadsAhead => true;

    protected override IEnumerable<PumpSessionKey> KeysOf(PumpSessionRow row)
    {
        yield return PumpSessionKey.Of(row.To.Id);
        foreach (var place in PlacesOf(row.To)) yield return place;
        if (row.From is null) yield break;
        foreach (var place in PlacesOf(row.From)) yield return place;
    }

    protected override NpgsqlBatchCommand Load(PumpSessionKey[] keys) => new(
        $"""
         select 0, {PumpSessionStore.Columns} from pump_session where id = any($1)
         union all
         select 1, {PumpSessionStore.Columns} from pump_session
         where vehicle = any($2) and state in ('waiting', 'offered', 'held', 'fuelling')
         union all
         select 2, {PumpSessionStore.Columns} from pump_session
         where pump = any($3) and state in ('offered', 'held', 'fuelling')
         union all
         select 3, {PumpSessionStore.Columns} from pump_session where pump = any($4) and trx_seq = any($5)
         """)
    {
        Parameters =
        {
            Of(keys, PumpSessionKey.By.Session).Column(NpgsqlDbType.Uuid, key => key.Id),
            Of(keys, PumpSessionKey.By.Car).Column(NpgsqlDbType.Uuid, key => key.Id),
            Of(keys, PumpSessionKey.By.Pump).Column(NpgsqlDbType.Text, key => key.Pump),
            // Numbers of other pumps may come along; they are found under their own key.
            Of(keys, PumpSessionKey.By.Delivery).Column(NpgsqlDbType.Text, key => key.Pump),
            Of(keys, PumpSessionKey.By.Delivery).Column(NpgsqlDbType.Bigint, key => key.Seq),
        },
    };

    protected override (PumpSessionKey Key, PumpSession State) Read(NpgsqlDataReader reader)
    {
        var session = PumpSessionStore.Read(reader, 1);
        return ((PumpSessionKey.By)reader.GetInt32(0) switch
        {
            PumpSessionKey.By.Session => PumpSessionKey.Of(session.Id),
            PumpSessionKey.By.Car => PumpSessionKey.OfCar(session.VehicleId!.Value),
            PumpSessionKey.By.Pump => PumpSessionKey.OfPump(session.PumpId),
            _ => PumpSessionKey.OfDelivery(session.PumpId, session.TrxSeq!.Value),
        }, session);
    }

    protected override GuardVerdict Check(
        PumpSessionRow row, CompanionStates<PumpSessionKey, PumpSession> states)
    {
        var stored = states.Find(PumpSessionKey.Of(row.To.Id));
        if (stored?.Version != row.From?.Version) return GuardVerdict.Stale;
        if (stored is not null)
        {
            if (PumpSessionLifetime.Next(stored.State, row.Happened!.Value) is not { } next)
                return GuardVerdict.Refused(PumpSessionRow.IllegalTransition);
            if (next != row.To.State)
                throw new InvalidOperationException(
                    $"{row.Happened} does not lead from {stored.State} to {row.To.State}.");
            // A drive-off of somebody unknown is nobody's to open again: a bill has a payer.
            if (next is PumpSessionState.Delivered or PumpSessionState.Paid && row.To.Payer is null)
                return GuardVerdict.Refused(PumpSessionRow.IllegalTransition);
            if (stored.TrxSeq is not null && stored.TrxSeq != row.To.TrxSeq)
                throw new InvalidOperationException("A session's delivery is not another one's.");
        }
        var isFree = PlacesOf(row.To).All(place =>
            states.Find(place) is not { } other || other.Id == row.To.Id || !PlacesOf(other).Contains(place)
            // Pump and car are given up to whoever comes in its place; a delivery stays what it was.
            || (other.Id == row.InPlaceOf && place.What != PumpSessionKey.By.Delivery));
        return isFree ? GuardVerdict.Ok : GuardVerdict.Stale;
    }

    protected override void Apply(
        PumpSessionRow row, DateTimeOffset at, CompanionStates<PumpSessionKey, PumpSession> states)
    {
        var session = row.StampedAt(at);
        states.Set(PumpSessionKey.Of(session.Id), session);
        foreach (var place in PlacesOf(session)) states.Set(place, session);
        if (row.From is null) return;
        // A place that it leaves is free, unless somebody else has taken it in the same plan.
        foreach (var place in PlacesOf(row.From))
            if (states.Find(place)?.Id == session.Id) states.Set(place, session);
    }

    protected override void Write(
        NpgsqlBatch batch, IReadOnlyList<(PumpSessionKey Key, PumpSession State)> inserted,
        IReadOnlyList<(PumpSessionKey Key, PumpSession State)> updated)
    {
        var changed = Sessions(updated);
        // Whoever leaves a pump or a car comes first: the indexes allow one at a time.
        Add(changed.FindAll(session => !PumpSessionLifetime.HasCar(session.State)), Update);
        Add(changed.FindAll(session => PumpSessionLifetime.HasCar(session.State)), Update);
        Add(Sessions(inserted), Insert);

        void Add(List<PumpSession> sessions, Func<List<PumpSession>, NpgsqlBatchCommand> write)
        {
            if (sessions.Count > 0) batch.BatchCommands.Add(write(sessions));
        }
    }

    /// <summary>What nobody else may have at the same time.</summary>
    private static IEnumerable<PumpSessionKey> PlacesOf(PumpSession session)
    {
        if (session.HasPump) yield return PumpSessionKey.OfPump(session.PumpId);
        if (session.HasCar) yield return PumpSessionKey.OfCar(session.VehicleId!.Value);
        if (session.TrxSeq is { } seq) yield return PumpSessionKey.OfDelivery(session.PumpId, seq);
    }

    private static PumpSessionKey[] Of(PumpSessionKey[] keys, PumpSessionKey.By what) =>
        Array.FindAll(keys, key => key.What == what);

    private static List<PumpSession> Sessions(IReadOnlyList<(PumpSessionKey Key, PumpSession State)> states) =>
        [.. states.Where(each => each.Key.What == PumpSessionKey.By.Session).Select(each => each.State)];

    private static NpgsqlBatchCommand Insert(List<PumpSession> sessions)
    {
        var command = new NpgsqlBatchCommand(
            $"""
             insert into pump_session ({PumpSessionStore.Columns})
             select * from unnest({Placeholders})
             """);
        AddColumns(command, sessions);
        return command;
    }

    private static NpgsqlBatchCommand Update(List<PumpSession> sessions)
    {
        var command = new NpgsqlBatchCommand(
            $"""
             update pump_session s
             set pump = c.pump, state = c.state, vehicle = c.vehicle, person = c.person, said_yes = c.said_yes,
                 sighting = c.sighting, payment = c.payment, hold_minor = c.hold_minor, doubtful = c.doubtful,
                 trx_seq = c.trx_seq, nozzle = c.nozzle, grade = c.grade, unit = c.unit, price = c.price,
                 delivered_thousandths = c.delivered_thousandths, bill_minor = c.bill_minor,
                 said_minor = c.said_minor, note = c.note, version = c.version, seen_at = c.seen_at,
                 lifted_at = c.lifted_at, delivered_at = c.delivered_at, closed_at = c.closed_at, due_at = c.due_at,
                 hold_max_minor = c.hold_max_minor
             from unnest({Placeholders}) as c ({PumpSessionStore.Columns})
             where s.id = c.id
             """);
        AddColumns(command, sessions);
        return command;
    }

    private const string Placeholders =
        """
        $1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[], $9::uuid[],
        $10::bigint[], $11::boolean[], $12::bigint[], $13::int[], $14::text[], $15::text[], $16::bigint[],
        $17::bigint[], $18::bigint[], $19::bigint[], $20::text[], $21::int[], $22::timestamptz[],
        $23::timestamptz[], $24::timestamptz[], $25::timestamptz[], $26::timestamptz[], $27::timestamptz[],
        $28::bigint[]
        """;

    /// <summary>In the order of <see cref="PumpSessionStore.Columns"/>.</summary>
    private static void AddColumns(NpgsqlBatchCommand command, List<PumpSession> sessions)
    {
        Add(sessions.Column(NpgsqlDbType.Uuid, each => each.Id));
        Add(sessions.Column(NpgsqlDbType.Text, each => each.SiteId));
        Add(sessions.Column(NpgsqlDbType.Text, each => each.PumpId));
        Add(sessions.Column(NpgsqlDbType.Text, each => Words.Of(each.State)));
        Add(sessions.Column(NpgsqlDbType.Uuid, each => each.VehicleId));
        Add(sessions.Column(NpgsqlDbType.Uuid, each => each.Payer));
        Add(sessions.Column(NpgsqlDbType.Uuid, each => each.SaidYes));
        Add(sessions.Column(NpgsqlDbType.Uuid, each => each.SightingId));
        Add(sessions.Column(NpgsqlDbType.Uuid, each => each.PaymentId));
        Add(sessions.Column(NpgsqlDbType.Bigint, each => each.HoldMinor));
        Add(sessions.Column(NpgsqlDbType.Boolean, each => each.IsDoubtful));
        Add(sessions.Column(NpgsqlDbType.Bigint, each => each.TrxSeq));
        Add(sessions.Column(NpgsqlDbType.Integer, each => each.Nozzle));
        Add(sessions.Column(NpgsqlDbType.Text, each => each.GradeId));
        Add(sessions.Column(NpgsqlDbType.Text, each => each.Price is { } price ? Words.Of(price.Unit) : null));
        Add(sessions.Column(NpgsqlDbType.Bigint, each => each.Price?.ThousandthsOfMinor));
        Add(sessions.Column(NpgsqlDbType.Bigint, each => each.DeliveredThousandths));
        Add(sessions.Column(NpgsqlDbType.Bigint, each => each.BillMinor));
        Add(sessions.Column(NpgsqlDbType.Bigint, each => each.SaidMinor));
        Add(sessions.Column(NpgsqlDbType.Text, each => each.Note));
        Add(sessions.Column(NpgsqlDbType.Integer, each => each.Version));
        Add(sessions.Column(NpgsqlDbType.TimestampTz, each => each.BeganAt.ToUniversalTime()));
        Add(sessions.Column(NpgsqlDbType.TimestampTz, each => each.SeenAt?.ToUniversalTime()));
        Add(sessions.Column(NpgsqlDbType.TimestampTz, each => each.LiftedAt?.ToUniversalTime()));
        Add(sessions.Column(NpgsqlDbType.TimestampTz, each => each.DeliveredAt?.ToUniversalTime()));
        Add(sessions.Column(NpgsqlDbType.TimestampTz, each => each.ClosedAt?.ToUniversalTime()));
        Add(sessions.Column(NpgsqlDbType.TimestampTz, each => each.DueAt?.ToUniversalTime()));
        Add(sessions.Column(NpgsqlDbType.Bigint, each => each.HoldMaxMinor));

        void Add(NpgsqlParameter column) => command.Parameters.Add(column);
    }
}
