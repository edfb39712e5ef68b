using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Books;

/// <summary>The built program: backed up while it is busy, restored elsewhere, its balances rebuilt.</summary>
public sealed class RestoreStoryTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly RunningServer _server = new();
    private RunningServer? _restored;

    public Task InitializeAsync() => _server.StartAsync();

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        if (_restored is not null) await _restored.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_busy_server_is_backed_up_and_goes_on_elsewhere_with_all_it_had_promised()
    {
        using var asha = await SignUpAsync(_server.Address);
        var (first, answered) = await TopUpAsync(asha, "first-top-up");
        await CreditedAsync(asha, 1_000);
        var receipt = await ReceiptAsync(asha, first);
        using var stop = new CancellationTokenSource();
        var busy = SpendTimeAsync(asha, stop.Token);
        var file = Path.Combine(_folder.Path, "books.backup");
        Assert.Equal((0, true), await RunAsync(_server.DataFolder, "backup", file));
        await stop.CancelAsync();
        await busy;
        await _server.StopAsync();

        _restored = new RunningServer();
        CopyKeys(_server.DataFolder, _restored.DataFolder);
        Assert.Equal((0, true), await RunAsync(_restored.DataFolder, "restore", file));
        Assert.Equal((0, true), await RunAsync(_restored.DataFolder, "rebuild-balances", "--check"));
        Assert.Equal((0, true), await RunAsync(_restored.DataFolder, "rebuild-balances"));
        File.Copy(
            Path.Combine(_server.DataFolder, "demo-credentials.json"),
            Path.Combine(_restored.DataFolder, "demo-credentials.json"));
        await _restored.StartAsync();
        Assert.Equal((2, false), await RunAsync(_restored.DataFolder, "rebuild-balances"));

        using var again = await SignInAsync(_restored.Address);
        var (_, replayed) = await TopUpAsync(again, "first-top-up", HttpStatusCode.Created);
        Assert.Equal(answered, replayed);
        var evidence = Path.Combine(_folder.Path, "receipt.json");
        await File.WriteAllTextAsync(evidence, receipt);
        var key = Path.Combine(_folder.Path, "key.pem");
        await File.WriteAllTextAsync(key, await again.GetStringAsync("/receipt-log/key"));
        Assert.Equal((0, true), await RunAsync(
            _restored.DataFolder, "verify-receipt", evidence, "--key", key, "--server", _restored.Address));
        Assert.Equal(0, await DifferencesAsync());
    }

    private async Task<long> DifferencesAsync()
    {
        using var staff = new HttpClient { BaseAddress = new Uri(_restored!.Address) };
        await SignInAsync(staff, _restored.Demo.Operator.Email, _restored.Demo.Operator.Password);
        staff.DefaultRequestHeaders.Add("Idempotency-Key", "one-run");
        using var asked = await staff.PostAsJsonAsync("/reconciliations", new { });
        var id = (string)(await ServerBed.ReadAsync(asked, HttpStatusCode.Accepted))["id"]!;
        JsonNode run = new JsonObject();
        await Eventually.HoldsAsync(async () =>
        {
            run = JsonNode.Parse(await staff.GetStringAsync($"/reconciliations/{id}"))!;
            return (string)run["state"]! == "done";
        });
        return (long)run["differences_found"]! == 0 ? 0 : throw new InvalidOperationException(run.ToJsonString());
    }

    private static async Task SpendTimeAsync(HttpClient asha, CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++) await TopUpAsync(asha, $"busy-{i}");
    }

    private static async Task<(string Id, string Answer)> TopUpAsync(
        HttpClient http, string key, HttpStatusCode expected = HttpStatusCode.Created)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/wallet/top-ups")
        {
            Content = JsonContent.Create(new { amount_minor = 1_000, currency = "INR" }),
            Headers = { { "Idempotency-Key", key } },
        };
        using var answer = await http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == expected, text);
        return ((string)JsonNode.Parse(text)!["id"]!, text);
    }

    private static Task CreditedAsync(HttpClient http, long balanceMinor) => Eventually.HoldsAsync(async () =>
        (long)JsonNode.Parse(await http.GetStringAsync("/wallet"))!["balance_minor"]! >= balanceMinor);

    private static async Task<string> ReceiptAsync(HttpClient http, string topUp)
    {
        var list = JsonNode.Parse(await http.GetStringAsync($"/receipts?subject={topUp}"))!["items"]!.AsArray();
        return await http.GetStringAsync($"/receipts/{Assert.Single(list)!["id"]}");
    }

    private static async Task<HttpClient> SignUpAsync(string address)
    {
        using var http = new HttpClient { BaseAddress = new Uri(address) };
        using var made = await http.PostAsJsonAsync(
            "/users", new { name = "Asha Sen", email = "asha@example.org", password = TestRider.Password });
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        return await SignInAsync(address);
    }

    private static async Task<HttpClient> SignInAsync(string address)
    {
        var http = new HttpClient { BaseAddress = new Uri(address) };
        await SignInAsync(http, "asha@example.org", TestRider.Password);
        return http;
    }

    private static async Task SignInAsync(HttpClient http, string email, string password)
    {
        using var signedIn = await http.PostAsJsonAsync("/auth/token", new { email, password });
        var session = await ServerBed.ReadAsync(signedIn, HttpStatusCode.OK);
        http.DefaultRequestHeaders.Authorization = new("Bearer", (string)session["access_token"]!);
    }

    private static void CopyKeys(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(from, "keys"), "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    /// <summary>Runs a verb; returns its exit code, and whether it printed nothing on the error output.</summary>
    private static async Task<(int Code, bool IsQuiet)> RunAsync(string dataFolder, params string[] words)
    {
        var command = new ProcessStartInfo("dotnet", [RunningServer.Program, .. words])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        command.Environment.Remove("DATABASE_URL");
        command.Environment["SIGHTPAY_DATA"] = dataFolder;
        using var process = Process.Start(command)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.NotEqual("", await output + await errors);
        Assert.False(await errors is { Length: > 0 } fault && fault.Contains("   at "), await errors);
        return (process.ExitCode, (await errors).Length == 0);
    }
}
