using System.Security.Cryptography;
using Xunit;
using Xunit.Abstractions;

namespace SightPay.Ledger.Tests;

public sealed class ConcurrencyTests(ITestOutputHelper output)
{
    private static readonly string[] Wallets = ["ann", "bob", "eve"];

    /// <summary>
    /// Many submitters, each id sent several times by different ones: one answer per id, and the books always hold.
    /// </summary>
    [Fact]
    public async Task Submitters_in_any_interleaving_agree_on_one_answer_per_id()
    {
        var seed = RandomNumberGenerator.GetInt32(int.MaxValue);
        output.WriteLine($"seed {seed}");
        await using var bed = await LedgerBed.CreateAsync(options: new LedgerOptions(BatchMax: 64));
        await bed.OpenShopAsync([.. Wallets.Select(key => (key, 2000L))]);
        var acts = RandomActs(bed, new Random(seed), 400);
        var sends = acts.Concat(acts).Concat(acts).ToArray();
        new Random(seed + 1).Shuffle(sends);

        using var stop = new CancellationTokenSource();
        var watcher = WatchAsync(bed, stop.Token);
        var results = await Task.WhenAll(sends.Chunk(sends.Length / 16).Select(share => Task.Run(async () =>
        {
            var mine = new List<(Guid Id, ActResult Result)>();
            foreach (var act in share) mine.Add((act.Id, await bed.Ledger.SubmitAsync(act, default)));
            return mine;
        })));
        await stop.CancelAsync();
        Assert.True(await watcher > 3, "The watcher looked too rarely.");

        foreach (var ofId in results.SelectMany(result => result).GroupBy(result => result.Id))
        {
            Assert.Single(ofId, result => !result.Result.Replayed);
            Assert.Single(ofId.Select(result => result.Result with { Replayed = false }).Distinct());
        }
        var ends = results.SelectMany(result => result).Select(result => result.Result.End).ToHashSet();
        Assert.Superset(new HashSet<ActEnd> { ActEnd.Committed, ActEnd.Refused }, ends);
    }

    private static Act[] RandomActs(LedgerBed bed, Random random, int count)
    {
        var holds = new List<Guid>();
        Transfer Next()
        {
            var wallet = Wallets[random.Next(Wallets.Length)];
            var kind = random.Next(holds.Count == 0 ? 2 : 5);
            if (kind == 0) return bed.Post("provider", wallet, random.Next(1, 60), TransferCode.TopUp);
            if (kind == 1) return bed.Post(wallet, "shop", random.Next(1, 90));
            if (kind == 2)
            {
                var hold = bed.Hold(wallet, "shop", random.Next(1, 90));
                holds.Add(hold.Id);
                return hold;
            }
            var target = holds[random.Next(holds.Count)];
            return kind == 3 ? bed.Capture(target, random.Next(0, 60)) : bed.Void(target);
        }
        holds.Add(Guid.CreateVersion7());
        return [.. Enumerable.Range(0, count).Select(_ =>
            LedgerBed.ActOf(bed.NewId(), [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Next())]))];
    }

    private static async Task<int> WatchAsync(LedgerBed bed, CancellationToken ct)
    {
        var looks = 0;
        for (; !ct.IsCancellationRequested; looks++) Assert.Empty(await bed.Ledger.AuditAsync(default));
        Assert.Empty(await bed.Ledger.AuditAsync(default));
        return looks;
    }
}
