using System.Net;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.People;

public sealed class ExportPersonTests
{
    [Fact]
    public async Task A_person_takes_away_what_is_kept_of_them_and_nobody_else_does()
    {
        var clock = new ManualClock();
        await using var bed = await ServerBed.StartAsync(clock);
        using var asha = await TestRider.SignUpAsync(bed, "Asha Roy", 10_000);
        using var ravi = await TestRider.SignUpAsync(bed, "Ravi Das", 10_000);
        await asha.EnrolAsync(TestPhotos.AtHome(0));
        await asha.ChoosePinAsync("83920174");
        await asha.GivePhoneAsync("+91 98300 12345");
        await asha.SeenAtAsync("S1-in");
        clock.Advance(TimeSpan.FromMinutes(12));
        await asha.SeenAtAsync("S2-out");
        var paid = await bed.AskedAsync(asha.Id, 300);
        await asha.Http.WriteAsync($"/transactions/{paid["id"]}/confirm").OkAsync();
        await bed.AskedAsync(ravi.Id, 777);

        using var answer = await asha.Http.GetAsync($"/users/{asha.Id}/export");
        var export = await ServerBed.ReadAsync(answer, HttpStatusCode.OK);
        Assert.Equal("Asha Roy", (string)export["person"]!["name"]!);
        Assert.Equal("+919830012345", (string)export["person"]!["phone"]!);
        Assert.Equal("face", (string)Assert.Single(export["consents"]!.AsArray())!["purpose"]!);
        Assert.Equal(500, (int)Assert.Single(export["journeys"]!.AsArray())!["fare_minor"]!);
        Assert.Contains(export["payments"]!.AsArray(), payment => (int)payment!["amount_minor"]! == 300);
        Assert.DoesNotContain(export["payments"]!.AsArray(), payment => (int)payment!["amount_minor"]! == 777);
        Assert.Equal(10_000, (int)Assert.Single(export["top_ups"]!.AsArray())!["amount_minor"]!);
        Assert.Equal(2, export["sightings"]!.AsArray().Count);
        Assert.Equal("none", (string)Assert.Single(export["faces"]!.AsArray())!["liveness"]!);
        var text = export.ToJsonString();
        foreach (var secret in new[] { "83920174", "password", "hash", "sealed", "wrapped" })
            Assert.DoesNotContain(secret, text);

        using var other = await ravi.Http.GetAsync($"/users/{asha.Id}/export");
        Assert.Equal("forbidden", await ServerBed.CodeAsync(other, HttpStatusCode.Forbidden));
        using var staff = await bed.OperatorAsync();
        using var operators = await staff.GetAsync($"/users/{asha.Id}/export");
        Assert.Equal("forbidden", await ServerBed.CodeAsync(operators, HttpStatusCode.Forbidden));
    }
}
