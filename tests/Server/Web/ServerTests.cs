using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Web;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Web;

/// <summary>One server for tests that leave nothing behind.</summary>
public sealed class PlainServer : IAsyncLifetime
{
    internal TestServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await TestServer.StartAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();
}

public sealed partial class ServerTests(PlainServer plain) : IClassFixture<PlainServer>
{
    private readonly TestServer _server = plain.Server;

    [Theory]
    [InlineData("GET", "/nothing/here", null, null, 404, "not_found")]
    [InlineData("DELETE", "/stops", null, null, 405, "method_not_allowed")]
    [InlineData("POST", "/auth/token", "{\"email\":", "application/json", 400, "malformed_json")]
    [InlineData("POST", "/auth/token", "[1]", "application/json", 400, "malformed_json")]
    [InlineData("POST", "/auth/token", "", "application/json", 400, "bad_request")]
    [InlineData("POST", "/auth/token", "email=a", "text/plain", 415, "unsupported_media_type")]
    [InlineData("GET", "/users", null, null, 401, "sign_in_required")]
    [InlineData("GET", "/connections", null, null, 401, "sign_in_required")]
    [InlineData("GET", "/webcam/test", null, null, 401, "sign_in_required")]
    public async Task Bad_requests_get_a_problem_with_a_stable_code(
        string method, string path, string? body, string? type, int status, string code)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, type!);
        using var answer = await _server.Http.SendAsync(request);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.Equal(status is 503 or 429, problem.GetProperty("retryable").GetBoolean());
        Assert.Equal(
            answer.Headers.GetValues("X-Request-Id").Single(), problem.GetProperty("request_id").GetString());
    }

    [Fact]
    public async Task An_oversized_body_is_refused()
    {
        using var answer = await _server.Http.PostAsync("/users", new ByteArrayContent(new byte[11 * 1024 * 1024])
        {
            Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
        });
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task Health_names_every_dependency()
    {
        var health = await _server.Http.GetFromJsonAsync<JsonElement>("/health");
        Assert.Equal("ready", health.GetProperty("status").GetString());
        var states = health.GetProperty("dependencies").EnumerateObject().ToDictionary(
            state => state.Name, state => state.Value.GetString());
        foreach (var name in new[] { "database", "migrations", "ledger", "faces", "first_start" })
            Assert.Equal("ready", states[name]);
    }

    [Fact]
    public async Task While_it_starts_only_operations_are_answered()
    {
        var hold = new TaskCompletionSource();
        await using var starting = await TestServer.StartAsync(
            replace: services => services.AddHostedService(_ => new Held(hold.Task)), ready: false);
        using var live = await starting.Http.GetAsync("/health/live");
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        using var health = await starting.Http.GetAsync("/health");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        using var early = await starting.Http.GetAsync("/stops");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, early.StatusCode);
        var problem = await early.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("starting", problem.GetProperty("code").GetString());
        Assert.True(problem.GetProperty("retryable").GetBoolean());
        hold.SetResult();
        await starting.AwaitReadyAsync();
        using var ready = await starting.Http.GetAsync("/stops");
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
    }

    [Fact]
    public async Task The_root_serves_programs_and_browsers()
    {
        var status = await _server.Http.GetFromJsonAsync<JsonElement>("/");
        Assert.Equal("SightPay", status.GetProperty("name").GetString());
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("Accept", "text/html,*/*;q=0.8");
        using var page = await _server.Http.SendAsync(request);
        Assert.Contains(page.Content.Headers.ContentType!.MediaType, new[] { "text/html", "application/problem+json" });
    }

    [SkippableTheory]
    [InlineData("/app")]
    [InlineData("/app/wallet")]
    [InlineData("/station")]
    [InlineData("/console/stops/S1")]
    [InlineData("/verify")]
    public async Task Pages_are_served_with_tight_headers(string path)
    {
        using var page = await _server.Http.GetAsync(path);
        Skip.If(page.StatusCode == HttpStatusCode.NotFound, "The pages were not built.");
        Assert.Equal("text/html", page.Content.Headers.ContentType!.MediaType);
        Assert.Equal("no-cache", page.Headers.CacheControl!.ToString());
        var html = await page.Content.ReadAsStringAsync();
        var script = ScriptPath().Match(html).Groups[1].Value;
        using var asset = await _server.Http.GetAsync(script);
        Assert.Equal(HttpStatusCode.OK, asset.StatusCode);
        Assert.Contains("immutable", asset.Headers.CacheControl!.ToString());
        Assert.Contains("script-src 'self';", page.Headers.GetValues("Content-Security-Policy").Single());
        Assert.Equal("nosniff", page.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Contains("camera=(self)", page.Headers.GetValues("Permissions-Policy").Single());
    }

    [Theory]
    [InlineData("/app/../../../etc/passwd")]
    [InlineData("/assets/..%2f..%2f..%2fREADME.md")]
    [InlineData("/app/missing.js")]
    public async Task Files_outside_the_pages_stay_hidden(string path)
    {
        using var answer = await _server.Http.GetAsync(path);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task Documentation_names_the_keys_of_each_route()
    {
        var document = await _server.Http.GetFromJsonAsync<JsonElement>("/openapi.json");
        var schemes = document.GetProperty("components").GetProperty("securitySchemes");
        Assert.Equal("bearer", schemes.GetProperty("person").GetProperty("scheme").GetString());
        Assert.Equal("X-Station-Key", schemes.GetProperty("station").GetProperty("name").GetString());
        var gate = document.GetProperty("paths").GetProperty("/gates/{gateId}/sightings").GetProperty("post");
        Assert.True(gate.GetProperty("security")[0].TryGetProperty("station", out _));
        using var page = await _server.Http.GetAsync("/docs/index.html");
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
    }

    [Fact]
    public async Task Metrics_are_well_formed_and_impersonal()
    {
        using var wrong = await _server.Http.PostAsJsonAsync(
            "/auth/token", new { email = "metrics@example.org", password = "river-boat-42" });
        var text = await _server.Http.GetStringAsync("/metrics");
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Assert.True(line.StartsWith("# ") || MetricLine().IsMatch(line), line);
        Assert.Contains("http_route=\"/auth/token\"", text);
        Assert.Contains("sightpay_http_problems_total{code=\"bad_credentials\"}", text);
        Assert.DoesNotContain("@", text);
        var families = text.Split('\n').Where(line => line.StartsWith("# TYPE ")).ToList();
        Assert.Equal(families.Count, families.Distinct().Count());
    }

    [Fact]
    public async Task Without_a_camera_operators_are_told_so()
    {
        using var person = await _server.OperatorAsync();
        using var stream = await person.GetAsync("/webcam/stream");
        Assert.Equal(HttpStatusCode.NotFound, stream.StatusCode);
        var problem = await stream.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("no_camera", problem.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Connections_are_listed_for_operators_without_addresses()
    {
        using var open = _server.Services.GetRequiredService<Connections>().Open("station", "station:S1-in");
        open!.Received();
        using var person = await _server.OperatorAsync();
        var shown = await person.GetFromJsonAsync<JsonElement>("/connections");
        var item = shown.GetProperty("items").EnumerateArray().Single(
            item => item.GetProperty("id").GetGuid() == open.Id);
        Assert.Equal("station:S1-in", item.GetProperty("who").GetString());
        Assert.Equal(1, item.GetProperty("messages_received").GetInt32());
    }

    public static TheoryData<Exception, int, string> Faults => new()
    {
        { new ProblemException(418, "teapot", "No coffee."), 418, "teapot" },
        { new LedgerUnavailableException("full"), 503, "store_unavailable" },
        { new NpgsqlException("asha@example.org"), 503, "store_unavailable" },
        { new PostgresException("asha@example.org", "ERROR", "ERROR", "23505"), 500, "internal" },
        { new PostgresException("asha@example.org", "FATAL", "FATAL", "57P01"), 503, "store_unavailable" },
        { new PostgresException("asha@example.org", "FATAL", "FATAL", "53300"), 503, "store_unavailable" },
        { new BadHttpRequestException("asha@example.org", 413), 413, "body_too_large" },
        { new BadHttpRequestException("asha@example.org", 408), 408, "request_timeout" },
        { new JsonException("asha@example.org"), 400, "malformed_json" },
        { new InvalidDataException("asha@example.org"), 400, "malformed_body" },
        { new TimeoutException("asha@example.org"), 503, "timeout" },
        { new InvalidOperationException("asha@example.org"), 500, "internal" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Every_fault_becomes_a_problem_that_quotes_nobody(Exception fault, int status, string code)
    {
        var http = new DefaultHttpContext
        {
            RequestServices = _server.Services,
            Response = { Body = new MemoryStream() },
        };
        await FaultAnswers.Of(fault).ExecuteAsync(http);
        http.Response.Body.Position = 0;
        var text = await new StreamReader(http.Response.Body).ReadToEndAsync();
        Assert.Equal(status, http.Response.StatusCode);
        Assert.Equal(code, JsonDocument.Parse(text).RootElement.GetProperty("code").GetString());
        Assert.DoesNotContain("asha", text);
        Assert.Equal(status is 503 or 408, http.Response.Headers.RetryAfter.Count == 1);
    }

    [Fact]
    public void An_exception_is_logged_without_its_message()
    {
        var fault = new InvalidOperationException("asha@example.org", new FormatException("river-boat-42"));
        var text = JsonLines.Describe(fault);
        Assert.Contains("InvalidOperationException", text);
        Assert.Contains("FormatException", text);
        Assert.DoesNotContain("asha", text);
        Assert.DoesNotContain("river", text);
    }

    [GeneratedRegex("<script type=\"module\"[^>]*src=\"(/assets/[^\"]+)\"")]
    private static partial Regex ScriptPath();

    [GeneratedRegex("^[a-z][a-z0-9_]*(\\{([a-z_0-9]+=\"([^\"\\\\]|\\\\.)*\",?)*\\})? (-?[0-9.E+-]+|NaN|\\+Inf)$")]
    private static partial Regex MetricLine();

    private sealed class Held(Task until) : Microsoft.Extensions.Hosting.IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => until.WaitAsync(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
