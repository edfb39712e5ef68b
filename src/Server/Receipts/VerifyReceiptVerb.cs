using System.CommandLine;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Receipts.Tree;

namespace SightPay.Server.Receipts;

/// <summary>
/// <c>sightpay verify-receipt FILE</c>: checks a receipt on any computer. It says what holds and what does not, and
/// tells scripts by its exit code.
/// </summary>
internal sealed class VerifyReceiptVerb(TextWriter output)
{
    public const int Proved = 0;
    public const int Refuted = 1;

    /// <summary>Something could not be read or asked.</summary>
    public const int NotChecked = 2;

    /// <summary>Everything fits, but only the file itself says whose key it is: anybody can make such a file.</summary>
    public const int KeyUnknown = 3;

    private static readonly TimeSpan _answerWithin = TimeSpan.FromSeconds(15);

    private readonly List<Finding> _findings = [];

    internal sealed record Options(FileInfo File, Uri? Server, FileInfo? Key, FileInfo? Head);

    public static Command Make()
    {
        var file = new Argument<FileInfo>("FILE") { Description = "The receipt: what GET /receipts/{id} answered." };
        var server = new Option<Uri?>("--server")
        {
            Description = "A running server, http or https: its log must continue the receipt's.",
            CustomParser = LogServer.AddressOf,
        };
        var key = new Option<FileInfo?>("--key")
        {
            Description = "The log's public key in PEM, kept from GET /receipt-log/key: nothing else is trusted.",
        };
        var head = new Option<FileInfo?>("--head")
        {
            Description = "A head kept from GET /receipt-log/head, or another receipt: the log must not have changed "
                + "since. Give --server too, which shows the proof.",
        };
        var verb = new Command(
            "verify-receipt",
            "Proves a receipt without trust in the server. Exit code: 0 proved, 1 refuted, 2 not checked, 3 the key is "
            + "vouched for by nobody but the file itself.")
        {
            file, server, key, head,
        };
        verb.SetAction((given, ct) => new VerifyReceiptVerb(Console.Out).RunAsync(
            new(given.GetRequiredValue(file), given.GetValue(server), given.GetValue(key), given.GetValue(head)), ct));
        return verb;
    }

    public async Task<int> RunAsync(Options options, CancellationToken ct)
    {
        try
        {
            return await CheckAsync(options, ct);
        }
        catch (Exception fault) when (fault is FormatException or IOException or UnauthorizedAccessException)
        {
            await output.WriteLineAsync($"Not checked: {fault.Message}");
            return NotChecked;
        }
    }

    private async Task<int> CheckAsync(Options options, CancellationToken ct)
    {
        var evidence = EvidenceJson.Read<Evidence>(await ReadAsync(options.File, ct));
        var head = evidence.Head.Read();
        using var server = options.Server is { } address ? new LogServer(address, _answerWithin) : null;
        using var given = options.Key is { } file ? KeyOf(await ReadAsync(file, ct), file.Name) : null;
        using var shown = server is null ? null : await AskAsync(server.KeyAsync, ct);
        using var carried = KeyOf(evidence.Key, options.File.Name);
        if (given is not null && shown is not null && given.Id != shown.Id)
            _findings.Add(new(Verdict.Fails, "The server signs its log with another key than the one you gave."));
        var key = given ?? shown ?? carried;

        _findings.AddRange(VerifyReceipt.Check(evidence, key));
        if (options.Head is { } kept)
            await CheckGrowthAsync(HeadOf(await ReadAsync(kept, ct)), head, "the head you kept", key, server, ct);
        if (server is not null && await AskAsync(server.HeadAsync, ct) is { } latest)
        {
            if (latest.Size < head.Size)
                _findings.Add(new(
                    Verdict.Fails, $"The server shows a log of {VerifyReceipt.Number(latest.Size)} receipts, and this "
                        + $"one was signed with {VerifyReceipt.Number(head.Size)}: its log was cut off."));
            else
                await CheckGrowthAsync(latest, head, "the server's log", key, server, ct);
        }
        return await TellAsync(evidence, key, isVouchedFor: given is not null || shown is not null);
    }

