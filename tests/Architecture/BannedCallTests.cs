namespace SightPay.Architecture.Tests;

/// <summary>Shows that each ban can fail, on types that break it on purpose.</summary>
public sealed class BannedCallTests
{
    [Theory]
    [InlineData("Clocks.Now", "System.DateTime.get_Now", "TimeProvider")]
    [InlineData("Clocks.UtcNow", "System.DateTime.get_UtcNow", "TimeProvider")]
    [InlineData("Clocks.Today", "System.DateTime.get_Today", "TimeProvider")]
    [InlineData("Clocks.OffsetNow", "System.DateTimeOffset.get_Now", "TimeProvider")]
    [InlineData("Clocks.OffsetUtcNow", "System.DateTimeOffset.get_UtcNow", "TimeProvider")]
    [InlineData("Identities.Random", "System.Guid.NewGuid", "Ids.Next")]
    [InlineData("Identities.Ordered", "System.Guid.CreateVersion7", "Ids.Next")]
    [InlineData("Waits.Sleep", "System.Threading.Thread.Sleep", "Task.Delay")]
    [InlineData("Waits.Wait", "System.Threading.Tasks.Task.Wait", "await")]
    [InlineData("Waits.Result", "System.Threading.Tasks.Task`1.get_Result", "await")]
    [InlineData("Waits.ValueResult", "System.Threading.Tasks.ValueTask`1.get_Result", "await")]
    [InlineData("Waits.GetResult", "System.Runtime.CompilerServices.TaskAwaiter.GetResult", "await")]
    [InlineData("Waits.GetValue", "System.Runtime.CompilerServices.TaskAwaiter`1.GetResult", "await")]
    [InlineData("Waits.AsyncGetResult", "System.Runtime.CompilerServices.TaskAwaiter.GetResult", "await")]
    [InlineData("Waits.Configured", "System.Runtime.CompilerServices.ConfiguredTaskAwaiter.GetResult", "await")]
    [InlineData("Waits.InLambda", "System.Threading.Thread.Sleep", "Task.Delay")]
    [InlineData("Waits.Forget", "System.Runtime.CompilerServices.AsyncVoidMethodBuilder.Create", "return a Task")]
    [InlineData("Dice.Shared", "System.Random.get_Shared", "seed")]
    [InlineData("Dice.Unseeded", "System.Random..ctor", "seed")]
    public void A_banned_call_is_found_and_its_cure_named(string where, string call, string cure)
    {
        var (type, method) = (where.Split('.')[0], where.Split('.')[1]);
        var found = BannedCalls.Violations(RingTests.Samples("Sample.Calls")).Where(line =>
            line.StartsWith($"Sample.Calls.{type} (", StringComparison.Ordinal)
            && line.Contains($"calls {call}:", StringComparison.Ordinal)
            && (line.Contains($"({method})", StringComparison.Ordinal)
                || line.Contains($"<{method}>", StringComparison.Ordinal)));
        Assert.Contains(cure, Assert.Single(found), StringComparison.Ordinal);
    }

    [Fact]
    public void Awaiting_and_seeded_dice_are_left_in_peace() =>
        Assert.DoesNotContain(
            BannedCalls.Violations(RingTests.Samples("Sample.Calls")),
            line => line.StartsWith("Sample.Calls.Good", StringComparison.Ordinal));

    [Theory]
    [InlineData("Field")]
    [InlineData("Parameter")]
    [InlineData("Pinned")]
    [InlineData("Import")]
    [InlineData("Library")]
    public void A_pointer_outside_the_runtime_is_found(string type) =>
        Assert.Contains(
            Pointers.Violations(RingTests.Samples("Sample.Pointers"), "Sample.Pointers.Runtime"),
            line => line.StartsWith($"Sample.Pointers.{type} ", StringComparison.Ordinal));

    [Fact]
    public void A_pointer_that_the_runtime_shows_is_found() =>
        Assert.Contains(
            Pointers.Violations(RingTests.Samples("Sample.Pointers"), "Sample.Pointers.Runtime"),
            line => line.StartsWith("Sample.Pointers.Runtime.Shows ", StringComparison.Ordinal));

    [Fact]
    public void Spans_and_stack_memory_are_no_pointers() =>
        Assert.DoesNotContain(
            Pointers.Violations(RingTests.Samples("Sample.Pointers"), "Sample.Pointers.Runtime"),
            line => line.Contains("Spans", StringComparison.Ordinal)
                || line.Contains("Runtime.Hides", StringComparison.Ordinal));
}
