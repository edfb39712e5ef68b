namespace SightPay.Server.Fuel;

/// <summary>What an engine burns or charges.</summary>
internal enum FuelKind
{
    Petrol,
    Diesel,
    Electric,
}

/// <summary>Something a site sells: petrol 95, diesel, a fast charge.</summary>
/// <param name="Id">Unique in its site.</param>
internal sealed record Grade(string Id, string Name, FuelKind Fuel, FuelUnit Unit);

/// <summary>A tank below a site; what is drawn from it is measured in its grade's unit.</summary>
/// <param name="Id">Unique in its site.</param>
/// <param name="ShortThousandths">Delivered beyond what was thought to be in it. The fuel is in the cars, so the level
/// was wrong: staff measure the tank, which ends it.</param>
internal sealed record Tank(
    string Id, string SiteId, string GradeId, long CapacityThousandths, long LevelThousandths,
    long ShortThousandths = 0);

/// <summary>One hose or cable of a pump.</summary>
/// <param name="TankId">Null for electricity, which no tank holds.</param>
internal sealed record Nozzle(int Number, string GradeId, string? TankId);

/// <summary>A pump or a charger; the device at it is the station of the same id.</summary>
/// <param name="Id">Unique everywhere, as a station's id is: made of the site's id and the number.</param>
/// <param name="Number">What is painted on it; unique in its site alone.</param>
/// <param name="OutOfOrder">It says so itself, or staff closed it: nobody is served.</param>
internal sealed record Pump(string Id, string SiteId, int Number, bool OutOfOrder, IReadOnlyList<Nozzle> Nozzles)
{
    /// <summary>Staff closed it: it stays out of order whatever it says itself.</summary>
    public bool Closed { get; init; }

    public static string IdOf(string site, int number) => $"{site}-P{number}";

    public Nozzle? Find(int nozzle) => Nozzles.FirstOrDefault(each => each.Number == nozzle);

    public bool Draws(string tank) => Nozzles.Any(nozzle => nozzle.TankId == tank);
}

/// <summary>A filling station with all that stands on it.</summary>
/// <param name="Region">Whose number plates its cameras read, as the plate grammar names it.</param>
/// <param name="TimeZone">IANA name, for instance <c>Asia/Kolkata</c>.</param>
/// <param name="Hours">Null: it never closes.</param>
/// <param name="Owner">The person it belongs to, who sets it up.</param>
/// <param name="Version">Grows with each change of its set-up.</param>
internal sealed record Site(
    string Id, string Name, string Region, string TimeZone, string Currency, OpeningHours? Hours, Guid? Owner,
    int Version)
{
    public IReadOnlyList<Grade> Grades { get; init; } = [];
    public IReadOnlyList<Tank> Tanks { get; init; } = [];

    /// <summary>By number.</summary>
    public IReadOnlyList<Pump> Pumps { get; init; } = [];

    public PriceList Prices { get; init; } = PriceList.Empty;

    /// <summary>Key of the ledger account that its takings go to.</summary>
    public string AccountKey => AccountKeyOf(Id);

    public static string AccountKeyOf(string id) => $"site:{id}";

    public Grade? FindGrade(string id) => Grades.FirstOrDefault(grade => grade.Id == id);

    public Tank? FindTank(string id) => Tanks.FirstOrDefault(tank => tank.Id == id);

    public bool IsOpen(DateTimeOffset at) =>
        Hours is null || Hours.IsOpen(at, TimeZoneInfo.FindSystemTimeZoneById(TimeZone));
}
