using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using SightPay.Server.Api;
using SightPay.Server.Faces;
using SightPay.Server.Payments;
using SightPay.Server.People;
using SightPay.Server.Retail;
using SightPay.Server.Web;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Web;

/// <summary>A server with every variable set to something else than its default.</summary>
public sealed class ConfiguredServer : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    internal TestServer Server { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var models = Directory.CreateDirectory(Path.Combine(_folder.Path, "models", "own"));
        await File.WriteAllTextAsync(Path.Combine(models.FullName, "manifest.json"), "{}");
        var camera = Path.Combine(_folder.Path, "no-picture.jpg");
        await File.WriteAllTextAsync(camera, "");
        Server = await TestServer.StartAsync(given => SettingsTests.Read(
            ("SIGHTPAY_DATA", given.DataFolder), ("DATABASE_URL", given.DatabaseUrl!), ("SIGHTPAY_DEMO", "1"),
            ("SIGHTPAY_URLS", "https://127.0.0.1:0"), ("SIGHTPAY_CERTIFICATE", MakeCertificate()),
            ("SIGHTPAY_MODELS", models.Parent!.FullName), ("SIGHTPAY_CAMERA", camera), ("SIGHTPAY_CURRENCY", "PLN"),
            ("FACE_RECOGNITION_THRESHOLD", "0.9"), ("MAX_CONCURRENT_CONNECTIONS", "3"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"), ("SIGHTPAY_LIMIT_BODY_BYTES", "200000"),
            ("SIGHTPAY_LIMIT_PICTURE_PIXELS", "10000"), ("SIGHTPAY_LIMIT_TOP_UP_MIN_MINOR", "500"),
            ("SIGHTPAY_LIMIT_TOP_UP_MAX_MINOR", "700"), ("SIGHTPAY_LIMIT_SIGN_INS_PER_MINUTE", "4"),
            ("SIGHTPAY_LIMIT_SIGN_UPS_PER_HOUR", "6"), ("SIGHTPAY_LIMIT_FACE_PAYMENT_MINOR", "1233"),
            ("SIGHTPAY_LIMIT_FACE_SPEND_PER_DAY_MINOR", "1234"), ("SIGHTPAY_LIMIT_FACE_PAYMENTS_PER_DAY", "12"),
            ("SIGHTPAY_LIMIT_LIVE_FACE_PAYMENT_MINOR", "2233"),
            ("SIGHTPAY_LIMIT_LIVE_FACE_SPEND_PER_DAY_MINOR", "2234"),
            ("SIGHTPAY_LIMIT_LIVE_FACE_PAYMENTS_PER_DAY", "22"), ("SIGHTPAY_LIMIT_CONFIRMED_PAYMENT_MINOR", "3233"),
            ("SIGHTPAY_LIMIT_CONFIRMED_SPEND_PER_DAY_MINOR", "3234"),
            ("SIGHTPAY_LIMIT_CONFIRMED_PAYMENTS_PER_DAY", "32")));
    }

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }

    private string MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=own.example", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var path = Path.Combine(_folder.Path, "own.pem");
        File.WriteAllText(path, $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
        return path;
    }
}

/// <summary>Settings that are documented and then not read were a fault of an earlier system.</summary>
public sealed class UnreadConfigTests(ConfiguredServer configured) : IClassFixture<ConfiguredServer>
{
    private readonly TestServer _server = configured.Server;

    [Fact]
    public async Task Unread_config_SIGHTPAY_URLS_and_SIGHTPAY_CERTIFICATE()
    {
        using var answer = await _server.Http.GetAsync("/health");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("CN=own.example", _server.Certificate!.Subject);
    }

    [Fact]
    public async Task Unread_config_DATABASE_URL()
    {
        await using var connection = await _server.Database.DataSource.OpenConnectionAsync();
        Assert.True(await connection.ExecuteScalarAsync<bool>("select exists (select from person)"));
    }

    [Fact]
    public void Unread_config_SIGHTPAY_DATA() =>
        Assert.True(File.Exists(Path.Combine(_server.DataFolder, FirstStart.CredentialsFile)));

