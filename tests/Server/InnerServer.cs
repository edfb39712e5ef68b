using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Audit;
using SightPay.Server.Database;
using SightPay.Server.Events;
using SightPay.Server.Payments;
using SightPay.Server.People;
using SightPay.Server.Receipts;
using SightPay.Server.Wallets;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests;

/// <summary>
/// The slices that need no camera (people, events, audit, wallets, payments) on Kestrel and a real database, with a
/// clock that the test moves. Disposing stops the server and leaves the database, so that a test can start another on
/// it.
/// </summary>
internal sealed class InnerServer : IAsyncDisposable
{
    public const string Password = "correct horse battery";
    public const string Currency = "INR";

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _log;

    private InnerServer(WebApplication app, TestDatabase database, string dataFolder, ManualClock clock,
        ConcurrentQueue<string> log)
    {
        (_app, Database, DataFolder, Clock, _log) = (app, database, dataFolder, clock, log);
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features
            .Get<IServerAddressesFeature>()!.Addresses.First());
        Http = new HttpClient { BaseAddress = Address };
    }

    public TestDatabase Database { get; }
    public string DataFolder { get; }
    public ManualClock Clock { get; }
    public Uri Address { get; }
    public HttpClient Http { get; }
    public string Log => string.Join('\n', _log);

    public T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    public sealed record Options
    {
        public InnerServer? On { get; init; }
        public int SignUpsPerHour { get; init; } = 10_000;
        public int ConnectionsMax { get; init; } = 100;
        public Func<PeopleSettings, PeopleSettings> People { get; init; } = settings => settings;
        public LiveSettings Live { get; init; } = new();
        public Func<PaymentSettings, PaymentSettings> Payments { get; init; } = settings => settings;
        public Action<IServiceCollection> Services { get; init; } = _ => { };
    }

    public static async Task<InnerServer> StartAsync(Options? options = null)
    {
        options ??= new();
        var database = options.On?.Database ?? await TestDatabase.CreateAsync(
            new SliceSchema("ledger", GeneralLedger.Migrations), PeopleSlice.Schema, AuditSlice.Schema,
            EventsSlice.Schema, ReceiptsSlice.Schema, WalletsSlice.Schema, PaymentsSlice.Schema);
        var folder = options.On?.DataFolder ?? NewFolder();
        var clock = options.On?.Clock ?? new ManualClock(TimeProvider.System.GetUtcNow());
        var log = new ConcurrentQueue<string>();

        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0").UseKestrelHttpsConfiguration();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(new QueueLogs(log));
        AddServices(builder.Services, options, database, folder, clock);
        var app = builder.Build();
        app.UseWebSockets();
        app.Use(AnswerProblemsAsync);
        app.UseAuthentication().UseAuthorization();
        app.MapPeople().MapReceipts().MapAudit().MapEvents().MapWallets().MapPayments();
        app.Services.GetRequiredService<OpenLedger>().Ledger = await GeneralLedger.OpenAsync(
            database.DataSource, [.. app.Services.GetServices<ICompanionWriter>()], new(), default);
        await app.StartAsync();
        return new(app, database, folder, clock, log);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await Get<OpenLedger>().Ledger!.DisposeAsync();
        await _app.DisposeAsync();
        // Another server may go on with this database, yet hundreds of tests share the store's connections.
        Database.DataSource.Clear();
    }

    /// <summary>Signs a person up and in.</summary>
    public async Task<TestPerson> PersonAsync(string? email = null)
    {
        email ??= $"p{Ids.Next(TimeProvider.System):N}@example.org";
        var made = await SendAsync(HttpMethod.Post, "/users", new { name = "Asha Sen", email, password = Password });
        Assert.Equal(201, made.Status);
        return await SignInAsync(made.Json.GetProperty("id").GetGuid(), email);
    }

    /// <summary>A person with the given roles.</summary>
    public async Task<TestPerson> PersonWithRolesAsync(params string[] roles)
    {
        var person = await PersonAsync();
        await ExecuteAsync("update person set roles = $2 where id = $1", person.Id, roles);
        return person;
    }

    public async Task<TestPerson> SignInAsync(Guid id, string email)
    {
        var tokens = await SendAsync(HttpMethod.Post, "/auth/token", new { email, password = Password });
        Assert.Equal(200, tokens.Status);
        return new(id, email, tokens.Json.GetProperty("access_token").GetString()!,
            tokens.Json.GetProperty("refresh_token").GetString()!);
    }

    public Task<TestAnswer> GetAsync(string path, TestPerson? by = null) => SendAsync(HttpMethod.Get, path, null, by);

    public async Task<TestAnswer> SendAsync(
        HttpMethod method, string path, object? body = null, TestPerson? by = null, string? key = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = JsonContent.Create(body);
        if (by is not null) request.Headers.Authorization = new("Bearer", by.AccessToken);
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        using var answer = await Http.SendAsync(request);
        return new(
            (int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.RetryAfter?.Delta,
            answer.Headers.CacheControl?.ToString());
    }

    public async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var command = Database.DataSource.CreateCommand(sql);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync();
    }

    public async Task<T> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var command = Database.DataSource.CreateCommand(sql);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private static void AddServices(
        IServiceCollection services, Options options, TestDatabase database, string folder, ManualClock clock)
    {
        services.AddSingleton<TimeProvider>(clock);
        // The container would dispose what it makes itself; the database outlives the server.
        services.AddSingleton<NpgsqlDataSource>(database.DataSource);
        services.AddSingleton(_ => new RateLimits(
        [
            new(RateLimits.SignIn, 10, TimeSpan.FromMinutes(1)),
            new(RateLimits.SignUp, options.SignUpsPerHour, TimeSpan.FromHours(1)),
            .. RateLimits.OfStepUp,
        ], clock));
        services.AddSingleton(_ => new Connections(options.ConnectionsMax, clock));
        services.AddSingleton<Idempotency>();
        services.AddPeople(options.People(new(folder, Currency) { PasswordIterations = 1_000 }));
        services.AddReceipts(new(folder)).AddAudit().AddEvents(options.Live).AddWallets(new(Currency));
        services.AddPayments(options.Payments(new(Currency) { SettleWait = TimeSpan.Zero }));
        services.AddSingleton<OpenLedger>();
        services.AddSingleton(provider => provider.GetRequiredService<OpenLedger>().Ledger!);
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.PropertyNamingPolicy =
            ApiJson.Options.PropertyNamingPolicy);
        options.Services(services);
    }

    /// <summary>A data folder that outlives restarts and goes with the process.</summary>
    private static string NewFolder()
    {
        var folder = Directory.CreateTempSubdirectory("sightpay-test-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }

    private static async Task AnswerProblemsAsync(
        Microsoft.AspNetCore.Http.HttpContext http, Microsoft.AspNetCore.Http.RequestDelegate next)
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

    /// <summary>The ledger opens before the services that use it are made.</summary>
    private sealed class OpenLedger
    {
        public GeneralLedger? Ledger { get; set; }
    }

    private sealed class QueueLogs(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            var parts = state is IEnumerable<KeyValuePair<string, object?>> pairs
                ? string.Join(' ', pairs.Select(pair => $"{pair.Key}={pair.Value}"))
                : "";
            lines.Enqueue($"{logLevel} {formatter(state, exception)} {parts} {exception}");
        }

        public void Dispose()
        {
        }
    }
}

internal sealed record TestPerson(Guid Id, string Email, string AccessToken, string RefreshToken)
{
    public override string ToString() => $"TestPerson {Id}";
}

internal sealed record TestAnswer(int Status, string Text, TimeSpan? RetryAfter, string? CacheControl)
{
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    public string? Code => Json.TryGetProperty("code", out var code) ? code.GetString() : null;
}

/// <summary>One server for the tests of a class that do not restart it or move its clock.</summary>
public sealed class InnerServerFixture : IAsyncLifetime
{
    internal InnerServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await InnerServer.StartAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();
}
