using System.CommandLine;
using Microsoft.AspNetCore.Connections;
using SightPay.Ledger;
using SightPay.Server.Audit;
using SightPay.Server.Books;
using SightPay.Server.Database;
using SightPay.Server.Events;
using SightPay.Server.Faces;
using SightPay.Server.Fuel;
using SightPay.Server.Payments;
using SightPay.Server.People;
using SightPay.Server.Plates;
using SightPay.Server.Receipts;
using SightPay.Server.Retail;
using SightPay.Server.Stations;
using SightPay.Server.Transit;
using SightPay.Server.Wallets;
using SightPay.Server.Web;
using SightPay.Vision.Models;

namespace SightPay.Server;

/// <summary>The one program. Without a verb it serves.</summary>
internal static class Program
{
    private const int BadSettings = 2;
    private const int Broken = 1;

    /// <summary>All migrations, in ring order.</summary>
    public static IReadOnlyList<SliceSchema> Schemas { get; } =
    [
        new("ledger", GeneralLedger.Migrations), PeopleSlice.Schema, ReceiptsSlice.Schema, AuditSlice.Schema,
        EventsSlice.Schema, FacesSlice.Schema, PlatesSlice.Schema, WalletsSlice.Schema, BooksSlice.Schema,
        StationsSlice.Schema, PaymentsSlice.Schema, TransitSlice.Schema, RetailSlice.Schema, FuelSlice.Schema,
    ];

    private static async Task<int> Main(string[] args)
    {
        var root = new RootCommand(
            "SightPay: pay on sight. Without a verb it serves; settings come from the environment (see README.md).");
        root.SetAction((_, _) => ServeAsync());
        root.Add(ReceiptsSlice.VerifyVerb);
        root.Add(FuelSlice.SimulateVerb);
        root.Add(FacesSlice.ModelsVerb(() => ReadSettings().ModelsFolder));
        foreach (var verb in BooksSlice.Verbs(() => DatabaseOf(ReadSettings()), Schemas, TimeProvider.System))
            root.Add(verb);
        var command = root.Parse(args);
        try
        {
            // The host ends the server on Ctrl-C and SIGTERM, at its own pace.
            var code = await command.InvokeAsync(new InvocationConfiguration
            {
                ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false,
            });
            return command.Errors.Count > 0 ? BadSettings : code;
        }
        catch (Exception fault) when (fault is SettingsException or StoreException)
        {
            return Tell(fault);
        }
    }

    private static Settings ReadSettings() => Settings.Read(Environment.GetEnvironmentVariables()
        .Cast<System.Collections.DictionaryEntry>()
        .ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value ?? ""));

    private static async Task<int> ServeAsync()
    {
        try
        {
            var settings = ReadSettings();
            await using var store = Store.Prepare(DatabaseOf(settings));
            await using var app = Build(settings, store);
            // Running disposes of the services, so it is asked for before.
            var start = app.Services.GetRequiredService<StartUp>();
            try
            {
                await app.RunAsync();
            }
            catch (OperationCanceledException) when (start.Failure is not null)
            {
                // The start failed before HTTP listened; why is told below.
            }
            return start.Failure is { } failure ? Tell(failure) : 0;
        }
        catch (Exception fault) when (fault is SettingsException or StoreException)
        {
            return Tell(fault);
        }
        catch (IOException fault) when (fault.InnerException is AddressInUseException)
        {
            await Console.Error.WriteLineAsync(
                "Another program already listens on an address of SIGHTPAY_URLS: stop it, or set SIGHTPAY_URLS to a "
                + "free port, for instance http://localhost:8001.");
            return BadSettings;
        }
    }

    /// <summary>The whole server, not yet started.</summary>
    /// <param name="replace">Tests put their own clock in here.</param>
    internal static WebApplication Build(
        Settings settings, Store store, Action<IServiceCollection>? replace = null)
    {
        var builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.LogAsJson();
        builder.ListenAt(settings);

        var (services, limits, currency) = (builder.Services, settings.Limits, settings.Currency);
        services.AddWeb(settings, store, Schemas);
        services.AddPeople(new PeopleSettings(settings.DataFolder, currency)
        {
            OwnsPostgres = store.IsPrivate,
        });
        services.AddReceipts(new ReceiptSettings(settings.DataFolder));
        services.AddAudit();
        services.AddEvents();
        var pack = BestPack(settings);
        services.AddFaces(new FacesSettings(settings.FaceRecognitionThreshold, limits.PicturePixelsMax)
        {
            Pack = pack,
        });
        services.AddPlates(new PlateSettings(currency) { Pack = pack, PicturePixelsMax = limits.PicturePixelsMax });
        services.AddWallets(new WalletSettings(currency));
        services.AddBooks();
        services.AddStations(new StationsSettings((int)limits.BodyBytesMax));
        services.AddPayments(new PaymentSettings(currency)
        {
            TopUpMinorMin = limits.TopUpMinorMin, TopUpMinorMax = limits.TopUpMinorMax,
            Spending = limits.Spending, OperatorAloneMinorMax = limits.OperatorAloneMinor,
            Provider = settings.Provider, Stripe = settings.Stripe,
        });
        services.AddTransit(new TransitSettings(currency));
        services.AddRetail(new RetailSettings(currency)
        {
            CashierAloneMinorMax = limits.CashierAloneMinor, CashierDayMinorMax = limits.CashierDayMinor,
        });
        services.AddFuel(new FuelSettings(currency));
        replace?.Invoke(services);
        services.HoldBackWorkers();

        var app = builder.Build();
        app.UseWeb();
        app.MapPeople();
        app.MapReceipts();
        app.MapAudit();
        app.MapEvents();
        app.MapFaces();
        app.MapPlates();
        app.MapWallets();
        app.MapBooks();
        app.MapStations();
        app.MapPayments();
        app.MapTransit();
        app.MapRetail();
        app.MapFuel();
        app.MapWeb();
        return app;
    }

    /// <exception cref="SettingsException">The pack is damaged. Taking another one would ask everybody to enrol again.
    /// </exception>
    internal static ModelPack BestPack(Settings settings)
    {
        try
        {
            var pack = new InstalledPacks(settings.ModelsFolder).Best;
            return pack.Damages() is [var damage, ..] ? throw new InvalidDataException(damage) : pack;
        }
        catch (InvalidDataException fault)
        {
            throw new SettingsException($"{fault.Message} See: sightpay models verify");
        }
    }

    internal static DatabaseSettings DatabaseOf(Settings settings) =>
        new(settings.DatabaseUrl, settings.DataFolder, settings.Durable, BuiltPostgres());

    private static string? BuiltPostgres()
    {
        try
        {
            return EnginePaths.Postgres;
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>One sentence for whoever started the program.</summary>
    private static int Tell(Exception fault)
    {
        var isExpected = fault is SettingsException or StoreException;
        Console.Error.WriteLine(isExpected ? fault.Message : $"The start failed: {fault}");
        return isExpected ? BadSettings : Broken;
    }
}
