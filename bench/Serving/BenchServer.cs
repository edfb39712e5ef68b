using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Audit;
using SightPay.Server.Database;
using SightPay.Server.Events;
using SightPay.Server.Faces;
using SightPay.Server.Payments;
using SightPay.Server.People;
using SightPay.Server.Retail;
using SightPay.Server.Stations;
using SightPay.Server.Transit;
using SightPay.Server.Wallets;
using SightPay.Server.Web;

namespace SightPay.Bench.Serving;

/// <summary>
/// All slices in this process behind real HTTP, on a private PostgreSQL that writes durably, with the demo set. In one
/// process, so that a verb may fill the gallery without enrolling thousands of photographs.
/// </summary>
internal sealed class BenchServer : IAsyncDisposable
{
    public const string Currency = "INR";

    private readonly string _folder;
    private readonly Store _store;
    private readonly WebApplication _app;
    private readonly GeneralLedger _ledger;

    private BenchServer(string folder, Store store, WebApplication app, GeneralLedger ledger, JsonDocument credentials)
    {
        (_folder, _store, _app, _ledger) = (folder, store, app, ledger);
        Credentials = credentials;
        Address = new Uri(app.Urls.Single());
    }

    public Uri Address { get; }
    public JsonDocument Credentials { get; }
    public NpgsqlDataSource Database => _store.Database;

    public T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    public string StationKey(string station) =>
        Credentials.RootElement.GetProperty("stations").GetProperty(station).GetString()!;

    public static async Task<BenchServer> StartAsync(CancellationToken ct)
    {
        var folder = Directory.CreateTempSubdirectory("sightpay-bench-").FullName;
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder, (UnixFileMode)Convert.ToInt32("711", 8));
        var store = Store.Prepare(new DatabaseSettings(null, folder));
        await store.StartAsync(ct);
        await new Migrator(store.Database, TimeProvider.System).MigrateAsync(Schemas(), ct);
        GeneralLedger? ledger = null;
        var app = Compose(folder, store.Database, () => ledger!);
        ledger = await GeneralLedger.OpenAsync(
            store.Database, [.. app.Services.GetServices<ICompanionWriter>()], new LedgerOptions(), ct);
        await app.Services.GetRequiredService<FirstStart>().RunAsync(ct);
        await app.StartAsync(ct);
        var file = Path.Combine(folder, FirstStart.CredentialsFile);
        return new BenchServer(folder, store, app, ledger, JsonDocument.Parse(await File.ReadAllBytesAsync(file, ct)));
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _ledger.DisposeAsync();
        await _app.DisposeAsync();
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static SliceSchema[] Schemas() =>
    [
        new("Ledger", GeneralLedger.Migrations), AuditSlice.Schema, EventsSlice.Schema, PeopleSlice.Schema,
        WalletsSlice.Schema, PaymentsSlice.Schema, FacesSlice.Schema, StationsSlice.Schema, TransitSlice.Schema,
        RetailSlice.Schema,
    ];

    private static WebApplication Compose(string folder, NpgsqlDataSource database, Func<GeneralLedger> ledger)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var services = builder.Services;
        services.AddSingleton(TimeProvider.System).AddSingleton(database).AddSingleton(_ => ledger());
        services.AddSingleton<Idempotency>().AddSingleton(new Connections(10_000, TimeProvider.System));
        var hour = TimeSpan.FromHours(1);
        services.AddSingleton(new RateLimits(
            [new(RateLimits.SignIn, 1_000_000, hour), new(RateLimits.SignUp, 1_000_000, hour)], TimeProvider.System));
        services.ConfigureHttpJsonOptions(json =>
            json.SerializerOptions.PropertyNamingPolicy = ApiJson.Options.PropertyNamingPolicy);
        services.AddPeople(new PeopleSettings(folder, Currency) { AccessTokenLife = TimeSpan.FromHours(12) });
        services.AddAudit().AddEvents().AddWallets(new WalletSettings(Currency));
        services.AddPayments(new PaymentSettings(Currency)).AddFaces(new FacesSettings());
        services.AddStations(new StationsSettings()).AddTransit(new TransitSettings(Currency));
        services.AddRetail(new RetailSettings(Currency));
        services.AddSingleton(new FirstStartSettings(true, folder, Currency) { Print = TextWriter.Null });
        services.AddSingleton<FirstStart>();
        var app = builder.Build();
        app.UseWebSockets();
        app.Use(TellProblemsAsync);
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapPeople();
        app.MapEvents();
        app.MapWallets();
        app.MapPayments();
        app.MapFaces();
        app.MapStations();
        app.MapTransit();
        app.MapRetail();
        return app;
    }

    private static async Task TellProblemsAsync(HttpContext http, RequestDelegate next)
    {
        try
        {
            await next(http);
        }
        catch (ProblemException problem)
        {
            await problem.ToResult().ExecuteAsync(http);
        }
    }
}
