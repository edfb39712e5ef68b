using Npgsql;
using SightPay.Ledger.Commit;
using Xunit;

namespace SightPay.Ledger.Tests;

/// <summary>The store dies at the worst moments, a second writer appears, the queue overflows.</summary>
public sealed class FailureTests
{
    [Fact]
    public async Task A_connection_killed_before_the_commit_loses_and_doubles_nothing()
    {
        await using var bed = await ShopAsync();
        var strikes = 0;
        var acts = bed.Payments(20);
        bed.Ledger.Writer.Faults = async point =>
        {
            if (point == FaultPoint.BeforeCommit && strikes++ < 2) await bed.KillWriterAsync();
        };
        var results = await Task.WhenAll(acts.Select(act => bed.Ledger.SubmitAsync(act, default)));

        Assert.All(results, result => Assert.False(result.MustBe(ActEnd.Committed).Replayed));
        Assert.True(strikes >= 2);
        await bed.AssertEachOnceAsync(acts.Length);
    }

    [Fact]
    public async Task A_commit_whose_answer_is_lost_is_read_back_and_not_repeated()
    {
        await using var bed = await ShopAsync();
        var strikes = 0;
        var refused = LedgerBed.ActOf(bed.NewId(), bed.Post("ann", "shop", 1_000_000_000));
        var acts = bed.Payments(20);
        bed.Ledger.Writer.Faults = async point =>
        {
            if (point != FaultPoint.CommitUnheard || strikes++ > 0) return;
            await bed.KillWriterAsync();
            throw new IOException("The answer to the commit was lost.");
        };
        Act[] all = [.. acts, refused, acts[0]];
        var results = await Task.WhenAll(all.Select(act => bed.Ledger.SubmitAsync(act, default)));

        Assert.All(results[..20], result => Assert.False(result.MustBe(ActEnd.Committed).Replayed));
        Assert.False(results[20].MustBe(ActEnd.Refused, RefusalCode.InsufficientFunds).Replayed);
        Assert.True(results[21].MustBe(ActEnd.Committed).Replayed);
        Assert.Equal(results[0].Answer, results[21].Answer);
        await bed.AssertEachOnceAsync(acts.Length);
    }

    [Fact]
    public async Task Kills_under_load_lose_and_double_nothing()
    {
        await using var bed = await ShopAsync(new LedgerOptions(BatchMax: 16));
        var acts = bed.Payments(3000);
        var done = 0;
        await Parallel.ForEachAsync(acts, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (act, ct) =>
        {
            if (Interlocked.Increment(ref done) % 40 == 0) await bed.KillWriterAsync();
            while (!await bed.IsCommittedAsync(act)) await Task.Delay(5, ct);
        });
        await bed.AssertEachOnceAsync(acts.Length);
    }

    [Fact]
    public async Task A_zombie_writer_is_refused_by_its_epoch()
    {
        await using var bed = await ShopAsync();
        bed.Ledger.Writer.StoreAwayMax = TimeSpan.FromMilliseconds(300);
        await using var usurper = await bed.Source.OpenConnectionAsync();
        await bed.ExecuteAsync("update ledger_writer set epoch = epoch + 1");
        // Waits in line for the lock that the zombie still holds, and gets it as soon as the zombie is found out.
        var takesLock = ExecuteAsync(usurper, $"select pg_advisory_lock({Postgres.PostgresSession.LockKey})");
        while (!await bed.ScalarAsync<bool>(
            """
            select exists (select from pg_locks l join pg_database d on d.oid = l.database
                           where d.datname = current_database() and l.locktype = 'advisory' and not l.granted)
            """))
            await Task.Delay(10);
        var before = await bed.MoneyStateAsync();
        var act = LedgerBed.ActOf(bed.NewId(), bed.Post("ann", "shop", 1));

        await Assert.ThrowsAsync<LedgerUnavailableException>(() => bed.Ledger.SubmitAsync(act, default));
        await takesLock;
        Assert.Equal(before, await bed.MoneyStateAsync());
        Assert.Null(await bed.Ledger.FindAsync(act.Id, act.Fingerprint, default));

        await ExecuteAsync(usurper, "select pg_advisory_unlock_all()");
        (await bed.Ledger.SubmitAsync(act, default)).MustBe(ActEnd.Committed);
    }

