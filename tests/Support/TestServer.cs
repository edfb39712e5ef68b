using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SightPay.Server;
using SightPay.Server.Database;
using SightPay.Server.Web;

namespace SightPay.Tests.Support;

/// <summary>
/// The whole program in this process: a free port, a data folder and a database of its own, the demo set, and settings
/// and a clock that a test may choose.
/// </summary>
public sealed class TestServer : IAsyncDisposable
{
    private readonly TemporaryFolder _data;
    private readonly TestDatabase _database;
    private readonly Store _store;
    private readonly WebApplication _app;
    private string? _operatorToken;

    private TestServer(TemporaryFolder data, TestDatabase database, Store store, WebApplication app)
    {
        (_data, _database, _store, _app) = (data, database, store, app);
        Http = NewClient();
    }

    /// <summary>What the server showed last of itself; null without https.</summary>
    public X509Certificate2? Certificate { get; private set; }

    /// <summary>Nobody signed in.</summary>
    public HttpClient Http { get; }

    public string DataFolder => _data.Path;
    public TestDatabase Database => _database;
    public IServiceProvider Services => _app.Services;

    /// <summary>Read on demand: the file is there once the server is ready.</summary>
    public DemoCredentials Demo => JsonSerializer.Deserialize<DemoCredentials>(
        File.ReadAllText(Path.Combine(_data.Path, FirstStart.CredentialsFile)), JsonSerializerOptions.Web)!;

    /// <param name="with">Changes the settings.</param>
    /// <param name="replace">Changes the services.</param>
    /// <param name="ready">False: returns as soon as it listens.</param>
    public static async Task<TestServer> StartAsync(
        Func<Settings, Settings>? with = null, Action<IServiceCollection>? replace = null, bool ready = true)
    {
        var data = new TemporaryFolder();
        var database = await TestDatabase.CreateAsync();
        var settings = new Settings
        {
            DataFolder = data.Path,
            ModelsFolder = Path.Combine(data.Path, "models"),
            Urls = ListenAddress.ParseAll("http://127.0.0.1:0"),
            DatabaseUrl = database.ConnectionString,
            Demo = true,
        };
        settings = with?.Invoke(settings) ?? settings;
        var store = Store.Prepare(Program.DatabaseOf(settings));
        var app = Program.Build(settings, store, services =>
        {
            services.AddLogging(logging => logging.ClearProviders());
            replace?.Invoke(services);
        });
        var server = new TestServer(data, database, store, app);
        await app.StartAsync();
        server.Http.BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features
            .Get<IServerAddressesFeature>()!.Addresses.First());
        if (ready)
            await server.AwaitReadyAsync();
        return server;
    }

    public async Task AwaitReadyAsync()
    {
        var start = _app.Services.GetRequiredService<StartUp>();
        while (!start.IsDone)
        {
            if (start.Failure is { } failure)
                throw new InvalidOperationException("The server did not start.", failure);
            await Task.Delay(20);
        }
    }

    /// <summary>A client signed in as the demo's operator.</summary>
    public async Task<HttpClient> OperatorAsync()
    {
        _operatorToken ??= await SignInAsync(Demo.Operator);
        var client = NewClient();
        client.BaseAddress = Http.BaseAddress;
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _operatorToken);
        return client;
    }

    private async Task<string> SignInAsync(DemoOperator login)
    {
        using var answer = await Http.PostAsJsonAsync(
            "/auth/token", new { email = login.Email, password = login.Password });
        answer.EnsureSuccessStatusCode();
        var token = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return token.GetProperty("access_token").GetString()!;
    }

    /// <summary>Follows no redirect and takes any certificate, but notes it.</summary>
    private HttpClient NewClient() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        SslOptions =
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                Certificate = new X509Certificate2(certificate!);
                return true;
            },
        },
    });

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _store.DisposeAsync();
        await _database.DisposeAsync();
        _data.Dispose();
    }
}
