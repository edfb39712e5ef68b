using System.CommandLine;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace SightPay.Bench.Serving;

/// <summary>api: many clients at once on the REST interface, mixed or only asking for payments.</summary>
internal static class ApiVerb
{
    private const int Riders = 2000;

    public static Command Create()
    {
        var clients = new Option<int>("--clients") { Description = "At once.", DefaultValueFactory = _ => 32 };
        var seconds = new Option<int>("--seconds") { Description = "Measured.", DefaultValueFactory = _ => 10 };
        var warmUp = new Option<int>("--warm-up")
        {
            // The compiler of the runtime is busy for that long.
            Description = "Seconds before that.", DefaultValueFactory = _ => 8,
        };
        var only = new Option<string?>("--only") { Description = "transactions: POST /transactions alone." };
        only.AcceptOnlyFromAmong("transactions");
        var verb = new Command("api", "REST load: wallet, journeys, stops, payments; or payments alone.")
        {
            clients, seconds, warmUp, only,
        };
        verb.SetAction((result, ct) => RunAsync(
            result.GetValue(clients), result.GetValue(seconds), result.GetValue(warmUp),
            result.GetValue(only) is not null, result.InvocationConfiguration.Output, ct));
        return verb;
    }

    private static async Task<int> RunAsync(
        int clients, int seconds, int warmUp, bool onlyPayments, TextWriter output, CancellationToken ct)
    {
        if (clients < 1 || seconds < 1 || warmUp < 0)
        {
            await output.WriteLineAsync("--clients and --seconds are 1 or more, --warm-up 0 or more.");
            return 1;
        }
        await output.WriteLineAsync("Starting a server on a durable PostgreSQL of its own ...");
        await using var server = await BenchServer.StartAsync(ct);
        var riders = await BenchRiders.CreateAsync(server, Riders, 100_000_000, ct);
        var token = await TokenAsync(server, ct);
        var users = Enumerable.Range(0, clients).Select(i => new ApiClient(
            server.Address, token, server.StationKey("canteen-till"), riders, i * Riders / clients, onlyPayments))
            .ToList();
        foreach (var user in users) await user.ConnectAsync(ct);
        await output.WriteLineAsync($"Warming up, then measuring {seconds} s with {clients} clients ...");
        await Task.WhenAll(users.Select(user => user.RunAsync(TimeSpan.FromSeconds(warmUp), ct)));
        foreach (var user in users) user.Forget();
        var (started, cpu) = (Stopwatch.GetTimestamp(), CpuTime.Now());
        await Task.WhenAll(users.Select(user => user.RunAsync(TimeSpan.FromSeconds(seconds), ct)));
        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var requests = users.Sum(user => user.TimesMs.Count);
        await ReportCpuAsync(output, cpu, requests);
        var latency = new Percentiles(users.SelectMany(user => user.TimesMs));
        await output.WriteLineAsync(onlyPayments
            ? "Every request is a POST /transactions with a hold, a payment row and its events in one commit."
            : "One request in four is a payment; the others read the wallet, the stops and the payments.");
        var (lost, doubled) = await CompareAsync(server, [.. users.SelectMany(user => user.Paid)], ct);
        await output.WriteLineAsync(JsonSerializer.Serialize(new
        {
            requests_per_s = Math.Round(requests / elapsed, 1),
            p50_ms = Math.Round(latency.At(50), 2),
            p99_ms = Math.Round(latency.At(99), 2),
            errors = users.Sum(user => user.Errors),
            lost,
            doubled,
        }));
        foreach (var user in users) user.Dispose();
        return lost + doubled == 0 ? 0 : 1;
    }

    /// <summary>What a request costs does not hang on what else the machine does.</summary>
    private static async Task ReportCpuAsync(TextWriter output, CpuTime before, int requests)
    {
        var spent = CpuTime.Now();
        var own = (spent.Own - before.Own).TotalMicroseconds / requests;
        var postgres = (spent.Children - before.Children).TotalMicroseconds / requests;
        await output.WriteLineAsync(
            $"{requests} requests; of the cores each took {own:0} us here (server and clients) and {postgres:0} us in "
            + $"PostgreSQL; {(spent.Allocated - before.Allocated) / requests} bytes were allocated.");
    }

    /// <summary>Every payment that was answered is in the books, each once, and the sums agree.</summary>
    private static async Task<(long Lost, long Doubled)> CompareAsync(
        BenchServer server, Guid[] paid, CancellationToken ct)
    {
        await using var command = server.Database.CreateCommand(
            """
            select (select count(*) from attempt where id = any($1) and status = 201),
                (select count(*) from payment where kind = 'retail'),
                (select credits_pending + credits_posted from account where key = 'merchant:canteen')
            """);
        command.CommandTimeout = 0;
        command.Parameters.Add(new() { Value = paid });
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        var (recorded, payments, heldMinor) = (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
        // Each payment is of one minor unit, so that money and payments are counted alike.
        var lost = paid.Length - Math.Min(recorded, Math.Min(payments, heldMinor));
        return (lost, Math.Max(payments, heldMinor) - paid.Length);
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
