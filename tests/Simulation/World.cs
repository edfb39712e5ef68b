using System.Security.Cryptography;
using System.Text;
using SightPay.Ledger;
using SightPay.Server.People;
using SightPay.Tests.Support;

namespace SightPay.Simulation.Tests;

/// <summary>The world broke a promise of the product, under this seed.</summary>
internal sealed class BrokenPromiseException(int seed, string what)
    : Exception($"{what} Play it again with SIMULATION_SEED={seed}.");

/// <summary>
/// One seed, one run: devices, a network, servers that die and are replaced, a store that fails. First in bad weather,
/// when only safety is promised; then in fair weather, when all work must come to its end.
/// </summary>
internal sealed class World
{
    private const int Devices = 6;
    private const int WishesEach = 25;
    private const int StormSteps = 4000;
    private const int CalmSteps = 100_000;

    private readonly int _seed;
    private readonly Random _random;
    private readonly Books _books;
    private readonly List<Device> _devices = [];
    private readonly List<SimulatedServer> _zombies = [];
    private readonly IncrementalHash _trace = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public World(int seed, bool storeForgets = false)
    {
        (_seed, _random) = (seed, new Random(seed));
        Clock = new SimulatedClock(new Random(seed ^ 0x5EED));
        Happenings = new Happenings(Clock);
        Network = new Network(Happenings, _random) { Weather = Weather.Of(_random) };
        Persons = [.. Enumerable.Range(0, 3).Select(_ => Clock.NextId())];
        OpenAccounts();
        var weather = Network.Weather;
        Store.Faults = moment =>
            storeForgets && moment == StoreMoment.Commit && _random.Next(10) == 0 ? StoreFault.Forgets
            : _random.NextDouble() >= Network.Weather.StoreFault ? StoreFault.None
            : moment switch
            {
                StoreMoment.Commit => (StoreFault)_random.Next((int)StoreFault.LostBefore, (int)StoreFault.Forgets),
                _ => StoreFault.LostBefore,
            };
        Server = new SimulatedServer(Store, Clock);
        _books = new Books(this);
        Trace($"{weather}");
    }

    public SimulatedClock Clock { get; }
    public Happenings Happenings { get; }
    public Network Network { get; }
    public MemoryLedgerStore Store { get; } = new();
    public SimulatedServer Server { get; private set; }
    public IReadOnlyList<Guid> Persons { get; }
    public List<(Guid Payment, Guid Person)> Payments { get; } = [];
    public List<(Guid TopUp, Guid Person)> TopUps { get; } = [];
    public int Crashes { get; private set; }
    public int Answered => _devices.Sum(device => device.Answers.Count);

    /// <returns>What happened, as a hash: the same seed gives the same one.</returns>
    public string Run()
    {
        for (var i = 0; i < Devices; i++)
        {
            var device = new Device(this, new Random(_random.Next()), WishesEach);
            _devices.Add(device);
            Happenings.In(TimeSpan.FromMilliseconds(i), device.Begin);
        }
        Happenings.In(TimeSpan.Zero, Turn);
        for (var i = 0; i < StormSteps && Happenings.Next(); i++)
        {
            // The storm goes on.
        }
        Network.Weather = Weather.Fair;
        Clock.SetRight();
        foreach (var zombie in _zombies) zombie.Lives = false;
        Store.LoseLock();
        var steps = 0;
        while (_devices.Exists(device => !device.IsDone) && Happenings.Next())
            Must(++steps < CalmSteps, $"In fair weather the work did not come to its end: {Unanswered()} is left.");
        _books.Check();
        _books.CheckAnswers(_devices.SelectMany(device => device.Answers));
        return Convert.ToHexString(_trace.GetHashAndReset());
    }

    public void Must(bool holds, string what)
    {
        if (!holds) throw new BrokenPromiseException(_seed, what);
    }

    private string Unanswered() =>
        string.Join(", ", _devices.Select(device => device.Unanswered).Where(wish => wish is not null));

    public void Trace(string line) => _trace.AppendData(Encoding.UTF8.GetBytes(line + "\n"));

    /// <summary>A moment of the servers' lives.</summary>
    private void Turn()
    {
        if (_random.NextDouble() < Network.Weather.ClockStep)
            Clock.Step(TimeSpan.FromMinutes(_random.Next(-1500, 90)));
        if (_random.NextDouble() < Network.Weather.Crash) Crash();
        if (_random.Next(10) == 0) Server.Expire();
        Server.Step();
        foreach (var zombie in _zombies) zombie.Step();
        _books.Check();
        // Nobody waits: the next thing that can happen is that a hold or a payment runs out.
        var isQuiet = _devices.TrueForAll(device => device.Unanswered is null);
        Happenings.In(TimeSpan.FromMilliseconds(_random.Next(1, isQuiet ? 2000 : 25)), Turn);
    }

    /// <summary>The process dies; or it only loses its lock, and goes on beside its successor, believing in it.
    /// </summary>
    private void Crash()
    {
        Crashes++;
        Trace("crash");
        if (_random.NextDouble() < Network.Weather.Zombie) _zombies.Add(Server);
        else Server.Lives = false;
        Store.LoseLock();
        Server = new SimulatedServer(Store, Clock);
    }

    private void OpenAccounts()
    {
        Store.Open(SimulatedServer.Provider, "INR", AccountKind.ProviderClearing);
        Store.Open(SimulatedServer.Shop, "INR", AccountKind.Payable);
        foreach (var person in Persons)
        {
            Store.Open(Person.WalletKey(person), "INR", AccountKind.Wallet);
            Store.Open(Person.ReceivableKey(person), "INR", AccountKind.Receivable);
        }
    }
}
