using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.Sockets;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Web;

/// <summary>The program as an operator sees it from outside: exit codes, sentences, logs.</summary>
public sealed class StartAndStopTests
{
    [Theory]
    [InlineData("SIGHTPAY_DEMOO", "1", "SIGHTPAY_DEMOO")]
    [InlineData("SIGHTPAY_LIMIT_BODY_BYTES", "many", "SIGHTPAY_LIMIT_BODY_BYTES")]
    [InlineData("DATABASE_URL", "nonsense", "DATABASE_URL")]
    public async Task Bad_settings_stop_the_start_with_one_sentence(string name, string value, string word)
    {
        var (exitCode, output, errors) = await RunAsync((name, value));
        Assert.Equal(2, exitCode);
        Assert.Contains(word, errors);
        Assert.Single(errors.Trim().Split('\n'));
        Assert.Equal("", output);
    }

    [Fact]
    public async Task A_port_in_use_stops_the_start_with_one_sentence()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var (exitCode, _, errors) = await RunAsync(("SIGHTPAY_URLS", $"http://{listener.LocalEndpoint}"));
        Assert.Equal(2, exitCode);
        Assert.Contains("SIGHTPAY_URLS", errors);
        Assert.Single(errors.Trim().Split('\n'));
    }

    [Fact]
    public async Task Logs_hold_no_address_and_no_query()
    {
        var server = new RunningServer();
        try
        {
            await server.StartAsync();
            using var http = new HttpClient { BaseAddress = new Uri(server.Address) };
            var asha = new { name = "Asha Sen", email = "asha.log@example.org", password = "river-boat-42" };
            using var up = await http.PostAsJsonAsync("/users", asha);
            using var again = await http.PostAsJsonAsync("/users", asha);
            using var wrong = await http.PostAsJsonAsync("/auth/token", asha with { password = "wrong-boat-42" });
            using var query = await http.GetAsync("/users?cursor=asha.log@example.org");
            using var path = await http.GetAsync("/somewhere/asha.log@example.org");
        }
        finally
        {
            await server.DisposeAsync();
        }
        var log = server.Log();
        Assert.Contains("\"route\":\"/auth/token\"", log);
        Assert.DoesNotContain("asha.log", log);
        Assert.DoesNotContain("Asha", log);
        Assert.DoesNotContain("boat", log);
    }

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        params (string Name, string Value)[] variables)
    {
        using var folder = new TemporaryFolder();
        var info = new ProcessStartInfo("dotnet", [RunningServer.Program])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment["SIGHTPAY_DATA"] = folder.Path;
        info.Environment["SIGHTPAY_URLS"] = "http://127.0.0.1:0";
        foreach (var (name, value) in variables)
            info.Environment[name] = value;
        using var process = Process.Start(info)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await process.WaitForExitAsync(patience.Token);
        return (process.ExitCode, await output, await errors);
    }
}
