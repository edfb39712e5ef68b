using System.Reflection;

namespace SightPay.Architecture.Tests;

/// <summary>The rings of ARCHITECTURE.md, read from the compiled assemblies.</summary>
public sealed class RingTests
{
    private static readonly string[] _webAndSql =
        ["Microsoft.AspNetCore", "Npgsql", "Dapper", "System.Data", "SightPay.Ledger", "SightPay.Server"];

    private static readonly string[] _webAndVision = ["Microsoft.AspNetCore", "SightPay.Vision", "SightPay.Server"];

    [Fact]
    public void Slices_of_the_server_use_lower_rings_through_their_doors_only() =>
        Empty(Rings.OfTheServer.Violations(CompiledCode.Of(CompiledCode.Beside("sightpay.dll"))));

    [Fact]
    public void Vision_knows_no_web_no_sql_and_no_money() =>
        Empty(Foreign(CompiledCode.Of(CompiledCode.Beside("SightPay.Vision.dll")), _webAndSql));

    [Fact]
    public void Ledger_knows_no_web_and_no_pixels() =>
        Empty(Foreign(CompiledCode.Of(CompiledCode.Beside("SightPay.Ledger.dll")), _webAndVision));

    [Fact]
    public void A_station_knows_its_server_by_its_messages_alone() =>
        Empty(Foreign(
            CompiledCode.Of(CompiledCode.Beside("sightpay-station.dll")), "SightPay.Server", "SightPay.Ledger"));

    [Fact]
    public void Inside_vision_the_runtime_knows_no_faces_and_faces_know_no_plates()
    {
        var types = CompiledCode.Of(CompiledCode.Beside("SightPay.Vision.dll"));
        Empty(Foreign(types.Where(type => Rings.IsUnder(type.Name.Namespace, "SightPay.Vision.Runtime")),
            "SightPay.Vision.Faces", "SightPay.Vision.Plates", "SightPay.Vision.Gallery"));
        Empty(Foreign(types.Where(type => Rings.IsUnder(type.Name.Namespace, "SightPay.Vision.Faces")),
            "SightPay.Vision.Plates", "SightPay.Vision.Gallery"));
        Empty(Foreign(types.Where(type => Rings.IsUnder(type.Name.Namespace, "SightPay.Vision.Plates")),
            "SightPay.Vision.Faces", "SightPay.Vision.Gallery"));
    }

    [Fact]
    public void Outside_the_vision_runtime_nobody_sees_a_pointer() =>
        Empty(Pointers.Violations(
            CompiledCode.Of(CompiledCode.Beside("SightPay.Vision.dll")), "SightPay.Vision.Runtime"));

    [Theory]
    [InlineData("sightpay.dll")]
    [InlineData("SightPay.Vision.dll")]
    [InlineData("SightPay.Ledger.dll")]
    [InlineData("sightpay-station.dll")]
    public void No_banned_call(string assembly) =>
        Empty(BannedCalls.Violations(CompiledCode.Of(CompiledCode.Beside(assembly))));

    [Theory]
    [InlineData("Transit", "Sample.Server.Transit.BuysForTheShop uses Sample.Server.Retail.Shop: Transit and Retail")]
    [InlineData("Transit", "Sample.Server.Transit.LooksAtPixels uses Sample.Vision.Face: Transit may not see pixels")]
    [InlineData("Transit", "Sample.Server.Transit.PeepsIntoPeople uses Sample.Server.People.Inner.Secret: only")]
    [InlineData("People", "Sample.Server.People.AsksTransit uses Sample.Server.Transit.Gate: People (ring 1) may not")]
    [InlineData("People", "Sample.Server.People.AsksInLambda uses Sample.Server.Transit.Gate: People (ring 1) may not")]
    [InlineData("People", "Sample.Server.People.AsksLater uses Sample.Server.Transit.Gate: People (ring 1) may not")]
    [InlineData("People", "Sample.Server.People.OpensTheLedgersDrawer uses Sample.Ledger.Inner.Drawer: only")]
    [InlineData("Audit", "Sample.Server.Audit.LooksPeopleUp uses Sample.Server.People.Human: Audit and People share")]
    [InlineData("Surprise", "Sample.Server.Surprise.Unknown: the slice Surprise is unknown")]
    [InlineData("Database", "Sample.Server.Database.CountsMoney uses Sample.Ledger.Account: Database may not")]
    public void A_broken_ring_is_found(string slice, string complaint)
    {
        var found = SampleRings().Violations(Samples("Sample.Server." + slice)).ToArray();
        Assert.Contains(found, line => line.StartsWith(complaint, StringComparison.Ordinal));
    }

    [Fact]
    public void A_type_outside_the_root_is_found() =>
        Assert.StartsWith("Sample.Stray.Lost lies outside", Assert.Single(
            SampleRings().Violations(Samples("Sample.Stray"))), StringComparison.Ordinal);

    [Fact]
    public void A_good_slice_is_left_in_peace()
    {
        Assert.Empty(SampleRings().Violations(Samples("Sample.Server.Faces")));
        Assert.Empty(SampleRings().Violations(Samples("Sample.Server.Web")));
        Assert.Empty(SampleRings().Violations(Samples("Sample.Server.Receipts")));
    }

    [Fact]
    public void Foreign_namespaces_are_found() =>
        Assert.Contains(
            Foreign(Samples("Sample.Server.People"), "Sample.Ledger"),
            line => line.StartsWith("Sample.Server.People.OpensTheLedgersDrawer", StringComparison.Ordinal));

    internal static IEnumerable<CompiledType> Samples(string space) =>
        CompiledCode.Of(Assembly.GetExecutingAssembly().Location)
            .Where(type => Rings.IsUnder(type.Name.Namespace, space));

    internal static void Empty(IEnumerable<string> violations)
    {
        var lines = violations.ToArray();
        Assert.True(lines.Length == 0, string.Join(Environment.NewLine, lines));
    }

    private static IEnumerable<string> Foreign(IEnumerable<CompiledType> types, params string[] namespaces) =>
        from type in types
        from use in type.Uses
        where namespaces.Any(space => Rings.IsUnder(use.Namespace, space))
        select $"{type.Name} uses {use}, which belongs to another ring.";

    private static Rings SampleRings() => Rings.OfTheServer with
    {
        Root = "Sample.Server", Vision = "Sample.Vision", Ledger = "Sample.Ledger",
    };
}
