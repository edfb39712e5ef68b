using SightPay.Server.Api;

namespace SightPay.Server.Fuel;

/// <summary>One vehicle at one pump, from its plate to its money. Without a vehicle: somebody whom nobody knows fills
/// up and pays in the shop.</summary>
internal sealed record PumpSession
{
    public required Guid Id { get; init; }
    public required string SiteId { get; init; }
    public required string PumpId { get; init; }
    public required PumpSessionState State { get; init; }

    /// <summary>Null: unknown, or it was not this one.</summary>
    public Guid? VehicleId { get; init; }

    /// <summary>Whose wallet pays: the owner of the vehicle.</summary>
    public Guid? Payer { get; init; }

    /// <summary>The owner or a driver; null: nobody, or nobody had to.</summary>
    public Guid? SaidYes { get; init; }

    /// <summary>What the camera saw when the session began; null: no camera began it.</summary>
    public Guid? SightingId { get; init; }

    /// <summary>At most one is ever captured.</summary>
    public Guid? PaymentId { get; init; }

    /// <summary>Most that the pump gives; 0: no money was set aside.</summary>
    public long HoldMinor { get; init; }

    /// <summary>How far what is set aside may be raised under the yes that was said, while current flows.</summary>
    public long HoldMaxMinor { get; init; }

    /// <summary>Another car was seen at this pump since: it is never paid without a yes to the bill itself.</summary>
    public bool IsDoubtful { get; init; }

    /// <summary>The pump's own number of the delivery; null as long as no nozzle was lifted.</summary>
    public long? TrxSeq { get; init; }

    public int? Nozzle { get; init; }
    public string? GradeId { get; init; }

    /// <summary>As it was when the nozzle was lifted.</summary>
    public UnitPrice? Price { get; init; }

    /// <summary>What flowed; null as long as the pump has not said so.</summary>
    public long? DeliveredThousandths { get; init; }

    /// <summary>What is due: quantity times price, whatever the pump says it comes to.</summary>
    public long BillMinor { get; init; }

    /// <summary>What the pump said that it comes to.</summary>
    public long? SaidMinor { get; init; }

    /// <summary>Why it is as it is, as one of <see cref="PumpSessionNote"/>; of what was written off, in the words of
    /// whoever did it.</summary>
    public string? Note { get; init; }

    /// <summary>Grows with each change; a change that was planned on an older one is planned again.</summary>
    public int Version { get; init; } = 1;

    public DateTimeOffset BeganAt { get; init; }

    /// <summary>When the camera last saw the car; null: it never did.</summary>
    public DateTimeOffset? SeenAt { get; init; }

    public DateTimeOffset? LiftedAt { get; init; }
    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>When nothing was left to be done.</summary>
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>When the present state ends by itself.</summary>
    public DateTimeOffset? DueAt { get; init; }

    public bool HasPump => PumpSessionLifetime.HasPump(State);
    public bool HasCar => VehicleId is not null && PumpSessionLifetime.HasCar(State);

    /// <summary>Fuel that was priced and is not to be believed yet counts as delivered, too.</summary>
    public bool IsDelivered => DeliveredThousandths is not null;

    /// <summary>"Not me": of a car that only stands there nobody is asked any more; what was delivered is nobody's.
    /// </summary>
    public PumpSession NotTheirs() => PumpSessionLifetime.HasCar(State) && State != PumpSessionState.Fuelling
        ? this with { Note = PumpSessionNote.NotMe }
        : this with { VehicleId = null, Payer = null, SaidYes = null, PaymentId = null, Note = PumpSessionNote.NotMe };

    /// <summary>A session whose time is over has moved on, whether or not that was written down yet.</summary>
    public bool IsDue(DateTimeOffset now) =>
        DueAt <= now && PumpSessionLifetime.Next(State, PumpSessionEvent.Expire) is not null;

    public override string ToString() => $"PumpSession {Id} {Words.Of(State)}";
}

/// <summary>Why a session is as it is; words of the API.</summary>
internal static class PumpSessionNote
{
    /// <summary>Quantity times price is not the amount that the pump said.</summary>
    public const string AmountDiffers = "amount_differs";

    /// <summary>A quantity or an amount that no pump delivers.</summary>
    public const string Implausible = "implausible";

    /// <summary>Another nozzle than the one that was lifted.</summary>
    public const string OtherNozzle = "other_nozzle";

    /// <summary>Nobody knows what it costs.</summary>
    public const string NoPrice = "no_price";

    /// <summary>Delivered while nobody listened: no session at this pump fits.</summary>
    public const string NoSession = "no_session";

    public const string NotMe = "not_me";

    public const string DroveOff = "drove_off";

    /// <summary>The shop was paid after the wallet was.</summary>
    public const string PaidTwice = "paid_twice";
}

/// <summary>How long sessions stay as they are, and how much is set aside.</summary>
internal sealed record PumpSessionSettings(string Currency)
{
    /// <summary>From the plate to the nozzle.</summary>
    public TimeSpan OfferFor { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A bill waits so long for its yes. Then it stays payable, and everybody sees that it is late.</summary>
    public TimeSpan BillFor { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A pump that says nothing for so long has lost its line. One that still pours says so.</summary>
    public TimeSpan OutageFor { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Outlives offer, delivery and an outage, so that what was delivered meanwhile is covered.</summary>
    public TimeSpan HoldFor { get; init; } = TimeSpan.FromHours(3);

    /// <summary>A car that was out of sight for longer has left.</summary>
    public TimeSpan VisitGap { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Where another car was seen so long after the one that has the pump, the first has left; or the same
    /// car changed over.</summary>
    public TimeSpan LeftAfter { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>A pump's last pulse comes out of the wallet as well; what is beyond is owed.</summary>
    public int OverPercent { get; init; } = 5;

    /// <summary>A tank that was filled is a fifth fuller than its maker says, and prices change.</summary>
    public int TankPercent { get; init; } = 120;

    /// <summary>Less is not worth a nozzle.</summary>
    public long HoldMinorMin { get; init; } = 1_00;

    /// <summary>Charging takes long and its end is not known: so much of it is set aside at a time (10 kWh).</summary>
    public long ChargeStepThousandths { get; init; } = 10_000;

    /// <summary>What a tank or a battery holds where nobody knows the car's: a large one.</summary>
    public long TankThousandths(FuelUnit unit) => unit switch
    {
        FuelUnit.Litre => 80_000,
        FuelUnit.UsGallon => 22_000,
        _ => 200_000,
    };

    /// <summary>How long a session may stay in a state; null: for ever.</summary>
    public TimeSpan? TimeOf(PumpSessionState state) => state switch
    {
        PumpSessionState.Waiting or PumpSessionState.Offered or PumpSessionState.Held => OfferFor,
        PumpSessionState.Fuelling => OutageFor,
        PumpSessionState.Delivered => BillFor,
        _ => null,
    };
}
