using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using SightPay.Bench.Serving;

namespace SightPay.Bench.Chaos;

/// <summary>
/// chaos: the server, and now and then its PostgreSQL, is ended by kill -9 at random moments under load, while clients
/// repeat every request under its key until it is answered. Then what they were told is compared with the books.
/// </summary>
internal static class ChaosVerb
{
    private const int FindingsShown = 10;
    private static readonly TimeSpan _recoverWithin = TimeSpan.FromSeconds(120);

    /// <summary>The poller looks after a forgotten top-up one minute after it was begun.</summary>
    private static readonly TimeSpan _settleWithin = TimeSpan.FromMinutes(3);

    private sealed record Plan(int Kills, int PostgresKills, int Clients, int Seed);

    private sealed record Result(int Unanswered, Journal Journal, Recovery Recovery, Reconciliation Books);

    public static Command Create()
    {
        var kills = new Option<int>("--kills") { Description = "Of the server.", DefaultValueFactory = _ => 50 };
        var postgres = new Option<int?>("--postgres-kills")
        {
            Description = "Of its PostgreSQL, besides; one for five of the server's when not given.",
        };
        var clients = new Option<int>("--clients") { Description = "At once.", DefaultValueFactory = _ => 32 };
        var seed = new Option<int?>("--seed") { Description = "Draws the same acts and moments again." };
        var verb = new Command("chaos", "kill -9 under load; clients repeat their requests; the books are compared.")
        {
            kills, postgres, clients, seed,
        };
        verb.SetAction((result, ct) => RunAsync(
            new Plan(
                result.GetValue(kills), result.GetValue(postgres) ?? result.GetValue(kills) / 5,
                result.GetValue(clients), result.GetValue(seed) ?? RandomNumberGenerator.GetInt32(int.MaxValue)),
            result.InvocationConfiguration.Output, ct));
        return verb;
    }

    private static async Task<int> RunAsync(Plan plan, TextWriter output, CancellationToken ct)
    {
        if (plan.Kills < 0 || plan.PostgresKills < 0 || plan.Clients < 1)
        {
            await output.WriteLineAsync("--kills and --postgres-kills are 0 or more, --clients 1 or more.");
            return 1;
        }
        await output.WriteLineAsync($"Seed {plan.Seed}. Starting the server on a durable PostgreSQL of its own ...");
        await using var server = new VictimServer();
        server.Start();
        await server.AwaitReadyAsync(ct);
        var result = await PlayAsync(plan, server, output, ct);
        return await ReportAsync(plan, result, output);
    }

    private static async Task<Result> PlayAsync(
        Plan plan, VictimServer server, TextWriter output, CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = server.Address, Timeout = TimeSpan.FromSeconds(15) };
        var (journal, recovery) = (new Journal(), new Recovery());
        var clients = await ClientsAsync(plan, server, http, journal, recovery, ct);
        await output.WriteLineAsync($"{clients.Count} customers pay, and kills begin ...");

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var running = clients.Select(client => client.RunAsync(stop.Token, giveUp.Token)).ToList();
        await KillAsync(plan, server, recovery, output, ct);
        await stop.CancelAsync();
        giveUp.CancelAfter(_recoverWithin);
        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ct.ThrowIfCancellationRequested();

