using Xunit;

namespace SightPay.Server.Tests.Web;

/// <summary>What other programs build on is committed and changes only when it is meant to.</summary>
public sealed class ContractTests(PlainServer plain) : IClassFixture<PlainServer>
{
    private const string Refresh = "UPDATE_CONTRACTS=1 dotnet test tests/Server --filter ContractTests";

    [Fact]
    public async Task The_committed_openapi_document_is_the_one_that_is_served()
    {
        var document = await plain.Server.Http.GetStringAsync("/openapi.json");
        var served = document.ReplaceLineEndings("\n").TrimEnd() + "\n";
        var file = Path.Combine(SettingsTests.RepositoryFolder(), "contracts", "openapi.json");
        if (Environment.GetEnvironmentVariable("UPDATE_CONTRACTS") == "1")
            await File.WriteAllTextAsync(file, served);
        var committed = File.Exists(file) ? await File.ReadAllTextAsync(file) : "";
        Assert.True(
            committed == served,
            $"contracts/openapi.json differs from what the server says. If you meant the change, run: {Refresh}");
    }
}
