using System.Diagnostics;
using System.Text.Json.Nodes;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Receipts;
using SightPay.Server.Receipts.Tree;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Receipts;

/// <summary>A receipt is checked by the built program, which knows no database.</summary>
public sealed class VerifyReceiptTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private InnerServer _server = null!;
    private string _receipt = null!;
    private string _key = null!;
    private string _oldHead = null!;

    public async Task InitializeAsync()
    {
        _server = await InnerServer.StartAsync();
        var person = await _server.PersonAsync();
        var row = ReceiptBed.Row(person.Id);
        await AddAsync(ReceiptBed.Row(), ReceiptBed.Row(), ReceiptBed.Row());
        _oldHead = Save("head.json", (await _server.GetAsync("/receipt-log/head")).Text);
        await AddAsync(row, ReceiptBed.Row(), ReceiptBed.Row());
        _receipt = (await _server.GetAsync($"/receipts/{row.Id}", person)).Text;
        _key = Save("key.pem", (await _server.GetAsync("/receipt-log/key")).Text);
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_program_proves_a_receipt_by_key_head_and_server()
    {
        var file = Save("receipt.json", _receipt);
        Assert.Equal(2, (await ProgramAsync(file, "--server", "ftp://pay.example")).Code);
        Assert.Equal(2, (await ProgramAsync()).Code);
        var (code, said) = await ProgramAsync(file, "--key", _key);
        Assert.Equal(0, code);
        Assert.Contains("Proved: purchase of INR 120.50, canteen", said);
        await AddAsync(ReceiptBed.Row());
        (code, said) = await ProgramAsync(
            file, "--key", _key, "--head", _oldHead, "--server", _server.Address.ToString());
        Assert.Equal(0, code);
        Assert.Contains("the head you kept of 3 receipts are one log", said);
        Assert.Contains("the server's log of 7 receipts are one log", said);
    }

    [Fact]
    public async Task Without_a_key_that_somebody_vouches_for_nothing_is_proved()
    {
        var (code, said) = await VerifyAsync(_receipt);
        Assert.Equal(VerifyReceiptVerb.KeyUnknown, code);
        Assert.Contains("only the file says", said);
        Assert.Equal(VerifyReceiptVerb.Proved, (await VerifyAsync(_receipt, server: _server.Address)).Code);
    }

    public static TheoryData<string> Forgeries =>
    [
        "amount", "payee", "text", "time", "salt", "payer", "payer_salt", "place", "proof", "shorter_proof", "root",
        "size", "signature", "origin", "head_time", "leaf_hash",
    ];

    [Theory]
    [MemberData(nameof(Forgeries))]
    public async Task A_changed_receipt_is_refuted(string what)
    {
        var forged = JsonNode.Parse(_receipt)!;
        var (receipt, payer, leaf, head) = (forged["receipt"]!, forged["payer"]!, forged["leaf"]!, forged["head"]!);
        var proof = forged["inclusion"]!.AsArray();
        switch (what)
        {
            case "amount": receipt["amount"]!["amount_minor"] = 12_051; break;
            case "payee": receipt["payee"] = "kiosk"; break;
            case "text": receipt["text"] = "paid twice"; break;
            case "time": receipt["at"] = Moved((string)receipt["at"]!); break;
            case "salt": receipt["salt"] = Flipped((string)receipt["salt"]!); break;
            case "payer": payer["id"] = ReceiptBed.NewId(); break;
            case "payer_salt": payer["salt"] = Flipped((string)payer["salt"]!); break;
            case "place": leaf["index"] = 4; break;
            case "proof": proof[1] = Flipped((string)proof[1]!); break;
            case "shorter_proof": proof.RemoveAt(0); break;
            case "root": head["root"] = Flipped((string)head["root"]!); break;
            case "size": head["size"] = 7; break;
            case "signature": head["signature"] = Flipped((string)head["signature"]!); break;
            case "origin": head["origin"] = "sightpay-receipts/0000000000000000"; break;
            case "head_time": head["at"] = Moved((string)head["at"]!); break;
            default: leaf["hash"] = Flipped((string)leaf["hash"]!); break;
        }
        var (code, said) = await VerifyAsync(forged.ToJsonString(), key: _key);
        Assert.Equal(VerifyReceiptVerb.Refuted, code);
        Assert.Contains("FALSE", said);
    }

    [Fact]
    public async Task A_receipt_of_a_log_of_ones_own_is_refuted()
    {
        await using var forger = await ReceiptBed.CreateAsync();
        var row = ReceiptBed.Row();
        await forger.SubmitAsync(row);
        var placed = (await forger.Store.FindAsync(row.Id, default))!;
        var head = await forger.Log.CoveringAsync(0, default);
        var forged = ApiJson.Write(Evidence.Of(placed, [], head, forger.Key));
        Assert.Equal(VerifyReceiptVerb.KeyUnknown, (await VerifyAsync(forged)).Code);
        Assert.Equal(VerifyReceiptVerb.Refuted, (await VerifyAsync(forged, key: _key)).Code);
        Assert.Equal(VerifyReceiptVerb.Refuted, (await VerifyAsync(forged, server: _server.Address)).Code);
        var other = Save("other.pem", forger.Key.Pem);
        Assert.Equal(VerifyReceiptVerb.Refuted, (await VerifyAsync(forged, other, _server.Address)).Code);
    }

    [Fact]
    public async Task A_log_that_was_rewritten_or_cut_since_is_refuted()
    {
        // The same key, and a history of other receipts.
        var key = LogKey.Open(_server.DataFolder);
        await using var other = await ReceiptBed.CreateAsync();
        foreach (var size in new[] { 3, 6, 9 })
        {
            await other.SubmitAsync(ReceiptBed.Row(), ReceiptBed.Row(), ReceiptBed.Row());
            await other.NewLog(key).GrowAsync(default);
            var forked = Save($"fork-{size}.json", ApiJson.Write(HeadDocument.Of(other.Log.Latest!)));
            var (code, said) = await VerifyAsync(_receipt, _key, _server.Address, forked);
            Assert.Equal(size == 9 ? VerifyReceiptVerb.NotChecked : VerifyReceiptVerb.Refuted, code);
            Assert.Contains(size == 9 ? "open" : "history was rewritten", said);
        }
        await _server.ExecuteAsync(
            "set session_replication_role = replica; delete from receipt_head where size > 3; delete from receipt "
            + "where seq > 2; set session_replication_role = origin");
        await _server.DisposeAsync();
        _server = await InnerServer.StartAsync(new() { On = _server });
        await _server.Get<ReceiptLog>().GrowAsync(default);
        var (refuted, why) = await VerifyAsync(_receipt, _key, _server.Address);
        Assert.Equal(VerifyReceiptVerb.Refuted, refuted);
        Assert.Contains("its log was cut off", why);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no receipt")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"receipt":null,"payer":null,"leaf":null,"inclusion":null,"head":null,"key":null}""")]
    public async Task What_is_no_receipt_is_not_checked(string text)
    {
        var (code, said) = await VerifyAsync(text, key: _key);
        Assert.Equal(VerifyReceiptVerb.NotChecked, code);
        Assert.StartsWith("Not checked:", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silent_server_a_missing_file_and_a_wrong_key_file_are_no_proof()
    {
        Assert.Equal(
            VerifyReceiptVerb.NotChecked, (await VerifyAsync(_receipt, _key, new Uri("http://127.0.0.1:9"))).Code);
        Assert.Equal(VerifyReceiptVerb.NotChecked, (await VerifyAsync(_receipt, key: _oldHead)).Code);
        Assert.Equal(VerifyReceiptVerb.NotChecked, (await VerifyAsync(_receipt, key: "/nothing/here")).Code);
        Assert.Equal(VerifyReceiptVerb.NotChecked, (await VerifyAsync(_receipt, key: _key, head: _oldHead)).Code);
    }

    private async Task AddAsync(params ReceiptRow[] rows)
    {
        await _server.Get<GeneralLedger>().SubmitAsync(ReceiptBed.ActOf(rows), default);
        await _server.Get<ReceiptLog>().GrowAsync(default);
    }

    private async Task<(int Code, string Said)> VerifyAsync(
        string receipt, string? key = null, Uri? server = null, string? head = null)
    {
        using var said = new StringWriter();
        var (keyFile, headFile) = (key is null ? null : new FileInfo(key), head is null ? null : new FileInfo(head));
        var code = await new VerifyReceiptVerb(said).RunAsync(
            new(new(Save("given.json", receipt)), server, keyFile, headFile), default);
        return (code, said.ToString());
    }

    private static async Task<(int Code, string Said)> ProgramAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [RunningServer.Program, "verify-receipt", .. arguments])
        {
            RedirectStandardOutput = true,
        };
        // Had it looked for settings, it would have stopped at these.
        start.Environment["SIGHTPAY_NONSENSE"] = "1";
        using var program = Process.Start(start)!;
        var said = await program.StandardOutput.ReadToEndAsync();
        await program.WaitForExitAsync();
        return (program.ExitCode, said);
    }

    private string Save(string name, string text)
    {
        var path = Path.Combine(_folder.Path, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static string Flipped(string hex) => (hex[0] == '0' ? '1' : '0') + hex[1..];

    private static string Moved(string time) => time[..^2] + (time[^2] == '0' ? '1' : '0') + "Z";
}
