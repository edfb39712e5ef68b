using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace SightPay.Server.Fuel.Simulator;

/// <summary>
/// <c>sightpay simulate-pump</c>: plays pumps against a running server, all at once: a car before the camera, a nozzle
/// lifted, fuel, the nozzle hung up, and what may go wrong. It speaks what any pump speaks and knows no more than its
/// key.
/// </summary>
internal sealed class SimulatePumpVerb(TextWriter output, TimeProvider clock)
{
    public const int Done = 0;

    /// <summary>A pump gave nothing, or what it said was refused.</summary>
    public const int Refused = 1;

    /// <summary>The options cannot be used.</summary>
    public const int BadOptions = 2;

    internal sealed record Options(
        Uri Server, IReadOnlyList<(string Pump, string Key)> Pumps, PumpScript Script);

    public static Command Make()
    {
        var url = new Option<string>("--url")
        {
            Description = "The running server.", DefaultValueFactory = _ => "http://localhost:8000",
        };
        var pumps = new Option<string[]>("--pump")
        {
            Description = "Id of a pump, for instance F1-P1. Several are played at once; without it, all of the file.",
            AllowMultipleArgumentsPerToken = true,
        };
        var keys = new Option<string[]>("--key")
        {
            Description = "Station key of each pump, in their order.", AllowMultipleArgumentsPerToken = true,
        };
        var file = new Option<FileInfo?>("--credentials")
        {
            Description = "demo-credentials.json of the server's data folder, instead of --key.",
        };
        var photo = new Option<FileInfo?>("--photo") { Description = "What the camera sees: a picture of the car." };
        var nozzle = new Option<int>("--nozzle") { Description = "Which one is lifted.", DefaultValueFactory = _ => 1 };
        var volume = new Option<decimal>("--volume")
        {
            Description = "Litres, gallons or kWh that the driver wants.", DefaultValueFactory = _ => 20m,
        };
        var rate = new Option<decimal>("--rate")
        {
            Description = "How much of it flows in a second.", DefaultValueFactory = _ => 2m,
        };
        var faults = new Option<PumpFault[]>("--fault")
        {
            Description = "What goes wrong: Duplicate, WrongAmount, OutOfOrder, LostLink, ClockSkew.",
            AllowMultipleArgumentsPerToken = true,
        };
        var verb = new Command(
            "simulate-pump",
            "Plays one pump or several at once against a running server. Exit code: 0 all was taken, 1 a pump was "
            + "refused, 2 the options cannot be used.")
        {
            url, pumps, keys, file, photo, nozzle, volume, rate, faults,
        };
        verb.SetAction(async (given, ct) =>
        {
            var play = new SimulatePumpVerb(Console.Out, TimeProvider.System);
            try
            {
                return await play.RunAsync(new Options(
                    ServerOf(given.GetRequiredValue(url)),
                    PumpsOf(given.GetValue(pumps) ?? [], given.GetValue(keys) ?? [], given.GetValue(file)),
                    new PumpScript(
                        given.GetValue(nozzle), Thousandths(given.GetValue(volume), "--volume"),
                        Thousandths(given.GetValue(rate), "--rate"),
                        given.GetValue(photo) is { } picture
                            ? await File.ReadAllBytesAsync(picture.FullName, ct)
                            : null,
                        (given.GetValue(faults) ?? []).ToHashSet())), ct);
            }
            catch (Exception fault) when (fault is FormatException or JsonException or IOException
                or UnauthorizedAccessException)
            {
                await Console.Error.WriteLineAsync(fault.Message);
                return BadOptions;
            }
        });
        return verb;
    }

    /// <summary>Plays all pumps at once.</summary>
    public async Task<int> RunAsync(Options options, CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = new Uri(options.Server, "/") };
        var spoken = TextWriter.Synchronized(output);
        // A pump keeps counting over a restart; this one begins each time at a number that it cannot have used.
        var seq = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var fills = await Task.WhenAll(options.Pumps.Select(each => new PumpDevice(
            each.Pump, new PumpLine(http, each.Pump, each.Key, clock), seq, spoken, clock)
            .FillAsync(options.Script, ct)));
        return fills.All(fill => fill.Heard is { IsGood: true }) ? Done : Refused;
    }

    /// <exception cref="FormatException">No address of a server.</exception>
    internal static Uri ServerOf(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw new FormatException("--url is an address such as http://localhost:8000.");

    /// <exception cref="FormatException">A pump without a key, or none at all.</exception>
    internal static IReadOnlyList<(string Pump, string Key)> PumpsOf(
        IReadOnlyList<string> pumps, IReadOnlyList<string> keys, FileInfo? file)
    {
        if (keys.Count > 0)
            return pumps.Count == keys.Count
                ? [.. pumps.Zip(keys)]
                : throw new FormatException("Give one --key for each --pump, in the same order.");
        if (file is null) throw new FormatException("Give --pump and --key, or --credentials.");
        using var read = JsonDocument.Parse(File.ReadAllText(file.FullName));
        if (!read.RootElement.TryGetProperty("stations", out var stations))
            throw new FormatException($"{file.Name} names no stations.");
        var known = stations.EnumerateObject().ToDictionary(each => each.Name, each => each.Value.GetString() ?? "");
        // A site's pumps are named after it and their number.
        string[] wanted = pumps.Count > 0
            ? [.. pumps]
            : [.. known.Keys.Where(id => id.Contains("-P", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        return
        [
            .. wanted.Select(id => known.TryGetValue(id, out var key)
                ? (id, key)
                : throw new FormatException($"{file.Name} has no key of {id}.")),
        ];
    }

    private static long Thousandths(decimal value, string option) =>
        value > 0 && value * 1000 == decimal.Truncate(value * 1000) && value <= Quantity.ThousandthsMax / 1000
            ? (long)(value * 1000)
            : throw new FormatException(string.Create(
                CultureInfo.InvariantCulture, $"{option} is above zero and has at most three places."));
}
