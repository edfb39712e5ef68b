using System.CommandLine.Parsing;
using SightPay.Server.Receipts.Tree;

namespace SightPay.Server.Receipts;

/// <summary>
/// A running server's public log, as a verifier asks it. Nothing it says is believed without a check.
/// </summary>
internal sealed class LogServer : IDisposable
{
    private const int AnswerBytesMax = 1024 * 1024;

    private readonly HttpClient _http;

    public LogServer(Uri address, TimeSpan answerWithin) => _http = new HttpClient
    {
        BaseAddress = new Uri(address.ToString().TrimEnd('/') + "/"), Timeout = answerWithin,
        MaxResponseContentBufferSize = AnswerBytesMax,
    };

    /// <summary>The address given on the command line.</summary>
    public static Uri? AddressOf(ArgumentResult given)
    {
        if (Uri.TryCreate(given.Tokens[0].Value, UriKind.Absolute, out var address)
            && address.Scheme is "http" or "https")
            return address;
        given.AddError("--server takes an address like https://pay.example.");
        return null;
    }

    public async Task<LogKey> KeyAsync(CancellationToken ct) =>
        LogKey.Read(await _http.GetStringAsync("receipt-log/key", ct))
        ?? throw new FormatException("it shows no key.");

    public async Task<SignedHead> HeadAsync(CancellationToken ct) =>
        EvidenceJson.Read<HeadDocument>(await _http.GetStringAsync("receipt-log/head", ct)).Read();

    public async Task<IReadOnlyList<byte[]>> ConsistencyAsync(long first, long second, CancellationToken ct)
    {
        var answer = EvidenceJson.Read<ConsistencyDocument>(
            await _http.GetStringAsync($"receipt-log/consistency?first={first}&second={second}", ct));
        return [.. answer.Proof.Select(hash => Hex.Read(hash, MerkleTree.HashBytes))];
    }

    public void Dispose() => _http.Dispose();
}