    /// <summary>The receipt's log and another one must be the same log, one of them grown.</summary>
    private async Task CheckGrowthAsync(
        SignedHead other, SignedHead own, string name, LogKey key, LogServer? server, CancellationToken ct)
    {
        _findings.Add(VerifyReceipt.CheckHead(other, key));
        var (first, second) = other.Size < own.Size ? (other, own) : (own, other);
        IReadOnlyList<byte[]>? proof = [];
        if (first.Size < second.Size)
        {
            if (server is null)
                _findings.Add(new(
                    Verdict.Open, $"Whether the receipt's log and {name} are one log, only a server can show: give "
                        + "--server."));
            proof = server is null ? null : await AskAsync(
                token => server.ConsistencyAsync(first.Size, second.Size, token), ct);
        }
        if (proof is not null)
            _findings.Add(Finding.Of(
                MerkleTree.IsConsistent(first.Size, first.Head.Root, second.Size, second.Head.Root, proof),
                $"The receipt's log of {VerifyReceipt.Number(own.Size)} and {name} of "
                + $"{VerifyReceipt.Number(other.Size)} receipts are one log: nothing in it was rewritten.",
                $"The receipt's log of {VerifyReceipt.Number(own.Size)} and {name} of "
                + $"{VerifyReceipt.Number(other.Size)} receipts are two different logs: history was rewritten."));
    }

    /// <returns>Null when the server could not say it; that stays open.</returns>
    private async Task<T?> AskAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken ct) where T : class
    {
        try
        {
            return await ask(ct);
        }
        catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException or FormatException
            && !ct.IsCancellationRequested)
        {
            _findings.Add(new(Verdict.Open, $"The server did not answer as it should: {fault.Message}"));
            return null;
        }
    }

    private async Task<int> TellAsync(Evidence evidence, LogKey key, bool isVouchedFor)
    {
        foreach (var finding in _findings)
            await output.WriteLineAsync(finding.Verdict switch
            {
                Verdict.Holds => $"  ok    {finding.Sentence}",
                Verdict.Fails => $"  FALSE {finding.Sentence}",
                _ => $"  open  {finding.Sentence}",
            });
        var amount = new Money(evidence.Receipt.Amount.AmountMinor, evidence.Receipt.Amount.Currency);
        var what = $"{evidence.Receipt.Kind.Replace('_', '-')} of {MoneyText.Of(amount)}, "
            + $"{evidence.Receipt.Payee}, {VerifyReceipt.Day(HeadDocument.Time(evidence.Receipt.At))}";
        var (code, sentence) =
            _findings.Exists(finding => finding.Verdict == Verdict.Fails)
                ? (Refuted, "Refuted: do not rely on this receipt.")
            : _findings.Exists(finding => finding.Verdict == Verdict.Open)
                ? (NotChecked, "Not checked: nothing is wrong so far, but not everything could be checked.")
            : !isVouchedFor
                ? (KeyUnknown, $"Not proved: only the file says that {key.Id} is the log's key. Give --key with the "
                    + "key that its owner published, or --server.")
            : (Proved, $"Proved: {what}.");
        await output.WriteLineAsync(sentence);
        return code;
    }

    private static async Task<string> ReadAsync(FileInfo file, CancellationToken ct) =>
        await File.ReadAllTextAsync(file.FullName, ct);

    private static LogKey KeyOf(string pem, string file) => LogKey.Read(pem)
        ?? throw new FormatException($"{file} holds no ECDSA P-256 public key in PEM.");

    /// <summary>A head, or the one that another receipt carries.</summary>
    private static SignedHead HeadOf(string json)
    {
        try
        {
            return EvidenceJson.Read<Evidence>(json).Head.Read();
        }
        catch (FormatException)
        {
            return EvidenceJson.Read<HeadDocument>(json).Read();
        }
    }
}