        await output.WriteLineAsync("Waiting for the last top-ups, then comparing the books ...");
        await SettleAsync(clients, http, ct);
        await server.StopAsync();
        await using var store = await Reconciliation.OpenAsync(server, ct);
        var books = new Reconciliation(store.Database, journal, [.. clients.Select(client => client.Customer)]);
        await books.RunAsync(ct);
        return new Result(clients.Count(client => client.Open is not null), journal, recovery, books);
    }

    private static async Task<List<ChaosClient>> ClientsAsync(
        Plan plan, VictimServer server, HttpClient http, Journal journal, Recovery recovery, CancellationToken ct)
    {
        using var credentials = server.Credentials();
        var tillKey = credentials.RootElement.GetProperty("stations").GetProperty(ChaosAct.Till).GetString()!;
        var clients = new ChaosClient[plan.Clients];
        await Parallel.ForAsync(
            0, plan.Clients, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = ct },
            async (i, token) =>
            {
                var customer = await Customer.SignUpAsync(http, i, token);
                clients[i] = new ChaosClient(http, customer, tillKey, journal, recovery, plan.Seed + 1 + i);
                var funds = new TopUp();
                await clients[i].ActAsync(funds, funds.Plan(customer, new Random(plan.Seed)), token);
            });
        return [.. clients];
    }

    private static async Task KillAsync(
        Plan plan, VictimServer server, Recovery recovery, TextWriter output, CancellationToken ct)
    {
        var random = new Random(plan.Seed);
        var isPostgres = Enumerable.Range(0, plan.Kills + plan.PostgresKills)
            .Select(i => i >= plan.Kills).ToArray();
        random.Shuffle(isPostgres);
        for (var i = 0; i < isPostgres.Length; i++)
        {
            await Task.Delay(random.Next(50, 2500), ct);
            Task heard;
            if (isPostgres[i])
            {
                while (!await server.KillPostgresAsync()) await Task.Delay(20, ct);
                heard = recovery.Killed();
            }
            else
            {
                await server.KillAsync();
                heard = recovery.Killed();
                server.Start();
            }
            // Every fifth kill is followed by the next one while the server is still starting.
            if (i == isPostgres.Length - 1 || random.Next(5) > 0) await heard.WaitAsync(_recoverWithin, ct);
            if ((i + 1) % 10 == 0) await output.WriteLineAsync($"  {i + 1} of {isPostgres.Length} kills");
        }
        await Task.Delay(500, ct);
    }

    /// <summary>The provider's word may come minutes after the request; it does come.</summary>
    private static async Task SettleAsync(IReadOnlyList<ChaosClient> clients, HttpClient http, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(_settleWithin);
        foreach (var customer in clients.Select(client => client.Customer))
        {
            if (!await customer.SignInAsync(http, ct)) continue;
            foreach (var (id, _) in customer.TopUps)
                while (!await IsCreditedAsync(customer, id, http, ct) && !patience.IsCancellationRequested)
                    await Task.Delay(200, ct);
        }
    }

    private static async Task<bool> IsCreditedAsync(Customer customer, Guid id, HttpClient http, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/wallet/top-ups/{id}")
        {
            Headers = { Authorization = new("Bearer", customer.Token) },
        };
        using var answer = await http.SendAsync(request, ct);
        if (!answer.IsSuccessStatusCode) return false;
        using var topUp = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(ct));
        return topUp.RootElement.GetProperty("state").GetString() == "credited";
    }

    private static async Task<int> ReportAsync(Plan plan, Result result, TextWriter output)
    {
        var (journal, books) = (result.Journal, result.Books);
        var acked = journal.Acked.ToList();
        foreach (var (status, count) in acked.CountBy(act => act.Status).OrderBy(each => each.Key))
            await output.WriteLineAsync($"  {count,7} answered {status}");
        foreach (var finding in (string[])[.. books.Lost.Take(FindingsShown).Select(lost => $"lost: {lost}"),
            .. books.Doubled.Take(FindingsShown).Select(doubled => $"doubled: {doubled}"),
            .. books.Differences.Take(FindingsShown).Select(difference => $"difference: {difference}")])
            await output.WriteLineAsync($"  {finding}");
        await output.WriteLineAsync(
            "Every answer was looked for in the store, every payment compared with its answers, every wallet with "
            + "their sum, and the ledger, payments, receipts and events with each other.");
        var times = new Percentiles(result.Recovery.TimesMs);
        await output.WriteLineAsync(JsonSerializer.Serialize(new
        {
            kills = plan.Kills,
            acked = acked.Count,
            lost = books.Lost.Count + result.Unanswered,
            doubled = books.Doubled.Count,
            invariant_differences = books.Differences.Count,
            postgres_kills = plan.PostgresKills,
            seed = plan.Seed,
            retries = journal.Retries,
            faults = journal.Faults,
            recovery_p50_ms = Math.Round(times.At(50)),
            recovery_max_ms = Math.Round(times.At(100)),
        }));
        return books.Lost.Count + result.Unanswered + books.Doubled.Count + books.Differences.Count == 0 ? 0 : 1;
    }
}
