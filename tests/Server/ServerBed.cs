using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;
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
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests;

/// <summary>All slices behind real HTTP on a real PostgreSQL, with the demo set; a test may hold the clock.</summary>
public sealed class ServerBed : IAsyncDisposable
{
    private readonly TemporaryFolder _data = new();
    private WebApplication? _app;
    private GeneralLedger? _ledger;
    private bool _seeing;
    private FacesSettings _faces = new();
    private Func<PaymentSettings, PaymentSettings>? _payments;
    private TimeSpan _accessTokenLife;

    public required TestDatabase Database { get; init; }
    public HttpClient Http { get; private set; } = null!;
    public IServiceProvider Services => _app!.Services;
    public StringWriter Printed { get; } = new();
    public string DataFolder => _data.Path;
    public JsonObject Credentials { get; private set; } = null!;

    /// <param name="clock">Held by the test; without it, the real one.</param>
    /// <param name="seeing">False: without the recogniser, for rules that begin after a sighting.</param>
    /// <param name="payments">Changes the payments' settings.</param>
    /// <param name="accessTokenLife">Null: longer than any test.</param>
    public static async Task<ServerBed> StartAsync(
        TimeProvider? clock = null, bool demo = true, bool seeing = true,
        Func<PaymentSettings, PaymentSettings>? payments = null, TimeSpan? accessTokenLife = null)
    {
        var database = await TestDatabase.CreateAsync(
            GeneralLedgerSchema(), AuditSlice.Schema, EventsSlice.Schema, PeopleSlice.Schema, WalletsSlice.Schema,
            PaymentsSlice.Schema, FacesSlice.Schema, StationsSlice.Schema, TransitSlice.Schema, RetailSlice.Schema,
            ReceiptsSlice.Schema, BooksSlice.Schema, PlatesSlice.Schema, FuelSlice.Schema);
        var bed = new ServerBed { Database = database, _seeing = seeing, _payments = payments };
        bed._accessTokenLife = accessTokenLife ?? TimeSpan.FromDays(30);
        await bed.OpenAsync(clock, demo);
        return bed;
    }

    /// <summary>Ends the server and starts it again on the same store.</summary>
    /// <param name="faces">What the recogniser has from now on; null: as before.</param>
    public async Task RestartAsync(TimeProvider? clock = null, bool demo = true, FacesSettings? faces = null)
    {
        _faces = faces ?? _faces;
        await CloseAsync();
        await OpenAsync(clock, demo);
    }

    public T Get<T>() where T : notnull => Services.GetRequiredService<T>();

    public string StationKey(string station) => (string)Credentials["stations"]![station]!;

    public async Task<HttpClient> OperatorAsync() => SignedIn(await TokenAsync(
        (string)Credentials["operator"]!["email"]!, (string)Credentials["operator"]!["password"]!));

    /// <summary>As an admin does.</summary>
    public async Task GiveRolesAsync(Guid person, params string[] roles)
    {
        using var admin = await OperatorAsync();
        using var answer = await admin.PutAsJsonAsync($"/users/{person}/roles", new { roles });
        await ReadAsync(answer, HttpStatusCode.OK);
    }

    public HttpClient SignedIn(string token)
    {
        var http = new HttpClient { BaseAddress = Http.BaseAddress };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return http;
    }

    public async Task<string> TokenAsync(string email, string password)
    {
        using var answer = await Http.PostAsJsonAsync("/auth/token", new { email, password });
        return (string)(await ReadAsync(answer, HttpStatusCode.OK))["access_token"]!;
    }

    /// <summary>A station shows a picture by POST.</summary>
    /// <param name="key">Idempotency-Key; a new one when null, none when empty.</param>
    /// <param name="stationKey">The station's own when null, none when empty.</param>
    public async Task<HttpResponseMessage> ShowAsync(
        string station, byte[] picture, string? key = null, string? stationKey = null, string? boundary = null)
    {
        var route = station.EndsWith("-till", StringComparison.Ordinal) ? "tills" : "gates";
        using var form = boundary is null ? new MultipartFormDataContent() : new MultipartFormDataContent(boundary);
        form.Add(new ByteArrayContent(picture), "image", "frame.jpg");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/{route}/{station}/sightings") { Content = form };
        key ??= Guid.CreateVersion7().ToString();
        if (key.Length > 0) request.Headers.Add("Idempotency-Key", key);
        stationKey ??= StationKey(station);
        if (stationKey.Length > 0) request.Headers.Add("X-Station-Key", stationKey);
        return await Http.SendAsync(request);
    }

