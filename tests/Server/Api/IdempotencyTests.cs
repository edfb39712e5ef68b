using System.Text;
using Microsoft.AspNetCore.Http;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Database;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Api;

/// <summary>The rules of Idempotency-Key on a real ledger.</summary>
public sealed class IdempotencyTests : IAsyncLifetime
{
    private TestDatabase _database = null!;
    private GeneralLedger _ledger = null!;
    private Idempotency _idempotency = null!;
    private int _submitted;

    public async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(new SliceSchema("ledger", GeneralLedger.Migrations));
        _ledger = await GeneralLedger.OpenAsync(_database.DataSource, [], new LedgerOptions(), default);
        _idempotency = new Idempotency(_ledger, TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        await _ledger.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task A_missing_key_is_400_where_it_is_required()
    {
        Assert.Contains("idempotency_key_missing", (await SendAsync(Json("{}"), key: null)).Body);
        Assert.Equal(0, _submitted);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("śluza")]
    public async Task An_unusable_key_is_400(string key) =>
        Assert.Contains("idempotency_key_invalid", (await SendAsync(Json("{}"), key)).Body);

    [Fact]
    public async Task A_key_of_255_characters_is_the_longest()
    {
        Assert.Equal(201, (await SendAsync(Json("{}"), new string('k', 255))).Status);
        Assert.Equal(400, (await SendAsync(Json("{}"), new string('k', 256))).Status);
    }

    [Fact]
    public async Task A_repeat_is_answered_as_the_first_time_and_says_so()
    {
        var first = await SendAsync(Json("{\"a\": 1}"), "key");
        var second = await SendAsync(Json("{ \"a\":1 }"), "key");
        Assert.Equal((201, false), (first.Status, first.Replayed));
        Assert.Equal((first.Status, first.Body, true), (second.Status, second.Body, second.Replayed));
        Assert.Equal(1, _submitted);
    }

    [Theory]
    [InlineData("{\"a\":2}", "/pay")]
    [InlineData("{\"a\":\"1\"}", "/pay")]
    [InlineData("{\"a\":1}", "/other")]
    public async Task The_same_key_with_another_request_is_422(string body, string path)
    {
        await SendAsync(Json("{\"a\":1}"), "key");
        var other = await SendAsync(Json(body, path), "key");
        Assert.Equal(422, other.Status);
        Assert.Contains("idempotency_key_reused", other.Body);
    }

    [Fact]
    public async Task A_refusal_sticks_with_the_same_body_and_request_id()
    {
        var first = await SendAsync(Json("{}"), "key", Refused);
        var second = await SendAsync(Json("{}"), "key", Refused);
        Assert.Equal((402, first.Body), (second.Status, second.Body));
        Assert.Contains("request_id", first.Body);
        Assert.Equal(1, _submitted);
    }

    [Fact]
    public async Task A_503_does_not_stick()
    {
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => SendAsync(
            Json("{}"), "key", (_, _) => throw new LedgerUnavailableException("full")));
        Assert.Equal((201, false), ((await SendAsync(Json("{}"), "key")).Status, false));
    }

    [Fact]
    public async Task Concurrent_equals_wait_for_the_first()
    {
        var go = new TaskCompletionSource();
        var sent = Enumerable.Range(0, 20).Select(_ => SendAsync(Json("{}"), "key", async (key, ct) =>
        {
            await go.Task;
            return await CommitAsync(key, ct);
        })).ToList();
        go.SetResult();
        var answers = await Task.WhenAll(sent);
        Assert.Single(answers.Select(answer => (answer.Status, answer.Body)).Distinct());
        Assert.Equal((1, 1), (_submitted, answers.Count(answer => !answer.Replayed)));
    }

    [Fact]
    public async Task A_leader_that_leaves_hands_over()
    {
        var left = new CancellationTokenSource();
        var leading = new TaskCompletionSource();
        var first = SendAsync(Json("{}", aborted: left.Token), "key", async (_, ct) =>
        {
            leading.SetResult();
            await Task.Delay(Timeout.Infinite, ct);
            throw new InvalidOperationException("never");
        });
        await leading.Task;
        var second = SendAsync(Json("{}"), "key");
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(201, (await second).Status);
    }

    [Fact]
    public async Task A_stale_plan_is_made_again_under_the_same_key()
    {
        var tries = 0;
        var answer = await SendAsync(Json("{}"), "key", (key, ct) => ++tries < 3
            ? Task.FromResult(new ActResult(ActEnd.Stale, default, null, false))
            : CommitAsync(key, ct));
        Assert.Equal((201, 3), (answer.Status, tries));
    }

    [Fact]
    public async Task Where_plans_decide_the_writer_knows_the_key()
    {
        var first = await SendAsync(Json("{}"), "key", CommitAsync, decidedByPlans: true);
        var second = await SendAsync(Json("{}"), "key", CommitAsync, decidedByPlans: true);
        Assert.Equal((201, first.Body, true), (second.Status, second.Body, second.Replayed));
        Assert.Equal(422, (await SendAsync(Json("{\"a\":1}"), "key", CommitAsync, decidedByPlans: true)).Status);
    }

