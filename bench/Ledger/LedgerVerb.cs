using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace SightPay.Bench.Ledger;

/// <summary>
/// ledger: charges to one hot merchant beside pgbench's TPC-B on the same PostgreSQL. Absolute figures say more about
/// the disk than about the ledger, so rounds are interleaved and the ratio within a round is what counts.
/// </summary>
internal static class LedgerVerb
{
    private static readonly int[] Callers = [16, 64, 256, 1024];

    private sealed record Round(double TpcB, Dictionary<int, ChargeFigures> Ledger);

    public static Command Create()
    {
        var rows = new Option<string>("--rows")
        {
            Description = "full: a payment at a till, with all rows that the server writes; minimal: transfers alone.",
            DefaultValueFactory = _ => "full",
        };
        rows.AcceptOnlyFromAmong("full", "minimal");
        var rounds = new Option<int>("--rounds") { Description = "Interleaved rounds.", DefaultValueFactory = _ => 3 };
        var seconds = new Option<int>("--seconds")
        {
            Description = "Length of each measurement.", DefaultValueFactory = _ => 10,
        };
        var verb = new Command("ledger", "Group commit beside pgbench TPC-B (scale 50, 16 clients, prepared).")
        {
            rows, rounds, seconds,
        };
        verb.SetAction((result, ct) => RunAsync(
            result.GetValue(rows) == "full", result.GetValue(rounds), result.GetValue(seconds),
            result.InvocationConfiguration, ct));
        return verb;
    }

    private static async Task<int> RunAsync(
        bool full, int rounds, int seconds, InvocationConfiguration configuration, CancellationToken ct)
    {
        var output = configuration.Output;
        if (rounds < 1 || seconds < 1 || PgBench.Find() is not { } program)
        {
            await configuration.Error.WriteLineAsync(rounds < 1 || seconds < 1
                ? "--rounds and --seconds are 1 or more."
                : "pgbench was not found: install Debian's package postgresql, or put pgbench on the PATH.");
            return 1;
        }
        await using var postgres = await BenchPostgres.StartAsync(Path.GetDirectoryName(program)!, ct);
        await output.WriteLineAsync("A PostgreSQL with fsync and synchronous_commit on; filling TPC-B, scale 50 ...");
        var tpcB = new PgBench(program, await postgres.CreateDatabaseAsync("tpcb", ct));
        await tpcB.FillAsync(scale: 50, ct);
        await output.WriteLineAsync($"Funding {ChargeBench.Payers} payers ...");
        await using var charges = await ChargeBench.OpenAsync(
            await postgres.CreateDatabaseAsync("ledger", ct), full, ct);
        await postgres.WearInAsync(ct);

        var done = new List<Round>();
        for (var i = 1; i <= rounds; i++)
        {
            done.Add(await MeasureAsync(tpcB, charges, seconds, ct));
            await output.WriteLineAsync($"round {i}: {Describe(done[^1])}");
        }
        var differences = await charges.DifferencesAsync(ct);
        foreach (var difference in differences) await output.WriteLineAsync(difference);
        await ExplainAsync(output, done, full);
        await output.WriteLineAsync(JsonSerializer.Serialize(new
        {
            rows = full ? "full" : "minimal",
            ratio_256 = Median(done, 256),
            ratio_1024 = Median(done, 1024),
            ratio_64 = Median(done, 64),
            ratio_16 = Median(done, 16),
            p99_ms_64 = Math.Round(Middle(done.Select(round => round.Ledger[64].P99Ms)), 2),
            invariant_differences = differences.Count,
            charges = charges.Acknowledged,
        }));
        return 0;
    }

    private static async Task<Round> MeasureAsync(
        PgBench tpcB, ChargeBench charges, int seconds, CancellationToken ct)
    {
        var rate = await tpcB.TransactionsPerSecondAsync(clients: 16, seconds, ct);
        var ledger = new Dictionary<int, ChargeFigures>();
        foreach (var callers in Callers)
            ledger.Add(callers, await charges.MeasureAsync(callers, TimeSpan.FromSeconds(seconds), ct));
        return new Round(rate, ledger);
    }

    private static string Describe(Round round) => string.Create(CultureInfo.InvariantCulture,
        $"TPC-B {round.TpcB:F0}/s; ledger ") + string.Join(", ", round.Ledger.Select(at => string.Create(
        CultureInfo.InvariantCulture,
        $"{at.Key} callers {at.Value.PerSecond:F0}/s p50 {at.Value.P50Ms:F1} ms p99 {at.Value.P99Ms:F1} ms")));

    private static async Task ExplainAsync(TextWriter output, List<Round> done, bool full)
    {
        await output.WriteLineAsync(
            $"Ratio = charges a second over TPC-B transactions a second of the same round (median of {done.Count}). "
            + (full ? "Each charge also writes its payment, the day's count, a receipt and an event. " : "")
            + "Callers wait for their commit before they send the next charge.");
        foreach (var callers in Callers)
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"  {callers,5} callers: ratio {Median(done, callers)}"));
    }

    private static double Median(List<Round> done, int callers) =>
        Math.Round(Middle(done.Select(round => round.Ledger[callers].PerSecond / round.TpcB)), 2);

    private static double Middle(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
