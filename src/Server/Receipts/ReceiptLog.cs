using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.Receipts.Tree;

namespace SightPay.Server.Receipts;

/// <summary>
/// Signs heads of the log: each covers all receipts that are committed, and is proved consistent with the one before
/// from what is stored, before it is signed. What cannot be proved stops the log for good, with a sentence that says
/// why: a head once signed can never be taken back.
/// </summary>
internal sealed partial class ReceiptLog(
    NpgsqlDataSource database, LogKey key, TimeProvider clock, ILogger<ReceiptLog> log)
{
    /// <summary>Most leaves under one new head; a longer backlog gets several.</summary>
    private const int LeavesMax = 65_536;

    /// <summary>Any number will do as long as nobody else uses it: "receipts" in ASCII.</summary>
    private const long LockKey = 0x7265636569707473;

    private readonly SemaphoreSlim _one = new(1, 1);
    private Frontier _frontier = new();
    private volatile SignedHead? _latest;
    private volatile string? _fault;

    public LogKey Key => key;

    /// <summary>Null until the first receipt is signed for.</summary>
    public SignedHead? Latest => _latest;

    /// <summary>Why nothing is signed any more; null when all is well.</summary>
    public string? Fault => _fault;

    /// <summary>A head that covers the receipt at this place, made now if there is none yet.</summary>
    /// <exception cref="ProblemException">503 receipt_log_stopped.</exception>
    public async Task<SignedHead> CoveringAsync(long place, CancellationToken ct)
    {
        if (_latest is { } latest && latest.Size > place) return latest;
        try
        {
            await GrowAsync(until: place + 1, ct);
        }
        catch (BrokenLogException)
        {
            throw Stopped();
        }
        return _latest is { } grown && grown.Size > place ? grown : throw Stopped();
    }

    /// <summary>Signs for the receipts that came since the last head, if any came.</summary>
    /// <exception cref="BrokenLogException">The log has stopped.</exception>
    public Task GrowAsync(CancellationToken ct) => GrowAsync(until: long.MaxValue, ct);

    /// <summary>Nothing is signed from now on.</summary>
    public void Stop(string fault)
    {
        if (Interlocked.CompareExchange(ref _fault, fault, null) is null) LogStopped(fault);
    }

    private async Task GrowAsync(long until, CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        try
        {
            var more = !(_latest?.Size >= until);
            while (more)
            {
                if (_fault is { } fault) throw new BrokenLogException(fault);
                more = await GrowOnceAsync(ct);
            }
        }
        catch (BrokenLogException broken)
        {
            Stop(broken.Message);
            throw;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <returns>True when there may be more to sign for.</returns>
    private async Task<bool> GrowOnceAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var alone = new NpgsqlCommand("select pg_advisory_xact_lock($1)", connection))
        {
            alone.Parameters.Add(new() { Value = LockKey });
            await alone.ExecuteNonQueryAsync(ct);
        }
        await FollowStoredAsync(connection, ct);
        var leaves = await HeadStore.LeavesAsync(connection, _frontier.Size, LeavesMax, ct);
        if (leaves.Count == 0) return false;

        var (grown, subtrees) = (_frontier.Copy(), new List<StoredSubtree>());
        foreach (var leaf in leaves)
            grown.Append(leaf, (height, hash) =>
            {
                if (TreeStore.IsStored(height)) subtrees.Add(TreeStore.Stored(height, grown.Size + 1, hash));
            });
        await HeadStore.AddSubtreesAsync(connection, subtrees, ct);
        var head = new TreeHead(key.Origin, grown.Size, grown.Root(), Now());
        await DemandConsistentAsync(connection, _latest, head, ct);
        var signed = new SignedHead(head, key.Sign(head.SignedBytes()));
        await HeadStore.AddAsync(connection, signed, ct);
        await transaction.CommitAsync(ct);
        (_frontier, _latest) = (grown, signed);
        return leaves.Count == LeavesMax;
    }

    /// <summary>
    /// Takes up the last stored head: our own, or after a start, a lost answer or a change of servers, a later one.
    /// </summary>
    private async Task FollowStoredAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var stored = await HeadStore.LatestAsync(connection, ct);
        if (stored is null && _latest is null) return;
        if (stored is null || stored.Size < _latest?.Size)
            throw new BrokenLogException($"The signed head of {_latest!.Size} receipts was taken away.");
        if (stored.Head.Origin != key.Origin)
            throw new BrokenLogException(
                "The log was signed with another key. Put keys/receipt-log.pem back into the data folder, from a "
                + "backup.");
        if (!stored.IsBy(key))
            throw new BrokenLogException($"The signature of the head of {stored.Size} receipts is not ours.");
        if (_latest is null || stored.Size > _latest.Size)
        {
            await DemandConsistentAsync(connection, _latest, stored.Head, ct);
            _frontier = await TreeStore.FrontierAsync(connection, stored.Size, ct);
        }
        if (!_frontier.Root().AsSpan().SequenceEqual(stored.Head.Root))
            throw new BrokenLogException($"The first {stored.Size} receipts are not those that were signed for.");
        _latest = stored;
    }

    private static async Task DemandConsistentAsync(
        NpgsqlConnection connection, SignedHead? before, TreeHead after, CancellationToken ct)
    {
        if (before is null) return;
        var proof = await TreeStore.HashesAsync(
            connection, MerkleTree.ConsistencyParts(before.Size, after.Size), ct);
        if (!MerkleTree.IsConsistent(before.Size, before.Head.Root, after.Size, after.Root, proof))
            throw new BrokenLogException(
                $"The log of {after.Size} receipts is not a continuation of the {before.Size} that were signed for.");
    }

    /// <summary>In microseconds, as it is stored and signed; heads are never older than those before them.</summary>
    private DateTimeOffset Now()
    {
        var now = clock.GetUtcNow();
        now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
        return _latest is { } latest && latest.Head.At > now ? latest.Head.At : now;
    }

    private static ProblemException Stopped() => new(
        503, "receipt_log_stopped", "The receipt log has stopped and signs nothing; operators see why.",
        retryable: true);

    [LoggerMessage(1301, LogLevel.Critical, "The receipt log signs nothing any more. {Fault}")]
    private partial void LogStopped(string fault);
}
