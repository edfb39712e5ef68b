using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Npgsql;
using SightPay.Server.Faces;
using SightPay.Server.Stations;

namespace SightPay.Bench.Serving;

/// <summary>gates: connected stations send pictures, and each is a whole decision with its commit.</summary>
internal static class GatesVerb
{
    // Each entry needs a rider who is not inside yet; this many are enough for minutes.
    private const int RidersPerFace = 20_000;
    private const int FacesMax = 16;
    private const int Seed = 20_261_120;

    public static Command Create()
    {
        var stations = new Option<int>("--stations") { Description = "Connected.", DefaultValueFactory = _ => 1 };
        var templates = new Option<int>("--templates") { Description = "Enrolled.", DefaultValueFactory = _ => 10_000 };
        var seconds = new Option<int>("--seconds") { Description = "Measured.", DefaultValueFactory = _ => 15 };
        var riders = new Option<int>("--riders")
        {
            Description = "People who enter, one after the other.", DefaultValueFactory = _ => RidersPerFace,
        };
        var verb = new Command("gates", "Gate decisions end to end over WebSocket, 640x480 photographs.")
        {
            stations, templates, seconds, riders,
        };
        verb.SetAction((result, ct) => RunAsync(
            result.GetValue(stations), result.GetValue(templates), result.GetValue(seconds),
            result.GetValue(riders), result.InvocationConfiguration.Output, ct));
        return verb;
    }

    private static async Task<int> RunAsync(
        int stations, int templates, int seconds, int riders, TextWriter output, CancellationToken ct)
    {
        if (stations < 1 || templates < FacesMax || seconds < 1 || riders < 1)
        {
            await output.WriteLineAsync($"--templates is {FacesMax} or more, the others are 1 or more.");
            return 1;
        }
        await output.WriteLineAsync("Starting a server on a durable PostgreSQL of its own ...");
        await using var server = await BenchServer.StartAsync(ct);
        var faces = BenchFaces.Cut(Math.Min(stations, FacesMax));
        await output.WriteLineAsync(
            $"{faces.Count} faces; filling the gallery to {templates} and {riders} wallets ...");
        Fill(server.Get<FaceRecogniser>(), templates - faces.Count);
        var queue = new RiderQueue(
            server.Get<FaceRecogniser>(), await BenchRiders.CreateAsync(server, riders, 100_000, ct));
        var keys = await OpenGatesAsync(server, stations, ct);

        await output.WriteLineAsync($"Warming up, then measuring {seconds} s with {stations} stations ...");
        var clients = keys.Select((key, i) => new GateClient(
            server.Address, key.Station, key.Key, faces[i % faces.Count], queue)).ToList();
        await Task.WhenAll(clients.Select(client => client.RunAsync(TimeSpan.FromSeconds(2), ct)));
        foreach (var client in clients) client.Forget();
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(clients.Select(client => client.RunAsync(TimeSpan.FromSeconds(seconds), ct)));
        await ReportAsync(output, stations, clients, Stopwatch.GetElapsedTime(started).TotalSeconds);
        return 0;
    }

    private static async Task ReportAsync(
        TextWriter output, int stations, IReadOnlyList<GateClient> clients, double seconds)
    {
        var decisions = clients.SelectMany(client => client.Decisions).ToList();
        var total = new Percentiles(decisions.Select(decision => decision.TotalMs));
        var overhead = new Percentiles(decisions.Select(decision => decision.OverheadMs));
        foreach (var (name, value) in new (string, Func<GateDecision, double>)[]
        {
            ("waiting for a core", one => one.WaitMs), ("decode", one => one.DecodeMs),
            ("detect", one => one.DetectMs),
            ("embed", one => one.EmbedMs), ("search", one => one.SearchMs), ("ledger", one => one.LedgerMs),
        })
            await output.WriteLineAsync(
                $"  {name,-20} p50 {new Percentiles(decisions.Select(value)).At(50),7:0.00} ms");
        var opened = decisions.Count(decision => decision.Opened);
        await output.WriteLineAsync(
            $"{decisions.Count} decisions, {opened} opened a gate and set a fare aside. Overhead is the client's time "
            + "less waiting for a core, decoding, detecting, embedding and the ledger; the search is part of it.");
        await output.WriteLineAsync(JsonSerializer.Serialize(new
        {
            stations,
            decisions_per_s = Math.Round(decisions.Count / seconds, 1),
            p50_ms = Math.Round(total.At(50), 2),
            p99_ms = Math.Round(total.At(99), 2),
            overhead_p95_ms = Math.Round(overhead.At(95), 2),
            errors = clients.Sum(client => client.Errors),
        }));
    }

    /// <summary>Strangers: seeded random unit vectors, as far from every face as chance makes them.</summary>
    private static void Fill(FaceRecogniser recogniser, int count)
    {
        var random = new Random(Seed);
        Span<float> values = stackalloc float[recogniser.Dimensions];
        for (var i = 0; i < count; i++)
        {
            var sum = 0f;
            for (var k = 0; k < values.Length; k++)
            {
                values[k] = (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5);
                sum += values[k] * values[k];
            }
            for (var k = 0; k < values.Length; k++) values[k] /= MathF.Sqrt(sum);
            recogniser.Put(
                SightPay.Ledger.Ids.Next(TimeProvider.System), values, false);
        }
    }

    /// <summary>As many entry gates as wanted, spread over the demo's stops.</summary>
    private static async Task<List<(string Station, string Key)>> OpenGatesAsync(
        BenchServer server, int count, CancellationToken ct)
    {
        var gates = new List<(string, string)>();
        var directory = server.Get<StationDirectory>();
        await using var connection = await server.Database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        for (var i = 0; i < count; i++)
        {
            var (id, stop, key) = ($"bench-{i}-in", $"S{i % 8 + 1}", StationKey.New());
            await using (var gate = new NpgsqlCommand(
                "insert into transit_gate (id, stop, direction) values ($1, $2, 'in')", connection, transaction)
            {
                Parameters = { new() { Value = id }, new() { Value = stop } },
            })
                await gate.ExecuteNonQueryAsync(ct);
            await directory.OpenAsync(
                connection, transaction, new StationOpening(new Station(id, StationKind.Gate, stop, id), key), ct);
            gates.Add((id, key.Reveal()));
        }
        await transaction.CommitAsync(ct);
        return gates;
    }
}

/// <summary>
/// Gives a face to the next person before each picture, so that every decision is a first entry with its commit and
/// not a repeated answer.
/// </summary>
internal sealed class RiderQueue(FaceRecogniser recogniser, Guid[] riders)
{
    private int _next = -1;

    public Guid Next(BenchFace face, Guid? before)
    {
        if (before is { } last) recogniser.Remove(last);
        var rider = riders[Interlocked.Increment(ref _next) % riders.Length];
        recogniser.Put(rider, face.Template.Values, livenessProved: true);
        return rider;
    }
}

internal sealed class Percentiles(IEnumerable<double> values)
{
    private readonly double[] _sorted = [.. values.Order()];

    /// <summary>Nearest rank; NaN never: 0 when there are no values.</summary>
    public double At(double percent) => _sorted.Length == 0
        ? 0
        : _sorted[Math.Clamp((int)Math.Ceiling(percent / 100 * _sorted.Length) - 1, 0, _sorted.Length - 1)];
}
