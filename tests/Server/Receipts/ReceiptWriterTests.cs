using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using SightPay.Ledger;
using Xunit;

namespace SightPay.Server.Tests.Receipts;

public sealed class ReceiptWriterTests : IAsyncLifetime
{
    private ReceiptBed _bed = null!;

    public async Task InitializeAsync() => _bed = await ReceiptBed.CreateAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task Places_have_no_gaps_under_concurrency_and_after_poisoned_batches()
    {
        var taken = ReceiptBed.Row();
        await _bed.SubmitAsync(taken);
        var good = Enumerable.Range(0, 500).Select(_ => _bed.SubmitAsync(ReceiptBed.Row(), ReceiptBed.Row()));
        // An id that is taken fails in the store and takes its whole batch back once.
        var poisoned = Enumerable.Range(0, 5).Select(_ => _bed.SubmitAsync(ReceiptBed.Row(), taken)).ToArray();
        await Task.WhenAll(good);
        foreach (var act in poisoned) await Assert.ThrowsAsync<PostgresException>(() => act);
        await _bed.SubmitAsync(ReceiptBed.Row());
        Assert.Equal(1002, await _bed.ScalarAsync<long>("select count(*) from receipt"));
        Assert.Equal((0, 1001), (await _bed.ScalarAsync<long>("select min(seq) from receipt"),
            await _bed.ScalarAsync<long>("select max(seq) from receipt")));
    }

    [Fact]
    public async Task A_refused_act_leaves_no_receipt()
    {
        var act = ReceiptBed.ActOf(ReceiptBed.Row());
        var short_ = new Act
        {
            Id = act.Id,
            Fingerprint = act.Fingerprint,
            Refuse = act.Refuse,
            Plans =
            [
                new Plan
                {
                    Rows = act.Plans[0].Rows,
                    Transfers = [Transfer.Post(ReceiptBed.NewId(), "nobody", "nowhere", 5, TransferCode.Purchase)],
                    Compose = act.Plans[0].Compose,
                },
            ],
        };
        Assert.Equal(ActEnd.Refused, (await _bed.Ledger.SubmitAsync(short_, default)).End);
        Assert.Equal(0, await _bed.ScalarAsync<long>("select count(*) from receipt"));
    }

    [Fact]
    public async Task The_leaf_is_the_documented_bytes_and_its_hash_is_stored()
    {
        var payer = ReceiptBed.NewId();
        var row = ReceiptBed.Row(payer, 0, "Sealdah to Phoolbagan, ₹0") with { Corrects = ReceiptBed.NewId() };
        await _bed.SubmitAsync(row);
        await using var command = _bed.Source.CreateCommand("select at, salt, payer_salt, leaf from receipt");
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        var (salt, payerSalt) = (reader.GetFieldValue<byte[]>(1), reader.GetFieldValue<byte[]>(2));
        string[] fields =
        [
            "sightpay.receipt.v1", row.Id.ToString(), "purchase",
            reader.GetDateTime(0).ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ"), "0", "INR",
            Hex(SHA256.HashData([.. payerSalt, .. Encoding.UTF8.GetBytes(payer.ToString())])), "canteen",
            row.Subject.ToString(), row.Corrects!.Value.ToString(), "Sealdah to Phoolbagan, ₹0", Hex(salt),
        ];
        var data = new List<byte> { 0 };
        foreach (var field in fields.Select(Encoding.UTF8.GetBytes))
        {
            var length = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, field.Length);
            data.AddRange([.. length, .. field]);
        }
        Assert.Equal(Hex(SHA256.HashData([.. data])), Hex(reader.GetFieldValue<byte[]>(3)));
    }

    [Fact]
    public async Task Equal_receipts_have_unequal_salts()
    {
        await _bed.SubmitAsync([.. Enumerable.Range(0, 50).Select(_ => ReceiptBed.Row(ReceiptBed.NewId()))]);
        Assert.Equal(100, await _bed.ScalarAsync<long>(
            "select count(distinct s) from (select salt s from receipt union all select payer_salt from receipt) x"));
    }

    [Theory]
    [InlineData("update receipt set amount_minor = 1")]
    [InlineData("update receipt set leaf = sha256('')")]
    [InlineData("update receipt set payer = null, payer_salt = null")]
    [InlineData("update receipt set payer = null, payer_salt = null, payer_commitment = sha256('')")]
    [InlineData("delete from receipt")]
    [InlineData("truncate receipt")]
    public async Task What_is_written_stays(string sql)
    {
        await _bed.SubmitAsync(ReceiptBed.Row(ReceiptBed.NewId()));
        var fault = await Assert.ThrowsAsync<PostgresException>(() => _bed.ExecuteAsync(sql));
        Assert.Contains("append-only", fault.MessageText);
    }

    public static TheoryData<string> BrokenRows => ["kind", "payee", "amount", "subject", "text", "long_text", "payer"];

    [Theory]
    [MemberData(nameof(BrokenRows))]
    public async Task A_receipt_that_is_put_together_wrongly_fails_alone(string fault)
    {
        var row = ReceiptBed.Row();
        var other = _bed.SubmitAsync(ReceiptBed.Row());
        await Assert.ThrowsAsync<ArgumentException>(() => _bed.SubmitAsync(fault switch
        {
            "kind" => row with { Kind = "gift" },
            "payee" => row with { Payee = "" },
            "amount" => row with { Amount = new(-1, "INR") },
            "subject" => row with { Subject = Guid.Empty },
            "text" => row with { Text = "two\nlines" },
            "long_text" => row with { Text = new string('x', 201) },
            _ => row with { Payer = Guid.Empty },
        }));
        Assert.Equal(ActEnd.Committed, (await other).End);
        Assert.Equal(1, await _bed.ScalarAsync<long>("select count(*) from receipt"));
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
