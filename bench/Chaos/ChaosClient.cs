using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;

namespace SightPay.Bench.Chaos;

/// <param name="Body">As it was answered.</param>
internal sealed record AckedAct(Guid Key, string Path, int Status, string Body);

/// <summary>What all clients were told, and what it took.</summary>
internal sealed class Journal
{
    private int _retries;
    private int _faults;

    public ConcurrentQueue<AckedAct> Acked { get; } = [];

    /// <summary>Answers that contradict each other, in words.</summary>
    public ConcurrentQueue<string> Contradictions { get; } = [];

    public int Retries => _retries;

    /// <summary>Answers 500: a fault of the server's own, whatever was killed.</summary>
    public int Faults => _faults;

    public void Retried() => Interlocked.Increment(ref _retries);

    public void Faulted() => Interlocked.Increment(ref _faults);
}

/// <summary>
/// One customer with their till, who do one thing after the other, and repeat each under its key until it is answered
/// for good. Now and then the same request is sent twice at once.
/// </summary>
internal sealed class ChaosClient(
    HttpClient http, Customer customer, string tillKey, Journal journal, Recovery recovery, int seed)
{
    private const int TwinsInTen = 1;
    private const int ThinkMsMax = 100;

    private readonly Random _random = new(seed);

    public Customer Customer => customer;

    /// <summary>What is not answered yet; null between two acts.</summary>
    public ChaosRequest? Open { get; private set; }

    /// <param name="stop">Begin nothing new.</param>
    /// <param name="giveUp">Wait for no answer any more.</param>
    public async Task RunAsync(CancellationToken stop, CancellationToken giveUp)
    {
        while (!stop.IsCancellationRequested)
        {
            var act = ChaosAct.All[_random.Next(ChaosAct.All.Count)];
            if (act.Plan(customer, _random) is not { } request) continue;
            Open = request;
            await ActAsync(act, request, giveUp);
            Open = null;
            await Task.Delay(_random.Next(ThinkMsMax), CancellationToken.None);
        }
    }

    public async Task ActAsync(ChaosAct act, ChaosRequest request, CancellationToken giveUp)
    {
        var twins = _random.Next(10) < TwinsInTen ? 2 : 1;
        var answers = await Task.WhenAll(
            Enumerable.Range(0, twins).Select(twin => AskAsync(request, new Random(seed + twin), giveUp)));
        var (status, body) = answers[0];
        if (answers[^1] != answers[0])
            journal.Contradictions.Enqueue($"{request.Path} {request.Key}: {answers[0]} and {answers[^1]}");
        journal.Acked.Enqueue(new AckedAct(request.Key, request.Path, status, body));
        if (status >= 300) return;
        using var answer = JsonDocument.Parse(body);
        act.Done(customer, request, answer.RootElement);
    }

    /// <summary>Sends the request until its answer is final.</summary>
    public async Task<(int Status, string Body)> AskAsync(
        ChaosRequest request, Random random, CancellationToken giveUp)
    {
        while (true)
        {
            var sent = Stopwatch.GetTimestamp();
            try
            {
                using var message = Message(request);
                using var answer = await http.SendAsync(message, giveUp);
                var body = await answer.Content.ReadAsStringAsync(giveUp);
                if (IsFinal(answer.StatusCode))
                {
                    recovery.Answered(sent);
                    return ((int)answer.StatusCode, body);
                }
                if (answer.StatusCode == HttpStatusCode.InternalServerError) journal.Faulted();
                if (answer.StatusCode == HttpStatusCode.Unauthorized) await customer.SignInAsync(http, giveUp);
            }
            catch (Exception fault) when (fault is HttpRequestException or IOException or OperationCanceledException
                && !giveUp.IsCancellationRequested)
            {
                // Whether it happened is not known; the same request will tell.
            }
            journal.Retried();
            await Task.Delay(random.Next(10, 60), giveUp);
        }
    }

    private static bool IsFinal(HttpStatusCode status) => status < HttpStatusCode.InternalServerError && status is not (
        HttpStatusCode.Unauthorized or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests);

    private HttpRequestMessage Message(ChaosRequest request)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, request.Path)
        {
            Content = new StringContent(request.Body, Encoding.UTF8, "application/json"),
        };
        message.Headers.Add("Idempotency-Key", request.Key.ToString());
        if (request.ByTill) message.Headers.Add("X-Station-Key", tillKey);
        else message.Headers.Authorization = new("Bearer", customer.Token);
        return message;
    }
}

/// <summary>How long nothing was answered after a kill.</summary>
internal sealed class Recovery
{
    private readonly Lock _gate = new();
    private long _killedAt;
    private TaskCompletionSource? _heard;

    public List<double> TimesMs { get; } = [];

    /// <summary>Ends with the first answer to a request that is sent from now on.</summary>
    public Task Killed()
    {
        lock (_gate)
        {
            // The second of two kills in a row takes over the wait of the first.
            _heard ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _killedAt = Stopwatch.GetTimestamp();
            return _heard.Task;
        }
    }

    public void Answered(long sentAt)
    {
        lock (_gate)
        {
            if (_heard is not { } heard || sentAt <= _killedAt) return;
            TimesMs.Add(Stopwatch.GetElapsedTime(_killedAt).TotalMilliseconds);
            _heard = null;
            heard.SetResult();
        }
    }
}
