using SightPay.Server.Payments;
using SightPay.Server.Web;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Web;

/// <summary>Each variable reaches the settings; <see cref="UnreadConfigTests"/> shows that it also does something.
/// </summary>
public sealed class SettingsTests
{
    [Fact]
    public void Without_any_variable_the_documented_defaults_hold()
    {
        var settings = Read();
        Assert.Equal(["http://localhost:8000"], settings.Urls.Select(url => url.ToString()));
        Assert.Equal(("INR", 0.6, 2000), (
            settings.Currency, settings.FaceRecognitionThreshold, settings.MaxConcurrentConnections));
        Assert.Equal((null, null, null), (settings.Demo, settings.Camera, settings.DatabaseUrl));
        Assert.Equal(Path.Combine(settings.DataFolder, "models"), settings.ModelsFolder);
        Assert.Equal(new Limits(), settings.Limits);
    }

    [Theory]
    [InlineData("SIGHTPAY_LIMIT_BODY_BYTES", "5000", "BodyBytesMax")]
    [InlineData("SIGHTPAY_LIMIT_PICTURE_PIXELS", "1000000", "PicturePixelsMax")]
    [InlineData("SIGHTPAY_LIMIT_TOP_UP_MIN_MINOR", "500", "TopUpMinorMin")]
    [InlineData("SIGHTPAY_LIMIT_TOP_UP_MAX_MINOR", "90000", "TopUpMinorMax")]
    [InlineData("SIGHTPAY_LIMIT_SIGN_INS_PER_MINUTE", "3", "SignInsPerMinute")]
    [InlineData("SIGHTPAY_LIMIT_SIGN_UPS_PER_HOUR", "4", "SignUpsPerHour")]
    public void Each_limit_is_read(string name, string value, string property)
    {
        var limits = Read((name, value)).Limits;
        Assert.Equal(value, typeof(Limits).GetProperty(property)!.GetValue(limits)!.ToString());
    }

    [Theory]
    [InlineData("FACE", SpentBy.Face)]
    [InlineData("LIVE_FACE", SpentBy.Face)]
    [InlineData("CONFIRMED", SpentBy.Consent)]
    public void Each_limit_of_spending_is_read(string name, SpentBy by)
    {
        var spending = Read(
            ($"SIGHTPAY_LIMIT_{name}_PAYMENT_MINOR", "7001"), ($"SIGHTPAY_LIMIT_{name}_SPEND_PER_DAY_MINOR", "7002"),
            ($"SIGHTPAY_LIMIT_{name}_PAYMENTS_PER_DAY", "73")).Limits.Spending;
        var read = name switch
        {
            "FACE" => spending.Face, "LIVE_FACE" => spending.LiveFace, _ => spending.Consent,
        };
        Assert.Equal(new SpendingLimit(by, 7001, 7002, 73), read);
    }

