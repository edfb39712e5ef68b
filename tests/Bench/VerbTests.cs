using System.CommandLine;
using System.Text.Json;
using SightPay.Bench.Chaos;
using SightPay.Bench.Serving;

namespace SightPay.Bench.Tests;

/// <summary>
/// The benchmarks run here with tiny figures, so that they do not rot. What they find wrong fails; how fast they were
/// does not.
/// </summary>
public sealed class VerbTests
{
    [Fact]
    public async Task Chaos_loses_nothing_and_doubles_nothing()
    {
        var figures = await RunAsync(ChaosVerb.Create(), "--kills 2 --postgres-kills 1 --clients 6");
        Assert.Equal(2, Figure(figures, "kills"));
        Assert.True(Figure(figures, "acked") > 0, "Nothing was answered.");
        Assert.Equal(0, Figure(figures, "lost"));
        Assert.Equal(0, Figure(figures, "doubled"));
        Assert.Equal(0, Figure(figures, "invariant_differences"));
    }

    [Theory]
    [InlineData("--clients 4 --seconds 1 --warm-up 0")]
    [InlineData("--clients 4 --seconds 1 --warm-up 0 --only transactions")]
    public async Task Api_answers_every_request(string options)
    {
        var figures = await RunAsync(ApiVerb.Create(), options);
        Assert.True(figures.GetProperty("requests_per_s").GetDouble() > 0, "Nothing was answered.");
        Assert.Equal(0, Figure(figures, "errors"));
        Assert.Equal(0, Figure(figures, "lost"));
        Assert.Equal(0, Figure(figures, "doubled"));
    }

    [Fact]
    public async Task A_gallery_is_built_again_at_the_next_start_and_follows()
    {
        var figures = await RunAsync(GalleryVerb.Create(), "--templates 300");
        Assert.Equal(300, Figure(figures, "templates"));
        Assert.True(figures.GetProperty("ready_ms").GetDouble() > 0);
    }

    private static int Figure(JsonElement figures, string name) => figures.GetProperty(name).GetInt32();

    private static async Task<JsonElement> RunAsync(Command verb, string options)
    {
        var output = new StringWriter();
        var code = await verb.Parse(options).InvokeAsync(new InvocationConfiguration { Output = output });
        Assert.True(code == 0, output.ToString());
        var last = output.ToString().Trim().Split('\n')[^1];
        return JsonDocument.Parse(last).RootElement;
    }
}
