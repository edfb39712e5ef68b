using System.CommandLine;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using SightPay.Ledger;

namespace SightPay.Bench.Serving;

/// <summary>api: many clients at once on the REST interface, mixed or only asking for payments.</summary>
internal static class ApiVerb
{
    private const int Riders = 2000;

    public static Command Create()
    {
        var clients = new Option<int>("--clients") { Description = "At once.", DefaultValueFactory = _ => 32 };
        var seconds = new Option<int>("--seconds") { Description = "Measured.", DefaultValueFactory = _ => 10 };
        var only = new Option<string?>("--only") { Description = "transactions: POST /transactions alone." };
        only.AcceptOnlyFromAmong("transactions");
        var verb = new Command("api", "REST load: wallet, journeys, stops, payments; or payments alone.")
        {
            clients, seconds, only,
        };
        verb.SetAction((result, ct) => RunAsync(
            result.GetValue(clients), result.GetValue(seconds), result.GetValue(only) is not null,
            result.InvocationConfiguration.Output, ct));
        return verb;
    }

    private static async Task<int> RunAsync(
        int clients, int seconds, bool onlyPayments, TextWriter output, CancellationToken ct)
    {
        if (clients < 1 || seconds < 1)
        {
            await output.WriteLineAsync("--clients and --seconds are 1 or more.");
            return 1;
        }
        await output.WriteLineAsync("Starting a server on a durable PostgreSQL of its own ...");
        await using var server = await BenchServer.StartAsync(ct);
        var riders = await BenchRiders.CreateAsync(server, Riders, 100_000_000, ct);
        var token = await TokenAsync(server, ct);
        var users = Enumerable.Range(0, clients).Select(i => new ApiClient(
            server.Address, token, server.StationKey("canteen-till"), riders[i % riders.Length], onlyPayments))
            .ToList();
        await output.WriteLineAsync($"Warming up, then measuring {seconds} s with {clients} clients ...");
        await Task.WhenAll(users.Select(user => user.RunAsync(TimeSpan.FromSeconds(2), ct)));
        foreach (var user in users) user.Forget();
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(users.Select(user => user.RunAsync(TimeSpan.FromSeconds(seconds), ct)));
        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var latency = new Percentiles(users.SelectMany(user => user.TimesMs));
        await output.WriteLineAsync(onlyPayments
            ? "Every request is a POST /transactions with a hold, a payment row and its events in one commit."
            : "One request in four is a payment; the others read the wallet, the stops and the payments.");
        await output.WriteLineAsync(JsonSerializer.Serialize(new
        {
            requests_per_s = Math.Round(users.Sum(user => user.TimesMs.Count) / elapsed, 1),
            p50_ms = Math.Round(latency.At(50), 2),
            p99_ms = Math.Round(latency.At(99), 2),
            errors = users.Sum(user => user.Errors),
        }));
        foreach (var user in users) user.Dispose();
        return 0;
    }

    private static async Task<string> TokenAsync(BenchServer server, CancellationToken ct)
    {
        var login = server.Credentials.RootElement.GetProperty("operator");
        using var http = new HttpClient { BaseAddress = server.Address };
        using var answer = await http.PostAsJsonAsync("/auth/token", new
        {
            email = login.GetProperty("email").GetString(),
            password = login.GetProperty("password").GetString(),
        }, ct);
        answer.EnsureSuccessStatusCode();
        var tokens = await answer.Content.ReadFromJsonAsync<JsonElement>(ct);
        return tokens.GetProperty("access_token").GetString()!;
    }
}

/// <summary>One client that sends its next request when the one before is answered.</summary>
internal sealed class ApiClient : IDisposable
{
    private static readonly string[] _reads = ["/wallet", "/stops", "/transactions?limit=10"];

    private readonly HttpClient _http;
    private readonly string _stationKey;
    private readonly Guid _rider;
    private readonly bool _onlyPayments;
    private int _turn;

    public ApiClient(Uri server, string token, string stationKey, Guid rider, bool onlyPayments)
    {
        (_stationKey, _rider, _onlyPayments) = (stationKey, rider, onlyPayments);
        _http = new HttpClient { BaseAddress = server };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public List<double> TimesMs { get; } = [];
    public int Errors { get; private set; }

    public void Forget()
    {
        TimesMs.Clear();
        Errors = 0;
    }

    public async Task RunAsync(TimeSpan time, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < time)
        {
            var sent = Stopwatch.GetTimestamp();
            using var request = Next();
            using var answer = await _http.SendAsync(request, ct);
            await answer.Content.CopyToAsync(Stream.Null, ct);
            TimesMs.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            if (!answer.IsSuccessStatusCode) Errors++;
        }
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage Next()
    {
        var turn = _turn++ % (_reads.Length + 1);
        if (!_onlyPayments && turn < _reads.Length) return new HttpRequestMessage(HttpMethod.Get, _reads[turn]);
        var request = new HttpRequestMessage(HttpMethod.Post, "/transactions")
        {
            Content = JsonContent.Create(new
            {
                user_id = _rider,
                merchant_id = "canteen",
                amount = new { amount_minor = 1, currency = BenchServer.Currency },
            }),
        };
        request.Headers.Add("X-Station-Key", _stationKey);
        request.Headers.Add("Idempotency-Key", Ids.Next(TimeProvider.System).ToString());
        return request;
    }
}
