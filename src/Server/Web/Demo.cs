using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Fuel;
using SightPay.Server.People;
using SightPay.Server.Retail;
using SightPay.Server.Stations;
using SightPay.Server.Transit;

namespace SightPay.Server.Web;

/// <param name="Demo">Whether the demo set is wanted (SIGHTPAY_DEMO).</param>
/// <param name="DataFolder">Where demo-credentials.json goes.</param>
public sealed record FirstStartSettings(bool Demo, string DataFolder, string Currency)
{
    /// <summary>Where what must be told once is printed.</summary>
    public TextWriter Print { get; init; } = Console.Out;
}

/// <summary>
/// The first start of an installation: its first operator and, where wanted, the demo set. Secrets are random, printed
/// once and stored hashed; only the demo keeps them readable, in a file that its owner alone may read. A start that is
/// killed half-way takes the secrets it had written down and goes on; a later start repeats nothing.
/// </summary>
public sealed class FirstStart(
    FirstStartSettings settings, Persons persons, StationDirectory stations, DemoLine line, DemoShop shop,
    DemoForecourt forecourt, NpgsqlDataSource database)
{
    public const string CredentialsFile = "demo-credentials.json";

    private const string OperatorEmail = "operator@sightpay.example";
    private const string OperatorName = "First Operator";
    private const int PasswordBytes = 15;

    private sealed record Credentials(Credentials.Login Operator, IReadOnlyDictionary<string, string> Stations)
    {
        internal sealed record Login(string Email, string Password)
        {
            public override string ToString() => nameof(Login);
        }

        public override string ToString() => "Credentials";
    }

    /// <summary>Returns when all of it is there: before that no gate decision may be taken.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        await OpenOperatorAccountAsync(ct);
        if (!settings.Demo)
        {
            var password = NewPassword();
            if (await persons.OpenOperatorAsync(OperatorEmail, password, OperatorName, ct))
                await PrintAsync(new Credentials(new(OperatorEmail, password), new Dictionary<string, string>()));
            return;
        }
        if (await line.ExistsAsync(ct))
        {
            await OpenForecourtAsync(ct);
            return;
        }
        var openings = Openings();
        var credentials = await ReadFileAsync(openings, ct) ?? await WriteFileAsync(openings, ct);
        var login = credentials.Operator;
        await persons.OpenOperatorAsync(login.Email, login.Password, OperatorName, ct);
        await SeedAsync(openings, credentials, ct);
        await PrintAsync(credentials);
    }

    private async Task OpenOperatorAccountAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await GeneralLedger.OpenAccountsAsync(
            connection, null,
            [new(TransitSettings.OperatorKey, settings.Currency, AccountKind.Payable, AccountFlags.None)], ct);
    }

    private async Task SeedAsync(IReadOnlyList<Station> openings, Credentials credentials, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        foreach (var station in openings)
        {
            var key = StationKey.Of(credentials.Stations[station.Id]);
            await stations.OpenAsync(connection, transaction, new StationOpening(station, key), ct);
        }
        await shop.OpenAsync(connection, transaction, settings.Currency, ct);
        await forecourt.OpenAsync(connection, transaction, settings.Currency, ct);
        // The line is the mark by which the next start sees that all of it is done.
        await line.OpenAsync(connection, transaction, ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>Demo sets of older versions had the pumps' keys and no site for them.</summary>
    private async Task OpenForecourtAsync(CancellationToken ct)
    {
        if (await forecourt.ExistsAsync(ct)) return;
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await forecourt.OpenAsync(connection, transaction, settings.Currency, ct);
        await transaction.CommitAsync(ct);
    }

    private IReadOnlyList<Station> Openings() =>
    [
        .. line.Stations(), .. shop.Stations(), .. forecourt.Stations(),
    ];

    private string FilePath => Path.Combine(settings.DataFolder, CredentialsFile);

    /// <summary>What an unfinished first start had written down; null when there is none, or it lacks a station.
    /// </summary>
    private async Task<Credentials?> ReadFileAsync(IReadOnlyList<Station> openings, CancellationToken ct)
    {
        if (!File.Exists(FilePath)) return null;
        try
        {
            var known = JsonSerializer.Deserialize<Credentials>(await File.ReadAllTextAsync(FilePath, ct), FileJson);
            return known is { Operator: not null, Stations: not null }
                && openings.All(station => known.Stations.ContainsKey(station.Id)) ? known : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task<Credentials> WriteFileAsync(IReadOnlyList<Station> openings, CancellationToken ct)
    {
        var keys = openings.ToDictionary(station => station.Id, _ => StationKey.New().Reveal());
        var credentials = new Credentials(new(OperatorEmail, NewPassword()), keys);
        var draft = $"{FilePath}.{RandomNumberGenerator.GetHexString(8)}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using (var file = new FileStream(draft, options))
        {
            await JsonSerializer.SerializeAsync(file, credentials, FileJson, ct);
            file.Flush(flushToDisk: true);
        }
        File.Move(draft, FilePath, overwrite: true);
        return credentials;
    }

    private async Task PrintAsync(Credentials credentials)
    {
        await settings.Print.WriteLineAsync(
            $"First operator: {credentials.Operator.Email}  password: {credentials.Operator.Password}");
        foreach (var (station, key) in credentials.Stations)
            await settings.Print.WriteLineAsync($"Station key: {station}  {key}");
        await settings.Print.WriteLineAsync(settings.Demo
            ? $"These are shown once here and kept in {FilePath}, as this is a demo."
            : "This is shown once and stored nowhere in clear. Keep it.");
        await settings.Print.FlushAsync();
    }

    private static string NewPassword() => RandomNumberGenerator.GetHexString(PasswordBytes * 2, lowercase: true);

    // The keys of the map are station ids, which no naming policy may touch.
    private static JsonSerializerOptions FileJson { get; } =
        new(ApiJson.Options) { DictionaryKeyPolicy = null, WriteIndented = true };
}
