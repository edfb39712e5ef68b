using System.Diagnostics;
using SightPay.Bench.Serving;

namespace SightPay.Bench.Tests;

/// <summary>Other tests start and kill children of this process too.</summary>
[CollectionDefinition(nameof(CpuTimeTests), DisableParallelization = true)]
[Collection(nameof(CpuTimeTests))]
public sealed class CpuTimeTests
{
    [Fact]
    public async Task What_a_child_used_stays_in_the_sum_when_it_has_ended()
    {
        var before = CpuTime.Now();
        using var child = Process.Start("sh", ["-c", "i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done"]);
        var used = TimeSpan.Zero;
        while (!child.HasExited)
        {
            used = CpuTime.Now().Children - before.Children;
            await Task.Delay(10);
        }
        await child.WaitForExitAsync();
        var after = CpuTime.Now().Children - before.Children;
        Assert.True(after > TimeSpan.Zero, "It used none.");
        Assert.True(after >= used, $"{used} while it ran, {after} when it had ended.");
    }
}