    [Fact]
    public async Task Unread_config_SIGHTPAY_MODELS_and_SIGHTPAY_CURRENCY()
    {
        var status = await _server.Http.GetFromJsonAsync<JsonElement>("/");
        Assert.Equal(
            ["standard", "own"],
            status.GetProperty("model_packs").EnumerateArray().Select(pack => pack.GetString()));
        Assert.Equal("PLN", status.GetProperty("currency").GetString());
    }

    [Fact]
    public async Task Unread_config_SIGHTPAY_DEMO()
    {
        await using var plain = await TestServer.StartAsync(given => given with { Demo = false });
        Assert.False(File.Exists(Path.Combine(plain.DataFolder, FirstStart.CredentialsFile)));
    }

    [Fact]
    public async Task Unread_config_SIGHTPAY_CAMERA()
    {
        using var person = await _server.OperatorAsync();
        using var answer = await person.GetAsync("/webcam/test");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains(await CodeAsync(answer), new[] { "ffmpeg_missing", "camera_failed" });
    }

    [Fact]
    public void Unread_config_FACE_RECOGNITION_THRESHOLD() =>
        Assert.Equal(0.9, _server.Services.GetRequiredService<FacesSettings>().RecognitionThreshold);

    [Fact]
    public void Unread_config_SIGHTPAY_LIMIT_PICTURE_PIXELS() =>
        Assert.Equal(10_000, _server.Services.GetRequiredService<FacesSettings>().PicturePixelsMax);

    [Fact]
    public void Unread_config_SIGHTPAY_LIMIT_FACE_and_SIGHTPAY_LIMIT_LIVE_FACE_and_SIGHTPAY_LIMIT_CONFIRMED()
    {
        var policy = _server.Services.GetRequiredService<SpendingPolicy>();
        Assert.Equal(new(SpentBy.Face, 1233, 1234, 12), policy.LimitOf(Sight.Accepted, StepUp.None));
        Assert.Equal(new(SpentBy.Face, 2233, 2234, 22), policy.LimitOf(Sight.AcceptedLive, StepUp.None));
        Assert.Equal(new(SpentBy.Consent, 3233, 3234, 32), policy.LimitOf(Sight.None, StepUp.Pin));
    }

    [Fact]
    public async Task Unread_config_SIGHTPAY_PROVIDER_and_SIGHTPAY_STRIPE_and_SIGHTPAY_PUBLIC_URL()
    {
        var read = SettingsTests.Read(
            ("SIGHTPAY_PROVIDER", "stripe"), ("SIGHTPAY_STRIPE_SECRET_KEY", "sk_test_1"),
            ("SIGHTPAY_STRIPE_PUBLISHABLE_KEY", "pk_test_1"), ("SIGHTPAY_STRIPE_WEBHOOK_SECRETS", "whsec_1, whsec_2"),
            ("SIGHTPAY_STRIPE_URL", "http://127.0.0.1:9"), ("SIGHTPAY_PUBLIC_URL", "https://pay.example"));
        await using var server = await TestServer.StartAsync(
            given => given with { Provider = read.Provider, Stripe = read.Stripe });
        var stripe = server.Services.GetRequiredService<PaymentSettings>().Stripe!;
        Assert.Equal(("sk_test_1", "pk_test_1"), (stripe.SecretKey, stripe.PublishableKey));
        Assert.Equal(["whsec_1", "whsec_2"], stripe.WebhookSecrets);
        Assert.Equal(("http://127.0.0.1:9/", "https://pay.example/app/wallet"), (
            stripe.Address.ToString(), stripe.ReturnUrl.ToString()));
        using var sandbox = await server.Http.PostAsync("/webhooks/sandbox", null);
        Assert.Equal("provider_not_found", await CodeAsync(sandbox));
    }

    [Fact]
    public async Task Unread_config_SIGHTPAY_LIMIT_CASHIER_ALONE_MINOR()
    {
        var read = SettingsTests.Read(("SIGHTPAY_LIMIT_CASHIER_ALONE_MINOR", "77"));
        await using var server = await TestServer.StartAsync(given => given with { Limits = read.Limits });
        Assert.Equal(77, server.Services.GetRequiredService<RetailSettings>().CashierAloneMinorMax);
    }

