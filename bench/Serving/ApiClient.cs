using System.Diagnostics;
using System.Text;
using System.Text.Json;
using SightPay.Ledger;

namespace SightPay.Bench.Serving;

/// <summary>One client that sends its next request when the one before is answered.</summary>
internal sealed class ApiClient : IDisposable
{
    private const string Nobody = "00000000-0000-0000-0000-000000000000";
    private static readonly string[] _reads = ["/wallet", "/stops", "/transactions?limit=10"];

    private readonly RawConnection _connection = new();
    private readonly Uri _server;
    private readonly byte[][] _readRequests;
    private readonly byte[] _payment;
    private readonly int _keyAt;
    private readonly int _riderAt;
    private readonly Guid[] _riders;
    private readonly bool _onlyPayments;
    private int _rider;
    private int _turn;

    /// <param name="first">Which of the riders pays first; then the next one does.</param>
    public ApiClient(Uri server, string token, string stationKey, Guid[] riders, int first, bool onlyPayments)
    {
        (_server, _riders, _rider, _onlyPayments) = (server, riders, first, onlyPayments);
        _readRequests = [.. _reads.Select(path => Encoding.ASCII.GetBytes(
            $"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"))];
        var body = JsonSerializer.Serialize(new
        {
            user_id = Nobody, merchant_id = "canteen",
            amount = new { amount_minor = 1, currency = BenchServer.Currency },
        });
        _payment = Encoding.ASCII.GetBytes(
            $"POST /transactions HTTP/1.1\r\nHost: localhost\r\nX-Station-Key: {stationKey}\r\n"
            + $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\nIdempotency-Key: {Nobody}\r\n\r\n"
            + body);
        _keyAt = _payment.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Nobody));
        _riderAt = _payment.AsSpan().LastIndexOf(Encoding.ASCII.GetBytes(Nobody));
    }

    public List<double> TimesMs { get; } = [];
    public int Errors { get; private set; }

    /// <summary>Keys of the payments that were answered 201, also while warming up.</summary>
    public List<Guid> Paid { get; } = [];

    public void Forget()
    {
        TimesMs.Clear();
        Errors = 0;
    }

    public ValueTask ConnectAsync(CancellationToken ct) => _connection.ConnectAsync(_server, ct);

    public async Task RunAsync(TimeSpan time, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < time)
        {
            var turn = _turn++ % (_reads.Length + 1);
            var pays = _onlyPayments || turn == _reads.Length;
            var sent = Stopwatch.GetTimestamp();
            if (pays) await PayAsync(ct);
            else if (await _connection.AskAsync(_readRequests[turn], ct) != 200) Errors++;
            TimesMs.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
        }
    }

    public void Dispose() => _connection.Dispose();

    private async ValueTask PayAsync(CancellationToken ct)
    {
        var key = Ids.Next(TimeProvider.System);
        Write(key, _keyAt);
        Write(_riders[_rider++ % _riders.Length], _riderAt);
        if (await _connection.AskAsync(_payment, ct) == 201) Paid.Add(key);
        else Errors++;
    }

    private void Write(Guid id, int at) => id.TryFormat(_payment.AsSpan(at), out _);
}
