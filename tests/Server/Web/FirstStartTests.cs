using System.Net;
using System.Text.Json.Nodes;
using SightPay.Server.Web;
using Xunit;

namespace SightPay.Server.Tests.Web;

public sealed class FirstStartTests
{
    [Fact]
    public async Task The_demo_is_told_once_kept_for_its_owner_alone_and_not_repeated()
    {
        await using var bed = await ServerBed.StartAsync(seeing: false);
        var path = Path.Combine(bed.DataFolder, FirstStart.CredentialsFile);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        var file = await File.ReadAllTextAsync(path);
        var credentials = JsonNode.Parse(file)!.AsObject();
        Assert.Equal(["operator", "stations"], credentials.Select(member => member.Key));
        var stations = credentials["stations"]!.AsObject();
        Assert.Equal(19, stations.Count);
        Assert.All(["S1-in", "S8-out", "canteen-till", "F1-P1", "F1-P2"], id => Assert.True(stations.ContainsKey(id)));
        Assert.Contains((string)stations["S1-in"]!, bed.Printed.ToString(), StringComparison.Ordinal);
        var printed = bed.Printed.ToString();

        await bed.RestartAsync();
        Assert.Equal(file, await File.ReadAllTextAsync(path));
        Assert.Equal(printed, bed.Printed.ToString());
        using var operators = await bed.OperatorAsync();
        using var listed = await operators.GetAsync("/stations");
        var items = (await ServerBed.ReadAsync(listed, HttpStatusCode.OK))["items"]!.AsArray();
        Assert.Equal(19, items.Count);
        Assert.All(items, item => Assert.Single(item!["keys"]!.AsArray()));
    }

    [Fact]
    public async Task Without_the_demo_there_is_an_operator_and_nothing_else()
    {
        await using var bed = await ServerBed.StartAsync(demo: false, seeing: false);
        Assert.False(File.Exists(Path.Combine(bed.DataFolder, FirstStart.CredentialsFile)));
        var words = bed.Printed.ToString().Split(' ', '\n');
        var password = words[Array.IndexOf(words, "password:") + 1];
        Assert.NotEmpty(await bed.TokenAsync("operator@sightpay.example", password));
        using var stops = await bed.Http.GetAsync("/stops");
        Assert.Equal(HttpStatusCode.NotFound, stops.StatusCode);
    }

    [Fact]
    public async Task A_first_start_that_was_killed_half_way_goes_on_with_what_it_wrote_down()
    {
        await using var bed = await ServerBed.StartAsync(seeing: false);
        var path = Path.Combine(bed.DataFolder, FirstStart.CredentialsFile);
        var file = await File.ReadAllTextAsync(path);
        // As after a kill between the operator and the demo set.
        await using (var undo = bed.Database.DataSource.CreateCommand(
            "truncate station, station_key, station_link, transit_line, transit_stop, transit_gate, transit_fare, "
            + "transit_journey, retail_merchant, retail_till, fuel_site, payment cascade"))
            await undo.ExecuteNonQueryAsync();
        await bed.RestartAsync();
        Assert.Equal(file, await File.ReadAllTextAsync(path));
        using var operators = await bed.OperatorAsync();
        using var stops = await bed.Http.GetAsync("/stops");
        Assert.Equal(HttpStatusCode.OK, stops.StatusCode);
    }
}