    [Fact]
    public async Task A_take_over_waits_for_the_commit_in_flight()
    {
        // A seat is locked when it is loaded, so that its act has a transaction from then on.
        await using var bed = await LedgerBed.CreateAsync([new SeatWriter()], SeatWriter.Schema);
        await bed.OpenShopAsync(("ann", 1_000_000));
        var (bumped, early) = (Task.CompletedTask, true);
        bed.Ledger.Writer.Faults = async point =>
        {
            if (point != FaultPoint.BeforeCommit) return;
            bed.Ledger.Writer.Faults = null;
            bumped = bed.ExecuteAsync("update ledger_writer set epoch = epoch + 1");
            await Task.Delay(200);
            early = bumped.IsCompleted;
        };
        var seat = new Plan { Rows = [new SeatRow(1, 0, "ann")], Compose = _ => new Answer(200, "sat") };
        (await bed.Ledger.SubmitAsync(LedgerBed.ActOf(bed.NewId(), "seat", [seat]), default))
            .MustBe(ActEnd.Committed);
        Assert.False(early, "The epoch moved under a commit in flight.");
        await bumped;
        // Fenced once, takes the free lock again under a newer epoch, and goes on.
        (await bed.SubmitAsync(bed.Post("ann", "shop", 1))).MustBe(ActEnd.Committed);
        Assert.Empty(await bed.Ledger.AuditAsync(default));
    }

    [Fact]
    public async Task A_standby_waits_and_takes_over_when_the_first_is_gone()
    {
        await using var bed = await ShopAsync();
        using var impatient = new CancellationTokenSource(400);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bed.OpenSecondAsync(ct: impatient.Token));

        var standby = bed.OpenSecondAsync();
        await Task.Delay(400);
        Assert.False(standby.IsCompleted);
        (await bed.SubmitAsync(bed.Post("ann", "shop", 5))).MustBe(ActEnd.Committed);
        await bed.Ledger.DisposeAsync();

