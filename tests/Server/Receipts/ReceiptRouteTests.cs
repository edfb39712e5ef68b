using System.Net.Http.Headers;
using System.Text.Json;
using System.Xml.Linq;
using SightPay.Ledger;
using SightPay.Server.Receipts;
using SightPay.Server.Receipts.Tree;
using Xunit;
using ZXing;
using ZXing.Common;

namespace SightPay.Server.Tests.Receipts;

public sealed class ReceiptRouteTests(InnerServerFixture fixture) : IClassFixture<InnerServerFixture>
{
    private readonly InnerServer _server = fixture.Server;

    [Fact]
    public async Task A_receipt_comes_with_everything_that_proves_it()
    {
        var person = await _server.PersonAsync();
        var row = await AddAsync(person, text: "Sealdah to Phoolbagan");
        var answer = await _server.GetAsync($"/receipts/{row.Id}", person);
        Assert.Equal((200, "no-store, private"), (answer.Status, answer.CacheControl));
        var evidence = EvidenceJson.Read<Evidence>(answer.Text);
        using var key = LogKey.Read(evidence.Key)!;
        Assert.All(VerifyReceipt.Check(evidence, key), finding => Assert.Equal(Verdict.Holds, finding.Verdict));
        Assert.Equal((person.Id, row.Subject, "canteen"),
            (evidence.Payer!.Id, evidence.Receipt.Subject, evidence.Receipt.Payee));
        Assert.DoesNotContain(person.Id.ToString(), JsonSerializer.Serialize(evidence.Receipt));
    }

    [Fact]
    public async Task Receipts_are_seen_by_their_payers_and_operators_alone()
    {
        var (person, other) = (await _server.PersonAsync(), await _server.PersonAsync());
        var row = await AddAsync(person);
        Assert.Equal(401, (await _server.GetAsync($"/receipts/{row.Id}")).Status);
        Assert.Equal("receipt_not_found", (await _server.GetAsync($"/receipts/{row.Id}", other)).Code);
        Assert.Equal("receipt_not_found", (await _server.GetAsync($"/receipts/{row.Id}/print", other)).Code);
        Assert.Equal("receipt_not_found", (await _server.GetAsync($"/receipts/{ReceiptBed.NewId()}", person)).Code);
        var manager = await _server.PersonWithRolesAsync("manager");
        Assert.Equal(200, (await _server.GetAsync($"/receipts/{row.Id}", manager)).Status);
        Assert.Equal(403, (await _server.GetAsync($"/receipts?user_id={person.Id}", other)).Status);
        Assert.Empty(Ids(await _server.GetAsync($"/receipts?subject={row.Subject}", other)));
        Assert.Equal([row.Id], Ids(await _server.GetAsync($"/receipts?subject={row.Subject}", person)));
        Assert.Equal([row.Id], Ids(await _server.GetAsync($"/receipts?subject={row.Subject}", manager)));
        Assert.Equal([row.Id], Ids(await _server.GetAsync($"/receipts?user_id={person.Id}", manager)));
    }

    [Fact]
    public async Task The_list_is_newest_first_and_paged()
    {
        var person = await _server.PersonAsync();
        var rows = new List<ReceiptRow>();
        for (var i = 0; i < 5; i++) rows.Add(await AddAsync(person, amountMinor: i));
        var first = await _server.GetAsync("/receipts?limit=3", person);
        var second = await _server.GetAsync(
            $"/receipts?limit=3&cursor={first.Json.GetProperty("next_cursor").GetString()}", person);
        Assert.Equal(rows.Select(row => row.Id).Reverse(), Ids(first).Concat(Ids(second)));
        Assert.Equal(JsonValueKind.Null, second.Json.GetProperty("next_cursor").ValueKind);
        var found = await _server.Get<ReceiptBook>().FindBySubjectAsync(rows[4].Subject, default);
        Assert.Equal((rows[4].Id, person.Id, 4), (found[0].Id, found[0].Payer, found[0].Amount.AmountMinor));
    }

