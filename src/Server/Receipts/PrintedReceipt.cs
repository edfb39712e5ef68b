using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Receipts.Tree;
using ZXing;
using ZXing.Common;
using ZXing.QrCode;
using ZXing.QrCode.Internal;

namespace SightPay.Server.Receipts;

/// <summary>
/// A receipt as a page to print. Its code opens the public check with the leaf's data behind the <c>#</c>, which no
/// server is sent; the payer is not in it.
/// </summary>
internal static class PrintedReceipt
{
    private static readonly string _template = Template();

    public static IResult Of(HttpContext http, Evidence evidence)
    {
        http.Response.Headers.CacheControl = "private, no-store";
        var page = Write(evidence, $"{http.Request.Scheme}://{http.Request.Host}");
        return Results.Text(page, "text/html; charset=utf-8");
    }

    /// <summary>Address of the public check of this receipt.</summary>
    public static string CheckAddress(Evidence evidence, string server)
    {
        using var key = LogKey.Read(evidence.Key);
        var leaf = Base64Url.EncodeToString(evidence.Receipt.Read().LeafData());
        var place = evidence.Leaf.Index.ToString(CultureInfo.InvariantCulture);
        return $"{server}/verify#leaf={leaf}&place={place}&key={key?.Id}";
    }

    public static string Write(Evidence evidence, string server)
    {
        var receipt = evidence.Receipt;
        var at = HeadDocument.Time(receipt.At);
        var head = evidence.Head.Read();
        var address = CheckAddress(evidence, server);
        var fields = new Dictionary<string, string>
        {
            ["title"] = Title(receipt.Kind),
            ["amount"] = MoneyText.Of(new Money(receipt.Amount.AmountMinor, receipt.Amount.Currency)),
            ["payee"] = receipt.Payee,
            ["text"] = receipt.Text ?? "",
            ["day"] = at.UtcDateTime.ToString("d MMMM yyyy", CultureInfo.InvariantCulture),
            ["time"] = at.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture),
            ["id"] = receipt.Id.ToString(),
            ["subject"] = receipt.Subject.ToString(),
            ["corrects"] = receipt.Corrects?.ToString() ?? "",
            ["place"] = VerifyReceipt.Number(evidence.Leaf.Index),
            ["size"] = VerifyReceipt.Number(head.Size),
            ["root"] = evidence.Head.Root,
            ["leaf"] = evidence.Leaf.Hash,
            ["origin"] = evidence.Head.Origin,
            ["signed"] = VerifyReceipt.Day(head.Head.At),
            ["server"] = server,
            ["address"] = address,
        };
        var page = new StringBuilder(_template);
        foreach (var (name, value) in fields)
            page.Replace($"{{{{{name}}}}}", HtmlEncoder.Default.Encode(value));
        return page
            .Replace("{{has_text}}", receipt.Text is null ? "hidden" : "")
            .Replace("{{has_corrects}}", receipt.Corrects is null ? "hidden" : "")
            .Replace("{{code}}", Code(address))
            .ToString();
    }

    private static string Title(string kind) => kind switch
    {
        ReceiptKind.Purchase => "Payment",
        ReceiptKind.TopUp => "Top-up",
        ReceiptKind.Fare => "Fare",
        ReceiptKind.Fuel => "Fuel",
        ReceiptKind.Refund => "Refund",
        ReceiptKind.Chargeback => "Chargeback",
        _ => "Correction",
    };

    /// <summary>A QR code as one path of an SVG picture, a square unit per dark module.</summary>
    private static string Code(string text)
    {
        var hints = new Dictionary<EncodeHintType, object>
        {
            // Paper is read at leisure and seldom torn: fewer modules read better than more of them for correction.
            [EncodeHintType.ERROR_CORRECTION] = ErrorCorrectionLevel.L,
            [EncodeHintType.CHARACTER_SET] = "ISO-8859-1",
            [EncodeHintType.MARGIN] = 0,
        };
        BitMatrix modules = new QRCodeWriter().encode(text, BarcodeFormat.QR_CODE, 0, 0, hints);
        var path = new StringBuilder();
        for (var y = 0; y < modules.Height; y++)
            for (var x = 0; x < modules.Width; x++)
                if (modules[x, y]) path.Append(CultureInfo.InvariantCulture, $"M{x} {y}h1v1h-1z");
        return $"""
            <svg viewBox="0 0 {modules.Width} {modules.Height}" role="img" aria-label="Code that opens the check"
            shape-rendering="crispEdges"><path d="{path}"/></svg>
            """;
    }

    private static string Template()
    {
        const string name = "SightPay.Server.Receipts.PrintedReceipt.html";
        using var reader = new StreamReader(typeof(PrintedReceipt).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