        await using var second = await standby.WaitAsync(TimeSpan.FromSeconds(10));
        (await second.SubmitAsync(LedgerBed.ActOf(bed.NewId(), bed.Post("ann", "shop", 5)), default))
            .MustBe(ActEnd.Committed);
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => bed.SubmitAsync(bed.Post("ann", "shop", 5)));
        Assert.Empty(await second.AuditAsync(default));
    }

    [Fact]
    public async Task A_store_that_is_away_is_told_to_the_waiters_and_found_again()
    {
        await using var bed = await ShopAsync();
        bed.Ledger.Writer.StoreAwayMax = TimeSpan.FromMilliseconds(200);
        // As after a failover to a store that has not caught up: connections succeed, the ledger is not there.
        await bed.ExecuteAsync("alter table ledger_writer rename to elsewhere");
        await bed.KillWriterAsync();
        var act = LedgerBed.ActOf(bed.NewId(), bed.Post("ann", "shop", 7));

        await Assert.ThrowsAsync<LedgerUnavailableException>(() => bed.Ledger.SubmitAsync(act, default));
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => bed.Ledger.SubmitAsync(act, default));

        await bed.ExecuteAsync("alter table elsewhere rename to ledger_writer");
        (await bed.Ledger.SubmitAsync(act, default)).MustBe(ActEnd.Committed);
        Assert.Equal(7, (await bed.AccountAsync("shop")).BalanceMinor);
    }

    [Fact]
    public async Task A_store_without_room_says_so_to_all_and_nothing_sticks()
    {
        await using var bed = await ShopAsync();
        await bed.ExecuteAsync(
            """
            create function full_disk() returns trigger language plpgsql as
                $$ begin raise exception 'no space left' using errcode = 'disk_full'; end $$;
            create trigger full_disk before insert on attempt for each statement execute function full_disk();
            """);
        var acts = bed.Payments(10);
        foreach (var waiting in await Task.WhenAll(acts.Select(async act =>
            await Record.ExceptionAsync(() => bed.Ledger.SubmitAsync(act, default)))))
            Assert.IsType<LedgerUnavailableException>(waiting);
        await bed.ExecuteAsync("drop trigger full_disk on attempt");

        foreach (var act in acts)
            Assert.False((await bed.Ledger.SubmitAsync(act, default)).MustBe(ActEnd.Committed).Replayed);
        await bed.AssertEachOnceAsync(acts.Length);
    }

    [Fact]
    public async Task A_full_queue_says_so_and_a_stopping_ledger_decides_what_was_queued()
    {
        await using var bed = await ShopAsync(new LedgerOptions(QueueCapacity: 3));
        var reached = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        bed.Ledger.Writer.Faults = async _ =>
        {
            reached.TrySetResult();
            await go.Task;
        };
        var inFlight = bed.SubmitAsync(bed.Post("ann", "shop", 1));
        await reached.Task;
        var waiting = bed.Payments(3).Select(act => bed.Ledger.SubmitAsync(act, default)).ToArray();
        var refused = await Assert.ThrowsAsync<LedgerUnavailableException>(
            () => bed.SubmitAsync(bed.Post("ann", "shop", 1)));
        Assert.Contains("full", refused.Message, StringComparison.Ordinal);

        var stopping = bed.Ledger.DisposeAsync().AsTask();
        var stopped = await Assert.ThrowsAsync<LedgerUnavailableException>(
            () => bed.SubmitAsync(bed.Post("ann", "shop", 1)));
        Assert.Contains("stop", stopped.Message, StringComparison.Ordinal);
        go.SetResult();
        await stopping;

        foreach (var result in await Task.WhenAll([inFlight, .. waiting])) result.MustBe(ActEnd.Committed);
        Assert.Equal(4, (await bed.AccountAsync("shop")).BalanceMinor);
    }

    [Fact]
    public async Task Giving_up_the_wait_does_not_take_the_act_back()
    {
        await using var bed = await ShopAsync();
        var act = LedgerBed.ActOf(bed.NewId(), bed.Post("ann", "shop", 9));
        using var hurry = new CancellationTokenSource();
        bed.Ledger.Writer.Faults = async point =>
        {
            if (point == FaultPoint.BeforeCommit) await hurry.CancelAsync();
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bed.Ledger.SubmitAsync(act, hurry.Token));
        bed.Ledger.Writer.Faults = null;
        Assert.True((await bed.Ledger.SubmitAsync(act, default)).MustBe(ActEnd.Committed).Replayed);
        Assert.Equal(9, (await bed.AccountAsync("shop")).BalanceMinor);
    }

    [Fact]
    public async Task A_tampered_account_stops_its_own_acts_alone()
    {
        await using var bed = await ShopAsync();
        var hold = bed.Hold("ann", "shop", 10, minutes: 60);
        var due = bed.Hold("bob", "shop", 10, minutes: 1);
        await bed.SubmitAsync(hold, due);
        await bed.ExecuteAsync("update account set debits_pending = 0 where key in ('ann', 'bob')");
        bed.Clock.Advance(TimeSpan.FromMinutes(2));

        // The hold that is due cannot be freed, so that nothing is decided ahead.
        await using var commit = await HeldCommit.OfAsync(bed, LedgerBed.ActOf(bed.NewId()));
        var captured = bed.Ledger.SubmitAsync(LedgerBed.ActOf(bed.NewId(), bed.Capture(hold.Id, 10)), default);
        var posted = bed.Ledger.SubmitAsync(LedgerBed.ActOf(bed.NewId(), bed.Post("provider", "shop", 1)), default);
        commit.Go();
        await Assert.ThrowsAsync<LedgerInvariantException>(() => captured);
        (await posted).MustBe(ActEnd.Committed);
    }

    private static async Task<LedgerBed> ShopAsync(LedgerOptions? options = null)
    {
        var bed = await LedgerBed.CreateAsync(options: options);
        await bed.OpenShopAsync(("ann", 1_000_000), ("bob", 1_000_000));
        return bed;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