    [Fact]
    public async Task The_printed_receipt_carries_a_code_that_opens_the_check_and_names_nobody()
    {
        var person = await _server.PersonAsync();
        var row = await AddAsync(person, 123_450, "<b>Tea & toast</b>");
        var page = await _server.GetAsync($"/receipts/{row.Id}/print", person);
        Assert.Equal(200, page.Status);
        Assert.Contains("INR 1,234.50", page.Text);
        Assert.Contains("&lt;b&gt;Tea &amp; toast&lt;/b&gt;", page.Text);
        Assert.DoesNotContain("{{", page.Text);
        Assert.DoesNotContain(person.Id.ToString(), page.Text);
        var evidence = EvidenceJson.Read<Evidence>((await _server.GetAsync($"/receipts/{row.Id}", person)).Text);
        var address = PrintedReceipt.CheckAddress(evidence, _server.Address.ToString().TrimEnd('/'));
        Assert.Equal(address, Scan(page.Text));
        Assert.StartsWith($"{_server.Address}verify#leaf=", address, StringComparison.Ordinal);
        Assert.EndsWith($"&key={_server.Get<ReceiptLog>().Key.Id}", address, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_log_is_open_to_everybody_and_its_proofs_hold()
    {
        for (var i = 0; i < 9; i++) await AddAsync(null);
        await _server.Get<ReceiptLog>().GrowAsync(default);
        using var key = LogKey.Read((await _server.GetAsync("/receipt-log/key")).Text)!;
        var answer = await _server.GetAsync("/receipt-log/head");
        var head = EvidenceJson.Read<HeadDocument>(answer.Text).Read();
        Assert.True(head.IsBy(key));
        Assert.Equal("no-cache", answer.CacheControl);
        var (leaf, half) = (head.Size - 3, head.Size - 4);
        answer = await _server.GetAsync($"/receipt-log/inclusion?leaf={leaf}&size={head.Size}");
        Assert.Contains("immutable", answer.CacheControl);
        var inclusion = EvidenceJson.Read<InclusionDocument>(answer.Text);
        Assert.True(MerkleTree.IsIncluded(
            Convert.FromHexString(inclusion.Hash), leaf, head.Size, Bytes(inclusion.Proof), head.Head.Root));
        await AddAsync(null);
        await _server.Get<ReceiptLog>().GrowAsync(default);
        var next = EvidenceJson.Read<HeadDocument>((await _server.GetAsync("/receipt-log/head")).Text).Read();
        var grown = EvidenceJson.Read<ConsistencyDocument>((await _server.GetAsync(
            $"/receipt-log/consistency?first={head.Size}&second={next.Size}")).Text);
        Assert.True(MerkleTree.IsConsistent(
            head.Size, head.Head.Root, next.Size, next.Head.Root, Bytes(grown.Proof)));
        foreach (var wrong in new[]
        {
            $"inclusion?leaf={next.Size}&size={next.Size}", $"inclusion?leaf=0&size={next.Size + 1}",
            "inclusion?leaf=-1&size=2", "inclusion?leaf=0&size=0", $"consistency?first={half}&second={half - 1}",
            $"consistency?first=1&second={next.Size + 1}", "consistency?first=-1&second=2",
        })
            Assert.Equal("log_range_invalid", (await _server.GetAsync($"/receipt-log/{wrong}")).Code);
    }

    [Fact]
    public async Task A_page_of_another_origin_may_read_the_log()
    {
        await AddAsync(null);
        await _server.Get<ReceiptLog>().GrowAsync(default);
        using var answer = await _server.Http.GetAsync("/receipt-log/head");
        Assert.Equal("*", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal(new CacheControlHeaderValue { NoCache = true }, answer.Headers.CacheControl);
    }

    [Fact]
    public async Task An_erased_persons_receipt_still_verifies_and_names_them_no_more()
    {
        var person = await _server.PersonAsync();
        var row = await AddAsync(person);
        var kept = (await _server.GetAsync($"/receipts/{row.Id}", person)).Text;
        Assert.Equal(204, (await _server.SendAsync(HttpMethod.Delete, $"/users/{person.Id}", by: person)).Status);
        await AddAsync(null);

        // What they kept proves the receipt and that it was theirs, also under the log's newest head.
        var evidence = EvidenceJson.Read<Evidence>(kept);
        using var key = LogKey.Read(evidence.Key)!;
        Assert.All(VerifyReceipt.Check(evidence, key), finding => Assert.Equal(Verdict.Holds, finding.Verdict));
        Assert.Empty(await _server.Get<ReceiptAudit>().LogDifferencesAsync(default));

        // What we keep proves the receipt, and has neither the person nor the salt of their commitment.
        var manager = await _server.PersonWithRolesAsync("manager");
        var now = (await _server.GetAsync($"/receipts/{row.Id}", manager)).Text;
        var ours = EvidenceJson.Read<Evidence>(now);
        Assert.Null(ours.Payer);
        Assert.DoesNotContain(person.Id.ToString(), now);
        Assert.All(VerifyReceipt.Check(ours, key), finding => Assert.Equal(Verdict.Holds, finding.Verdict));
        Assert.Equal(0, await _server.ScalarAsync<long>(
            "select count(*) from receipt r where position($1 in r::text) > 0", evidence.Payer!.Salt));
        Assert.Empty(Ids(await _server.GetAsync($"/receipts?user_id={person.Id}", manager)));
    }

    private async Task<ReceiptRow> AddAsync(TestPerson? payer, long amountMinor = 12_050, string? text = null)
    {
        var row = ReceiptBed.Row(payer?.Id, amountMinor, text);
        await _server.Get<GeneralLedger>().SubmitAsync(ReceiptBed.ActOf(row), default);
        return row;
    }

    private static IReadOnlyList<Guid> Ids(TestAnswer page) =>
        [.. page.Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetGuid())];

    private static List<byte[]> Bytes(IReadOnlyList<string> hashes) => [.. hashes.Select(Convert.FromHexString)];

    /// <summary>Reads the code as a phone does, from its dark squares.</summary>
    private static string Scan(string page)
    {
        var from = page.IndexOf("<svg", StringComparison.Ordinal);
        var svg = XElement.Parse(page[from..(page.IndexOf("</svg>", StringComparison.Ordinal) + 6)]);
        var path = svg.Element("path")!.Attribute("d")!.Value;
        const int scale = 4, quiet = 16;
        var size = int.Parse(svg.Attribute("viewBox")!.Value.Split(' ')[2]) * scale + 2 * quiet;
        var picture = new byte[size * size];
        Array.Fill(picture, (byte)255);
        foreach (var square in path.Split('M', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = square.Split('h')[0].Split(' ').Select(int.Parse).ToArray();
            for (var y = 0; y < scale; y++)
                for (var x = 0; x < scale; x++)
                    picture[(quiet + at[1] * scale + y) * size + quiet + at[0] * scale + x] = 0;
        }
        var source = new RGBLuminanceSource(picture, size, size, RGBLuminanceSource.BitmapFormat.Gray8);
        return new ZXing.QrCode.QRCodeReader().decode(new BinaryBitmap(new GlobalHistogramBinarizer(source))).Text;
    }
}