    [Fact]
    public async Task Unread_config_SIGHTPAY_LIMIT_CASHIER_DAY_MINOR()
    {
        var read = SettingsTests.Read(("SIGHTPAY_LIMIT_CASHIER_DAY_MINOR", "77"));
        await using var server = await TestServer.StartAsync(given => given with { Limits = read.Limits });
        Assert.Equal(77, server.Services.GetRequiredService<RetailSettings>().CashierDayMinorMax);
    }

    [Fact]
    public async Task Unread_config_SIGHTPAY_LIMIT_OPERATOR_ALONE_MINOR()
    {
        var read = SettingsTests.Read(("SIGHTPAY_LIMIT_OPERATOR_ALONE_MINOR", "77"));
        await using var server = await TestServer.StartAsync(given => given with { Limits = read.Limits });
        Assert.Equal(77, server.Services.GetRequiredService<PaymentSettings>().OperatorAloneMinorMax);
    }

    [Fact]
    public void Unread_config_OTEL_EXPORTER_OTLP_ENDPOINT() =>
        Assert.True(_server.Services.GetRequiredService<OtlpExport>().IsOn);

    [Fact]
    public async Task Unread_config_MAX_CONCURRENT_CONNECTIONS()
    {
        using var person = await _server.OperatorAsync();
        var shown = await person.GetFromJsonAsync<JsonElement>("/connections");
        Assert.Equal(3, shown.GetProperty("max").GetInt32());
        var connections = _server.Services.GetRequiredService<Connections>();
        using var first = connections.Open("test", "one");
        using var second = connections.Open("test", "two");
        using var third = connections.Open("test", "three");
        Assert.NotNull(third);
        Assert.Null(connections.Open("test", "four"));
    }

    [Fact]
    public async Task Unread_config_SIGHTPAY_LIMIT_BODY_BYTES()
    {
        using var answer = await _server.Http.PostAsJsonAsync("/users", new { name = new string('a', 200_000) });
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal("body_too_large", await CodeAsync(answer));
    }

    [Theory]
    [InlineData(499, 422)]
    [InlineData(500, 201)]
    [InlineData(700, 201)]
    [InlineData(701, 422)]
    public async Task Unread_config_SIGHTPAY_LIMIT_TOP_UP(long amountMinor, int status)
    {
        using var person = await _server.OperatorAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/wallet/top-ups")
        {
            Content = JsonContent.Create(new { amount_minor = amountMinor, currency = "PLN" }),
            Headers = { { "Idempotency-Key", $"top-up-{amountMinor}" } },
        };
        using var answer = await person.SendAsync(request);
        Assert.True((int)answer.StatusCode == status, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Unread_config_SIGHTPAY_LIMIT_SIGN_INS_PER_MINUTE() =>
        Assert.Equal(5, await TriesUntilLimitedAsync("/auth/token", _ => new
        {
            email = "nobody@example.org", password = "river-boat-42",
        }));

    [Fact]
    public async Task Unread_config_SIGHTPAY_LIMIT_SIGN_UPS_PER_HOUR() =>
        Assert.Equal(7, await TriesUntilLimitedAsync("/users", attempt => new
        {
            name = "Asha Sen", email = $"asha{attempt}@example.org", password = "river-boat-42",
        }));

    private async Task<int> TriesUntilLimitedAsync(string route, Func<int, object> body)
    {
        for (var tries = 1; tries < 20; tries++)
        {
            using var answer = await _server.Http.PostAsJsonAsync(route, body(tries));
            if (answer.StatusCode != HttpStatusCode.TooManyRequests)
                continue;
            Assert.True(answer.Headers.RetryAfter is RetryConditionHeaderValue { Delta.TotalSeconds: > 0 });
            Assert.Equal("too_many_requests", await CodeAsync(answer));
            return tries;
        }
        return -1;
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString();
}
