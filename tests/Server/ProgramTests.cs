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

    private static void SkipUnlessAccountCanRun(string account)
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "The tests themselves run as an ordinary account.");
        using var look = Process.Start(new ProcessStartInfo(
            "setpriv", [$"--reuid={account}", "--clear-groups", "--", "test", "-r", RunningServer.Program]));
        look!.WaitForExit();
        Skip.IfNot(look.ExitCode == 0, $"The account {account} cannot read this checkout.");
    }
}
