// Calls that are banned, so that each ban is seen to fail. Nothing here runs.
#pragma warning disable CA1822, xUnit1031
namespace Sample.Calls;

internal sealed class Clocks
{
    public DateTime Now() => DateTime.Now;

    public DateTime UtcNow() => DateTime.UtcNow;

    public DateTime Today() => DateTime.Today;

    public DateTimeOffset OffsetNow() => DateTimeOffset.Now;

    public DateTimeOffset OffsetUtcNow() => DateTimeOffset.UtcNow;
}

internal sealed class Identities
{
    public Guid Random() => Guid.NewGuid();

    public Guid Ordered() => Guid.CreateVersion7();
}

internal sealed class Waits
{
    public void Sleep() => Thread.Sleep(1);

    public void Wait(Task task) => task.Wait();

    public int Result(Task<int> task) => task.Result;

    public int ValueResult(ValueTask<int> task) => task.Result;

    public void GetResult(Task task) => task.GetAwaiter().GetResult();

    public int GetValue(Task<int> task) => task.GetAwaiter().GetResult();

    public async Task AsyncGetResult(Task first, Task second)
    {
        await first;
        second.GetAwaiter().GetResult();
    }

    public void Configured(Task task) => task.ConfigureAwait(false).GetAwaiter().GetResult();

    public Action InLambda(int milliseconds) => () => Thread.Sleep(milliseconds);

    public async void Forget(Task task) => await task;
}

internal sealed class Dice
{
    public int Shared() => Random.Shared.Next();

    public int Unseeded() => new Random().Next();
}

internal sealed class Good
{
    public async Task<int> AwaitAll(Task first, Task<int> second, ValueTask<int> third, IAsyncEnumerable<int> many)
    {
        await first.ConfigureAwait(false);
        await first;
        var sum = await second + await second + await third;
        await foreach (var one in many) sum += one;
        return sum;
    }

    public int Seeded(int seed) => new Random(seed).Next();

    public DateTimeOffset Now(TimeProvider clock) => clock.GetUtcNow();
}
