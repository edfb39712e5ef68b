using System.Collections.Frozen;
using SightPay.Server.Api;

namespace SightPay.Server.Fuel;

/// <summary>Sites and pumps as they are set up, kept in memory for seconds. Levels of tanks are as old; what needs them
/// of this moment reads the store.</summary>
internal sealed class Forecourt(ForecourtStore store, TimeProvider clock)
{
    // Whoever changes a set-up says so; the time bounds what an operator does to the tables by hand.
    private static readonly TimeSpan _rememberedFor = TimeSpan.FromSeconds(5);

    private readonly Remembered<string, Site> _sites = new(_rememberedFor, clock);
    private readonly Remembered<string, string> _sitesOfPumps = new(_rememberedFor, clock);

    public ValueTask<Site?> FindSiteAsync(string id, CancellationToken ct) =>
        _sites.FindAsync(id, store.SiteAsync, ct);

    public async ValueTask<Site?> FindSiteOfPumpAsync(string pump, CancellationToken ct) =>
        await _sitesOfPumps.FindAsync(pump, store.SiteOfPumpAsync, ct) is { } site
            ? await FindSiteAsync(site, ct)
            : null;

    public async ValueTask<Pump?> FindPumpAsync(string id, CancellationToken ct) =>
        (await FindSiteOfPumpAsync(id, ct))?.Pumps.FirstOrDefault(pump => pump.Id == id);

    /// <summary>The prices of a moment of the last day or to come, by grade; a grade without one is not sold. What was
    /// in force before stands frozen in each session.</summary>
    public async ValueTask<FrozenDictionary<string, UnitPrice>> PricesAtAsync(
        string site, DateTimeOffset at, CancellationToken ct) =>
        (await FindSiteAsync(site, ct))?.Prices.At(at) ?? FrozenDictionary<string, UnitPrice>.Empty;

    /// <summary>To be said after the commit that changed a set-up: the next question is asked of the store.</summary>
    public void Forget() => _sites.Forget();
}
