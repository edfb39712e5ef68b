using System.Globalization;
using Xunit;
using Xunit.Abstractions;

namespace SightPay.Simulation.Tests;

/// <summary>
/// Whole days of payments under faults, decided by one seed each. SIMULATION_SEED plays one seed again,
/// SIMULATION_SEEDS runs so many from a random start.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int SeedsInTheSuite = 300;

    [Fact]
    public void Nothing_is_lost_or_doubled_and_all_work_comes_to_its_end()
    {
        var (crashes, answered) = (0, 0);
        foreach (var seed in Seeds())
        {
            var world = new World(seed);
            world.Run();
            crashes += world.Crashes;
            answered += world.Answered;
        }
        output.WriteLine($"{answered} answers through {crashes} crashes");
        Assert.True(crashes > 500 && answered > 10_000, $"{answered} answers through {crashes} crashes prove little");
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        for (var seed = 1; seed <= 3; seed++)
            Assert.Equal(new World(seed).Run(), new World(seed).Run());
        Assert.NotEqual(new World(1).Run(), new World(2).Run());
    }

    [Fact]
    public void A_store_that_forgets_a_commit_is_found_out()
    {
        var found = 0;
        for (var seed = 1; seed <= 10; seed++)
            if (Record.Exception(() => new World(seed, storeForgets: true).Run()) is not null) found++;
        Assert.True(found >= 9, $"only {found} of 10 runs noticed");
    }

    private static IEnumerable<int> Seeds()
    {
        if (Number("SIMULATION_SEED") is { } one) return [one];
        if (Number("SIMULATION_SEEDS") is not { } many) return Enumerable.Range(1, SeedsInTheSuite);
        var first = Random.Shared.Next(1, 1_000_000_000);
        return Enumerable.Range(first, many);
    }

    private static int? Number(string variable) => int.TryParse(
        Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number
        : null;
}
