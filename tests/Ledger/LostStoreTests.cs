using System.Diagnostics;
using Npgsql;
using SightPay.Ledger.Commit;
using SightPay.Server.Database;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Ledger.Tests;

/// <summary>The network, the database's process and the writer itself fail exactly at the commit.</summary>
public sealed class LostStoreTests
{
    [Theory]
    [InlineData(Cut.BeforeTheStore)]
    [InlineData(Cut.InHalf)]
    [InlineData(Cut.AfterTheStore)]
    public async Task A_connection_reset_at_the_commit_loses_and_doubles_nothing(Cut cut)
    {
        await using var bed = await ShopAsync();
        await bed.Ledger.DisposeAsync();
        await using var wire = new Wire(bed.ConnectionString);
        await using var source = NpgsqlDataSource.Create(wire.ConnectionString);
        await using var ledger = await GeneralLedger.OpenAsync(source, [], new LedgerOptions(), default);
        // The first commit prepares its statements; from then on a commit is one message.
        await ledger.SubmitAsync(bed.Payments(1)[0], default);
        ledger.Writer.Faults = point =>
        {
            if (point == FaultPoint.BeforeCommit && wire.Resets == 0) wire.CutNext(cut);
            return Task.CompletedTask;
        };
        var acts = bed.Payments(20);
        var results = await Task.WhenAll(acts.Select(act => ledger.SubmitAsync(act, default)));

        Assert.All(results, result => Assert.False(result.MustBe(ActEnd.Committed).Replayed));
        Assert.Equal(1, wire.Resets);
        await bed.AssertEachOnceAsync(21);
    }

    [Fact]
    public async Task A_writer_that_wakes_after_its_successor_has_decided_changes_nothing()
    {
        await using var bed = await ShopAsync();
        bed.Ledger.Writer.StoreAwayMax = TimeSpan.FromMilliseconds(300);
        var (asleep, wakes) = (new TaskCompletionSource(), new TaskCompletionSource());
        bed.Ledger.Writer.Faults = async point =>
        {
            if (point != FaultPoint.BeforeCommit) return;
            asleep.TrySetResult();
            await wakes.Task;
        };
        var acts = bed.Payments(1);
        var unheard = acts.Select(act => bed.Ledger.SubmitAsync(act, default)).ToArray();
        await asleep.Task;
        await bed.KillWriterAsync();
        await using (var successor = await bed.OpenSecondAsync().WaitAsync(TimeSpan.FromSeconds(30)))
        {
            foreach (var act in acts)
                Assert.False((await successor.SubmitAsync(act, default)).MustBe(ActEnd.Committed).Replayed);
            wakes.SetResult();
            foreach (var waiting in unheard) await Assert.ThrowsAsync<LedgerUnavailableException>(() => waiting);
        }
        foreach (var act in acts)
            Assert.True((await bed.Ledger.SubmitAsync(act, default)).MustBe(ActEnd.Committed).Replayed);
        await bed.AssertEachOnceAsync(acts.Length);
    }

    [Fact]
    public async Task A_database_that_dies_in_mid_commit_and_recovers_has_lost_and_doubled_nothing()
    {
        using var folder = new TemporaryFolder();
        await using var postgres = PrivatePostgres.Prepare(new DatabaseSettings(null, folder.Path, Durable: false));
        await postgres.StartAsync(default);
        await using var bed = await LedgerBed.CreateOnAsync(
            postgres.ConnectionString, options: new LedgerOptions(BatchMax: 16));
        await bed.OpenShopAsync(("ann", 1_000_000));
        var (commits, deaths) = (0, 0);
        bed.Ledger.Writer.Faults = async point =>
        {
            if (point != FaultPoint.BeforeCommit || ++commits % 20 != 0 || deaths == 3) return;
            deaths++;
            var postmaster = File.ReadLines(Path.Combine(postgres.DataFolder, "postmaster.pid")).First();
            await Process.Start("kill", ["-QUIT", postmaster]).WaitForExitAsync();
            // Once before the commit is sent, then while it is under way.
            if (deaths == 1) await Task.Delay(100);
        };
        var acts = bed.Payments(1500);
        await Parallel.ForEachAsync(acts, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (act, ct) =>
        {
            while (!await bed.IsCommittedAsync(act)) await Task.Delay(50, ct);
        });
        Assert.Equal(3, deaths);
        await bed.AssertEachOnceAsync(acts.Length);
    }

    private static async Task<LedgerBed> ShopAsync()
    {
        var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", 1_000_000));
        return bed;
    }
}
