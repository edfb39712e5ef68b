using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests;

/// <summary>The built program as a stranger starts it, as root or as an ordinary account.</summary>
public sealed class ProgramTests
{
    private static readonly object _asha = new
    {
        name = "Asha Sen", email = "asha@example.org", password = "river-boat-42",
    };

    [SkippableTheory]
    [InlineData(null)]
    [InlineData("nobody")]
    public async Task It_starts_with_nothing_prepared_and_a_killed_one_starts_again(string? account)
    {
        if (account is not null) SkipUnlessAccountCanRun(account);
        var server = new RunningServer { Account = account };
        try
        {
            await server.StartAsync();
            using var http = new HttpClient();
            using var signedUp = await http.PostAsJsonAsync(new Uri($"{server.Address}/users"), _asha);
            Assert.Equal(HttpStatusCode.Created, signedUp.StatusCode);
            var credentials = new FileInfo(Path.Combine(server.DataFolder, "demo-credentials.json"));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, credentials.UnixFileMode);
            Assert.Contains("S1-in", server.Demo.Stations.Keys);

            await server.KillAsync();
            await server.StartAsync();
            using var signedIn = await http.PostAsJsonAsync(new Uri($"{server.Address}/auth/token"), _asha);
            Assert.Equal(HttpStatusCode.OK, signedIn.StatusCode);
            var token = await signedIn.Content.ReadFromJsonAsync<JsonElement>();
            Assert.False(string.IsNullOrEmpty(token.GetProperty("access_token").GetString()));
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    /// <summary>The same top-up is sent until it is answered, as an app does; PostgreSQL is killed meanwhile.</summary>
    [Fact]
    public async Task A_database_gone_in_mid_request_is_told_and_nothing_is_lost_or_doubled()
    {
        var server = new RunningServer();
        try
        {
            await server.StartAsync();
            using var http = new HttpClient { BaseAddress = new Uri(server.Address) };
            using var signedUp = await http.PostAsJsonAsync("/users", _asha);
            using var signedIn = await http.PostAsJsonAsync("/auth/token", _asha);
            var session = await signedIn.Content.ReadFromJsonAsync<JsonElement>();
            http.DefaultRequestHeaders.Authorization = new("Bearer", session.GetProperty("access_token").GetString());
            using (var kill = Process.Start("kill", ["-9", PostgresOf(server)])) await kill.WaitForExitAsync();

            var refusals = await TopUpUntilAnsweredAsync(http);
            Assert.All(refusals, code => Assert.Equal("store_unavailable", code));
            Assert.Empty(await TopUpUntilAnsweredAsync(http));
            Assert.Equal(1000, await BalanceAsync(http, 1000));
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    private static string PostgresOf(RunningServer server) => File.ReadLines(Directory.EnumerateFiles(
        Path.Combine(server.DataFolder, "postgres"), "postmaster.pid", SearchOption.AllDirectories).Single()).First();

    /// <summary>Returns the codes of the problems that came before the answer.</summary>
    private static async Task<List<string?>> TopUpUntilAnsweredAsync(HttpClient http)
    {
        var refusals = new List<string?>();
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < TimeSpan.FromSeconds(60); await Task.Delay(100))
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/wallet/top-ups")
            {
                Content = JsonContent.Create(new { amount_minor = 1000, currency = "INR" }),
                Headers = { { "Idempotency-Key", "one-top-up" } },
            };
            using var answer = await http.SendAsync(request);
            if (answer.StatusCode == HttpStatusCode.Created) return refusals;
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            refusals.Add((await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
        }
        throw new TimeoutException("The server never came back.");
    }

    /// <summary>The provider's word comes a moment after the answer.</summary>
    private static async Task<long> BalanceAsync(HttpClient http, long expected)
    {
        var balance = 0L;
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < TimeSpan.FromSeconds(30); await Task.Delay(100))
        {
            balance = (await http.GetFromJsonAsync<JsonElement>("/wallet")).GetProperty("balance_minor").GetInt64();
            if (balance >= expected) break;
        }
        return balance;
    }

    private static void SkipUnlessAccountCanRun(string account)
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "The tests themselves run as an ordinary account.");
        using var look = Process.Start(new ProcessStartInfo(
            "setpriv", [$"--reuid={account}", "--clear-groups", "--", "test", "-r", RunningServer.Program]));
        look!.WaitForExit();
        Skip.IfNot(look.ExitCode == 0, $"The account {account} cannot read this checkout.");
    }
}