    [Fact]
    public void Every_other_variable_is_read()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "certificate.pem");
        File.WriteAllText(file, "");
        var settings = Read(
            ("SIGHTPAY_DATA", folder.Path), ("SIGHTPAY_MODELS", folder.Path), ("SIGHTPAY_DEMO", "0"),
            ("SIGHTPAY_URLS", "http://127.0.0.1:1;https://*:2, http://[::1]:3"), ("SIGHTPAY_CERTIFICATE", file),
            ("SIGHTPAY_CERTIFICATE_KEY", file), ("SIGHTPAY_CAMERA", "/dev/video0"), ("SIGHTPAY_CURRENCY", "PLN"),
            ("DATABASE_URL", "postgresql://db/pay"), ("FACE_RECOGNITION_THRESHOLD", "0.75"),
            ("MAX_CONCURRENT_CONNECTIONS", "12"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317"));
        Assert.Equal((folder.Path, folder.Path, false), (settings.DataFolder, settings.ModelsFolder, settings.Demo));
        Assert.Equal(
            [new(false, "127.0.0.1", 1), new(true, "*", 2), new ListenAddress(false, "::1", 3)], settings.Urls);
        Assert.Equal((file, file, "/dev/video0"), (settings.Certificate, settings.CertificateKey, settings.Camera));
        Assert.Equal(("PLN", "postgresql://db/pay"), (settings.Currency, settings.DatabaseUrl));
        Assert.Equal((0.75, 12), (settings.FaceRecognitionThreshold, settings.MaxConcurrentConnections));
        Assert.Equal(new Uri("http://collector:4317"), settings.OtlpEndpoint);
    }

    [Theory]
    [InlineData("SIGHTPAY_DEMOO", "1")]
    [InlineData("SIGHTPAY_LIMIT_FUN", "1")]
    [InlineData("SIGHTPAY_DEMO", "perhaps")]
    [InlineData("SIGHTPAY_URLS", "localhost:8000")]
    [InlineData("SIGHTPAY_URLS", "ftp://localhost:8000")]
    [InlineData("SIGHTPAY_URLS", "http://shop.example:8000")]
    [InlineData("SIGHTPAY_URLS", "http://localhost:99999")]
    [InlineData("SIGHTPAY_URLS", ";")]
    [InlineData("SIGHTPAY_CURRENCY", "rupees")]
    [InlineData("SIGHTPAY_CERTIFICATE", "/nowhere/certificate.pem")]
    [InlineData("SIGHTPAY_MODELS", "/nowhere/models")]
    [InlineData("SIGHTPAY_LIMIT_BODY_BYTES", "-1")]
    [InlineData("SIGHTPAY_LIMIT_BODY_BYTES", "10 MiB")]
    [InlineData("SIGHTPAY_LIMIT_TOP_UP_MIN_MINOR", "99999999")]
    [InlineData("SIGHTPAY_PROVIDER", "paypal")]
    [InlineData("SIGHTPAY_PROVIDER", "stripe")]
    [InlineData("SIGHTPAY_STRIPE_SECRET_KEY", "river-boat")]
    [InlineData("SIGHTPAY_PUBLIC_URL", "pay.example")]
    [InlineData("FACE_RECOGNITION_THRESHOLD", "1.5")]
    [InlineData("FACE_RECOGNITION_THRESHOLD", "0,6")]
    [InlineData("FACE_RECOGNITION_THRESHOLD", "NaN")]
    [InlineData("MAX_CONCURRENT_CONNECTIONS", "0")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector")]
    public void An_unknown_name_or_unusable_value_is_refused_by_its_name(string name, string value) =>
        Assert.Contains(name, Assert.Throws<SettingsException>(() => Read((name, value))).Message);

    [Theory]
    [InlineData("sandbox", "sk_test_river", "0", "SIGHTPAY_PROVIDER is not stripe")]
    [InlineData("stripe", "sk_live_river", "1", "SIGHTPAY_DEMO")]
    [InlineData("stripe", "sk_live_river", "0", "the same")]
    [InlineData("stripe", "river", "0", "must begin with")]
    [InlineData("stripe", "sk_test_river", "0", "whsec_", "whsec_1,river")]
    [InlineData("stripe", "sk_test_river", "0", "https", "whsec_1", "http://stripe.example")]
    public void Stripes_keys_that_do_not_fit_are_refused_and_never_repeated(
        string provider, string key, string demo, string why, string hooks = "whsec_1", string url = "")
    {
        var refused = Assert.Throws<SettingsException>(() => Read(
            ("SIGHTPAY_PROVIDER", provider), ("SIGHTPAY_STRIPE_SECRET_KEY", key), ("SIGHTPAY_DEMO", demo),
            ("SIGHTPAY_STRIPE_PUBLISHABLE_KEY", "pk_test_1"), ("SIGHTPAY_STRIPE_WEBHOOK_SECRETS", hooks),
            ("SIGHTPAY_STRIPE_URL", url)));
        Assert.Contains(why, refused.Message);
        Assert.DoesNotContain("river", refused.Message);
    }

    [Theory]
    [InlineData("live", false)]
    [InlineData("test", null)]
    public void Beside_a_live_key_there_is_no_demo_set_even_by_default(string account, bool? demo) =>
        Assert.Equal(demo, Read(
            ("SIGHTPAY_PROVIDER", "stripe"), ("SIGHTPAY_STRIPE_SECRET_KEY", $"sk_{account}_1"),
            ("SIGHTPAY_STRIPE_PUBLISHABLE_KEY", $"pk_{account}_1"),
            ("SIGHTPAY_STRIPE_WEBHOOK_SECRETS", "whsec_1")).Demo);

    [Fact]
    public void An_empty_value_counts_as_unset() => Assert.Null(Read(("SIGHTPAY_CAMERA", "")).Camera);

    [Fact]
    public void Settings_do_not_print_the_password() => Assert.DoesNotContain(
        "river-boat", Read(("DATABASE_URL", "postgresql://asha:river-boat@db/pay")).ToString());

    internal static string RepositoryFolder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "SightPay.slnx")))
            folder = folder.Parent;
        return folder.FullName;
    }

    internal static Settings Read(params (string Name, string Value)[] variables) => Settings.Read(
        variables.Append(("HOME", Path.GetTempPath()))
            .ToDictionary(variable => variable.Item1, variable => variable.Item2));
}
