using System.Security.Cryptography;
using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.Receipts.Tree;
using SightPay.Server.Tests.Receipts.Tree;
using Xunit;

namespace SightPay.Server.Tests.Receipts;

public sealed class ReceiptLogTests : IAsyncLifetime
{
    private ReceiptBed _bed = null!;

    public async Task InitializeAsync() => _bed = await ReceiptBed.CreateAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task Each_head_is_signed_covers_all_receipts_and_continues_the_one_before()
    {
        var heads = new List<SignedHead>();
        for (var i = 1; i <= 12; i++)
        {
            await AddAsync(i * 7);
            await _bed.Log.GrowAsync(default);
            heads.Add(_bed.Log.Latest!);
        }
        var tree = new PlainTree(await LeavesAsync());
        Assert.Equal(Enumerable.Range(1, 12).Select(i => 7 * i * (i + 1) / 2L), heads.Select(head => head.Size));
        foreach (var head in heads)
        {
            Assert.True(head.IsBy(_bed.Key));
            Assert.Equal(tree.RootOf(head.Size), head.Head.Root);
            foreach (var later in heads.Where(later => later.Size > head.Size))
            {
                var proof = await _bed.Store.HashesAsync(
                    MerkleTree.ConsistencyParts(head.Size, later.Size), default);
                Assert.True(MerkleTree.IsConsistent(
                    head.Size, head.Head.Root, later.Size, later.Head.Root, proof));
            }
        }
        Assert.Empty(await _bed.Audit.LogDifferencesAsync(default));
    }

    [Fact]
    public async Task Without_new_receipts_nothing_is_signed()
    {
        await _bed.Log.GrowAsync(default);
        Assert.Null(_bed.Log.Latest);
        await AddAsync(3);
        await _bed.Log.GrowAsync(default);
        await _bed.Log.GrowAsync(default);
        Assert.Equal(1, await _bed.ScalarAsync<long>("select count(*) from receipt_head"));
    }