    public async Task<JsonObject> SeeAsync(string station, byte[] picture, string? key = null)
    {
        using var answer = await ShowAsync(station, picture, key);
        return await ReadAsync(answer, HttpStatusCode.OK);
    }

    public static async Task<string> CodeAsync(HttpResponseMessage answer, HttpStatusCode expected) =>
        (string)(await ReadAsync(answer, expected))["code"]!;

    public static async Task<JsonObject> ReadAsync(HttpResponseMessage answer, HttpStatusCode expected)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == expected, $"Expected {expected}, got {answer.StatusCode}: {text}");
        return text.Length == 0 ? [] : JsonNode.Parse(text)!.AsObject();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await Database.DisposeAsync();
        _data.Dispose();
    }

    private static SliceSchema GeneralLedgerSchema() => new("Ledger", GeneralLedger.Migrations);

    private async Task OpenAsync(TimeProvider? clock, bool demo)
    {
        var time = clock ?? TimeProvider.System;
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = 10 * 1024 * 1024);
        var services = builder.Services;
        services.AddSingleton(time).AddSingleton(Database.DataSource).AddSingleton(_ => _ledger!);
        services.AddSingleton<Idempotency>().AddSingleton(new Connections(100, time));
        var hour = TimeSpan.FromHours(1);
        services.AddSingleton(new RateLimits(
        [
            new(RateLimits.SignIn, 100_000, hour), new(RateLimits.SignUp, 100_000, hour), .. RateLimits.OfStepUp,
        ], time));
        services.AddPeople(new PeopleSettings(DataFolder, "INR")
        {
            PasswordIterations = 1000, AccessTokenLife = _accessTokenLife,
        });
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = ApiJson.Options.PropertyNamingPolicy;
            foreach (var converter in ApiJson.Options.Converters) json.SerializerOptions.Converters.Add(converter);
        });
        services.AddReceipts(new ReceiptSettings(DataFolder)).AddAudit().AddEvents();
        services.AddWallets(new WalletSettings("INR")).AddBooks();
        var payments = new PaymentSettings("INR");
        services.AddPayments(_payments?.Invoke(payments) ?? payments);
        if (_seeing) services.AddFaces(_faces);
        services.AddPlates(new PlateSettings("INR"));
        services.AddStations(new StationsSettings());
        services.AddTransit(new TransitSettings("INR")).AddRetail(new RetailSettings("INR"))
            .AddFuel(new FuelSettings("INR"));
        services.AddSingleton(new FirstStartSettings(demo, DataFolder, "INR") { Print = Printed });
        services.AddSingleton<FirstStart>();
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Use(TellProblemsAsync);
        _app.UseAuthentication();
        _app.UseAuthorization();
        _app.MapPeople();
        _app.MapReceipts();
        _app.MapAudit();
        _app.MapEvents();
        _app.MapWallets();
        _app.MapBooks();
        _app.MapPayments();
        if (_seeing) _app.MapFaces();
        _app.MapPlates();
        _app.MapStations();
        _app.MapTransit();
        _app.MapRetail();
        _app.MapFuel();
        _ledger = await GeneralLedger.OpenAsync(
            Database.DataSource, [.. _app.Services.GetServices<ICompanionWriter>()],
            new LedgerOptions(Clock: clock), default);
        await _app.Services.GetRequiredService<FirstStart>().RunAsync(default);
        await _app.StartAsync();
        Http = new HttpClient { BaseAddress = new Uri(_app.Urls.Single()) };
        var file = Path.Combine(DataFolder, FirstStart.CredentialsFile);
        if (File.Exists(file)) Credentials = JsonNode.Parse(await File.ReadAllTextAsync(file))!.AsObject();
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
        catch (Exception fault) when (fault is LedgerUnavailableException or NpgsqlException)
        {
            await Problems.Of(503, "unavailable", "Try again.", retryable: true).ExecuteAsync(http);
        }
    }

    private async Task CloseAsync()
    {
        Http.Dispose();
        await _app!.StopAsync();
        await _app.DisposeAsync();
        // The container disposed of the ledger if anybody asked for it.
        await _ledger!.DisposeAsync();
    }
}