    [Fact]
    public async Task What_was_decided_is_answered_even_where_it_would_be_turned_away_today()
    {
        var first = await SendAsync(Json("{}"), "key", CommitAsync, decidedByPlans: true);
        var again = await SendAsync(Json("{}"), "key", TurnedAway, decidedByPlans: true);
        Assert.Equal((201, first.Body, true), (again.Status, again.Body, again.Replayed));
        Assert.Equal(422, (await SendAsync(Json("{\"a\":1}"), "key", TurnedAway, decidedByPlans: true)).Status);
        await Assert.ThrowsAsync<ProblemException>(
            () => SendAsync(Json("{}"), "new", TurnedAway, decidedByPlans: true));

        static Task<ActResult> TurnedAway(ActKey key, CancellationToken ct) =>
            throw new ProblemException(404, "user_not_found", "There is no user with this id.");
    }

    [Fact]
    public async Task File_names_and_boundaries_do_not_count_but_contents_and_order_do()
    {
        await SendAsync(Multipart("b1", ("image", "a.jpg", "one"), ("image", "b.jpg", "two")), "key");
        var renamed = await SendAsync(Multipart("b2", ("image", "x.png", "one"), ("image", "y.png", "two")), "key");
        Assert.Equal((201, true), (renamed.Status, renamed.Replayed));
        var swapped = await SendAsync(Multipart("b1", ("image", "a.jpg", "two"), ("image", "b.jpg", "one")), "key");
        Assert.Equal(422, swapped.Status);
    }

    [Fact]
    public async Task The_handler_still_reads_the_body()
    {
        var http = Json("{\"a\":1}");
        await SendAsync(http, "key", async (key, ct) =>
        {
            Assert.Equal("{\"a\":1}", await new StreamReader(http.Request.Body).ReadToEndAsync(ct));
            return await CommitAsync(key, ct);
        });
    }

    [Fact]
    public void A_uuid_is_the_act_id_itself_and_other_keys_hash_to_version_8()
    {
        const string uuid = "0197b6a5-6b1c-7c3e-9f00-0123456789ab";
        Assert.Equal(Guid.Parse(uuid), Idempotency.ActIdOf(uuid));
        var hashed = Idempotency.ActIdOf("till-7/boot-3/42");
        Assert.Equal((8, hashed), (hashed.Version, Idempotency.ActIdOf("till-7/boot-3/42")));
        Assert.NotEqual(hashed, Idempotency.ActIdOf("till-7/boot-3/43"));
    }

    [Fact]
    public void Parts_of_a_fingerprint_cannot_run_into_each_other()
    {
        var (ab, c, a, bc) = ("ab"u8.ToArray(), "c"u8.ToArray(), "a"u8.ToArray(), "bc"u8.ToArray());
        Assert.False(Idempotency.Fingerprint(ab, c).Span.SequenceEqual(Idempotency.Fingerprint(a, bc).Span));
    }

    private static DefaultHttpContext Json(string body, string path = "/pay", CancellationToken aborted = default) =>
        Request(Encoding.UTF8.GetBytes(body), "application/json", path, aborted);

    private static DefaultHttpContext Multipart(
        string boundary, params (string Name, string File, string Content)[] parts)
    {
        var text = string.Concat(parts.Select(part =>
            $"--{boundary}\r\nContent-Disposition: form-data; name=\"{part.Name}\"; filename=\"{part.File}\"\r\n"
            + $"Content-Type: image/jpeg\r\n\r\n{part.Content}\r\n")) + $"--{boundary}--\r\n";
        return Request(Encoding.UTF8.GetBytes(text), $"multipart/form-data; boundary={boundary}", "/pay", default);
    }

    private static DefaultHttpContext Request(byte[] body, string type, string path, CancellationToken aborted) => new()
    {
        Request =
        {
            Method = "POST", Path = path, ContentType = type, ContentLength = body.Length,
            Body = new MemoryStream(body),
        },
        Response = { Body = new MemoryStream() },
        RequestAborted = aborted,
    };

    private async Task<(int Status, string Body, bool Replayed)> SendAsync(
        HttpContext http, string? key, Func<ActKey, CancellationToken, Task<ActResult>>? submit = null,
        bool decidedByPlans = false)
    {
        if (key is not null)
            http.Request.Headers[Idempotency.KeyHeader] = key;
        var result = await _idempotency.RunAsync(
            http, required: true, submit ?? CommitAsync, decidedByPlans: decidedByPlans);
        await result.ExecuteAsync(http);
        http.Response.Body.Position = 0;
        var body = await new StreamReader(http.Response.Body).ReadToEndAsync();
        return (http.Response.StatusCode, body, http.Response.Headers.ContainsKey(Idempotency.ReplayedHeader));
    }

    private Task<ActResult> CommitAsync(ActKey key, CancellationToken ct) =>
        SubmitAsync(key, new Answer(201, $$"""{"number":{{Interlocked.Increment(ref _submitted)}}}"""), ct);

    private Task<ActResult> Refused(ActKey key, CancellationToken ct)
    {
        Interlocked.Increment(ref _submitted);
        return SubmitAsync(key, Problems.Answer(402, "insufficient_funds", "Top the wallet up."), ct);
    }

    private Task<ActResult> SubmitAsync(ActKey key, Answer answer, CancellationToken ct) =>
        _ledger.SubmitAsync(new Act
        {
            Id = key.Id, Fingerprint = key.Fingerprint, Plans = [new Plan { Compose = _ => answer }],
            Refuse = _ => answer,
        }, ct);
}