    [Fact]
    public async Task Whoever_asks_for_a_receipt_gets_a_head_that_covers_it_and_a_crowd_gets_one()
    {
        await AddAsync(5);
        var heads = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => _bed.Log.CoveringAsync(i % 5, default)));
        Assert.All(heads, head => Assert.Equal(5, head.Size));
        Assert.Equal(1, await _bed.ScalarAsync<long>("select count(*) from receipt_head"));
        await Assert.ThrowsAsync<ProblemException>(() => _bed.Log.CoveringAsync(5, default));
    }

    [Fact]
    public async Task A_large_log_is_proved_from_stored_subtrees_also_after_a_restart()
    {
        await FillAsync(70_000);
        await _bed.Log.GrowAsync(default);
        await AddAsync(3);
        await _bed.NewLog().GrowAsync(default);
        var (head, tree) = (_bed.Log.Latest!, new PlainTree(await LeavesAsync()));
        Assert.Equal(tree.RootOf(70_003), head.Head.Root);
        Assert.Equal(273, await _bed.ScalarAsync<long>("select count(*) from receipt_subtree where level = 1"));
        Assert.Equal(1, await _bed.ScalarAsync<long>("select count(*) from receipt_subtree where level = 2"));
        foreach (var leaf in new[] { 0, 1, 255, 256, 300, 65_535, 65_536, 69_887, 69_888, 70_002 })
            foreach (var size in new[] { 256L, 257, 65_536, 65_537, 69_888, 70_003 }.Where(size => leaf < size))
            {
                var parts = MerkleTree.InclusionParts(leaf, size);
                var proof = await _bed.Store.HashesAsync(parts, default);
                Assert.Equal(parts.Select(tree.Root), proof);
                Assert.True(MerkleTree.IsIncluded(tree.Leaves[leaf], leaf, size, proof, tree.RootOf(size)));
                Assert.Equal(
                    MerkleTree.ConsistencyParts(leaf, size).Select(tree.Root),
                    await _bed.Store.HashesAsync(MerkleTree.ConsistencyParts(leaf, size), default));
            }
    }

    [Theory]
    [InlineData("update receipt set leaf = sha256('x') where seq = 3")]
    [InlineData("delete from receipt where seq = 3")]
    [InlineData("delete from receipt where seq = 9")]
    [InlineData("update receipt_head set root = sha256('x')")]
    [InlineData("update receipt_head set size = size + 1")]
    [InlineData("update receipt_head set signature = signature || ''::bytea, at = at + interval '1 second'")]
    [InlineData("delete from receipt_head")]
    [InlineData("insert into receipt_head select size + 5, root, at, origin, signature from receipt_head")]
    public async Task A_log_that_was_changed_is_never_signed_again(string tampering)
    {
        await AddAsync(10);
        await _bed.Log.GrowAsync(default);
        var signed = await _bed.ScalarAsync<string>("select max(size) || ' ' || count(*) from receipt_head");
        await _bed.TamperAsync(tampering);
        var tampered = await _bed.ScalarAsync<string>("select max(size) || ' ' || count(*) from receipt_head");
        await AddAsync(10);
        // The boundary is read again before each signature; a change deep inside is found by the audit, which the
        // server runs at its start and then daily.
        var differences = await _bed.Audit.LogDifferencesAsync(default);
        if (differences.Count > 0) _bed.Log.Stop(differences[0]);
        await Assert.ThrowsAsync<BrokenLogException>(() => _bed.Log.GrowAsync(default));
        Assert.NotNull(_bed.Log.Fault);
        Assert.Equal(tampered, await _bed.ScalarAsync<string>("select max(size) || ' ' || count(*) from receipt_head"));
        Assert.NotEmpty(signed);
        var refusal = await Assert.ThrowsAsync<ProblemException>(() => _bed.Log.CoveringAsync(15, default));
        Assert.Equal("receipt_log_stopped", refusal.Code);
    }

    [Fact]
    public async Task A_fork_is_refused_before_it_is_signed_without_waiting_for_the_audit()
    {
        await AddAsync(11);
        await _bed.Log.GrowAsync(default);
        // The last leaf stands at the edge where the log grows.
        await _bed.TamperAsync("update receipt set leaf = sha256('x') where seq = 10");
        await AddAsync(1);
        var fault = await Assert.ThrowsAsync<BrokenLogException>(() => _bed.Log.GrowAsync(default));
        Assert.Contains("not a continuation", fault.Message);
        Assert.Equal(1, await _bed.ScalarAsync<long>("select count(*) from receipt_head"));
        var again = await Assert.ThrowsAsync<BrokenLogException>(() => _bed.NewLog().GrowAsync(default));
        Assert.Contains("not those that were signed for", again.Message);
    }

    [Fact]
    public async Task Another_key_does_not_continue_the_log()
    {
        await AddAsync(2);
        await _bed.Log.GrowAsync(default);
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = LogKey.Read(ecdsa.ExportPkcs8PrivateKeyPem())!;
        var fault = await Assert.ThrowsAsync<BrokenLogException>(() => _bed.NewLog(other).GrowAsync(default));
        Assert.Contains("keys/receipt-log.pem", fault.Message);
    }

    [Fact]
    public async Task The_key_is_made_once_and_only_we_may_read_it()
    {
        using var again = LogKey.Open(_bed.DataFolder);
        Assert.Equal(_bed.Key.Id, again.Id);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Path.Combine(_bed.DataFolder, "keys", "receipt-log.pem")));
        Assert.DoesNotContain("PRIVATE", again.Pem);
        await File.WriteAllTextAsync(Path.Combine(_bed.DataFolder, "keys", "receipt-log.pem"), "nonsense");
        Assert.Throws<InvalidOperationException>(() => LogKey.Open(_bed.DataFolder));
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.Null(LogKey.Read(other.ExportSubjectPublicKeyInfoPem()));
    }

    [Fact]
    public async Task Two_servers_at_once_sign_one_log()
    {
        var (one, other) = (_bed.NewLog(), _bed.NewLog());
        for (var i = 0; i < 10; i++)
        {
            await AddAsync(30);
            await Task.WhenAll(one.GrowAsync(default), other.GrowAsync(default));
        }
        Assert.Null(one.Fault ?? other.Fault);
        Assert.Empty(await _bed.Audit.LogDifferencesAsync(default));
        Assert.Equal(300, await _bed.ScalarAsync<long>("select max(size) from receipt_head"));
    }

    [Theory]
    [InlineData("update receipt_head set root = root")]
    [InlineData("delete from receipt_head")]
    [InlineData("truncate receipt_head")]
    [InlineData("update receipt_subtree set hash = hash")]
    [InlineData("delete from receipt_subtree")]
    public async Task Heads_and_subtrees_stay(string sql)
    {
        var fault = await Assert.ThrowsAsync<PostgresException>(() => _bed.ExecuteAsync(sql));
        Assert.Contains("append-only", fault.MessageText);
    }

    private async Task AddAsync(int count) =>
        await _bed.SubmitAsync([.. Enumerable.Range(0, count).Select(_ => ReceiptBed.Row())]);

    /// <summary>Leaves alone count here, so the rows are made by the store.</summary>
    private Task FillAsync(int count) => _bed.ExecuteAsync(
        """
        insert into receipt (seq, amount_minor, at, id, subject, salt, leaf, kind, payee, currency)
        select i, 1, now(), gen_random_uuid(), gen_random_uuid(), sha256('salt'), sha256(i::text::bytea), 'fare',
            'operator', 'INR'
        from generate_series(0, $1 - 1) i
        """, count);

    private async Task<List<byte[]>> LeavesAsync()
    {
        await using var connection = await _bed.Source.OpenConnectionAsync();
        return await HeadStore.LeavesAsync(connection, 0, int.MaxValue, default);
    }
}
