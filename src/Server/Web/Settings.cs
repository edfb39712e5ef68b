using System.Globalization;
using SightPay.Server.Database;
using SightPay.Server.Payments;

namespace SightPay.Server.Web;

/// <summary>A setting cannot be used; the message says in one sentence what to do.</summary>
public sealed class SettingsException(string message) : Exception(message);

/// <summary>Everything that the environment says, read once at the start.</summary>
public sealed record Settings
{
    public required string DataFolder { get; init; }

    /// <summary>Folder of model packs added to the standard one.</summary>
    public required string ModelsFolder { get; init; }

    public required IReadOnlyList<ListenAddress> Urls { get; init; }

    /// <summary>PEM or PFX file; null: a self-made certificate kept in the data folder.</summary>
    public string? Certificate { get; init; }

    /// <summary>PEM file of the key where it is not in <see cref="Certificate"/>.</summary>
    public string? CertificateKey { get; init; }

    /// <summary>Null: only on an empty embedded database.</summary>
    public bool? Demo { get; init; }

    /// <summary>Device, file or URL of the server's own camera.</summary>
    public string? Camera { get; init; }

    public string Currency { get; init; } = "INR";
    public string? DatabaseUrl { get; init; }

    /// <summary>PostgreSQL may skip fsync; tests only, no variable sets it.</summary>
    public bool Durable { get; init; } = true;

    /// <summary>0..1, where 0.6 is the pack's own accept point.</summary>
    public double FaceRecognitionThreshold { get; init; } = 0.6;

    public int MaxConcurrentConnections { get; init; } = 2000;

    /// <summary>Where traces and metrics are sent; null: nowhere.</summary>
    public Uri? OtlpEndpoint { get; init; }

    public Limits Limits { get; init; } = new();

    /// <summary>Who takes the money of top-ups: <c>sandbox</c>, <c>stripe</c> or <c>none</c>.</summary>
    public string Provider { get; init; } = "sandbox";

    /// <summary>Set where <see cref="Provider"/> is stripe.</summary>
    public StripeSettings? Stripe { get; init; }

    /// <summary>Paths and addresses may hold passwords, so nothing is printed.</summary>
    public override string ToString() => nameof(Settings);

    /// <exception cref="SettingsException">A name is unknown or a value unusable.</exception>
    public static Settings Read(IReadOnlyDictionary<string, string> environment)
    {
        var reader = new SettingsReader(environment);
        var data = reader.Folder("SIGHTPAY_DATA") ?? DefaultDataFolder(environment);
        var settings = new Settings
        {
            DataFolder = data,
            ModelsFolder = reader.ExistingFolder("SIGHTPAY_MODELS") ?? Path.Combine(data, "models"),
            Urls = ListenAddress.ParseAll(reader.Text("SIGHTPAY_URLS") ?? "http://localhost:8000"),
            Certificate = reader.File("SIGHTPAY_CERTIFICATE"),
            CertificateKey = reader.File("SIGHTPAY_CERTIFICATE_KEY"),
            Demo = reader.Switch("SIGHTPAY_DEMO"),
            Camera = reader.Text("SIGHTPAY_CAMERA"),
            Currency = reader.Currency("SIGHTPAY_CURRENCY") ?? "INR",
            DatabaseUrl = reader.Text("DATABASE_URL"),
            FaceRecognitionThreshold = reader.Share("FACE_RECOGNITION_THRESHOLD") ?? 0.6,
            MaxConcurrentConnections = (int)reader.Whole("MAX_CONCURRENT_CONNECTIONS", 2000, 1, 1_000_000),
            OtlpEndpoint = reader.Address("OTEL_EXPORTER_OTLP_ENDPOINT"),
            Limits = Limits.Read(reader),
            Provider = reader.OneOf("SIGHTPAY_PROVIDER", "sandbox", "stripe", "none") ?? "sandbox",
        };
        settings = settings with { Stripe = ReadStripe(reader, settings) };
        // Its stations' keys lie in a file: no demo set beside real money, not even where none was asked for.
        if (settings.Stripe is { IsLive: true }) settings = settings with { Demo = false };
        reader.RefuseUnknown();
        if (settings is { CertificateKey: not null, Certificate: null })
            throw new SettingsException("SIGHTPAY_CERTIFICATE_KEY needs SIGHTPAY_CERTIFICATE: set both or neither.");
        return settings;
    }

    /// <exception cref="SettingsException">Stripe is chosen without its keys, or has keys and is not chosen.
    /// </exception>
    private static StripeSettings? ReadStripe(SettingsReader reader, Settings settings)
    {
        var secret = reader.Prefixed("SIGHTPAY_STRIPE_SECRET_KEY", "sk_", "rk_");
        var publishable = reader.Prefixed("SIGHTPAY_STRIPE_PUBLISHABLE_KEY", "pk_");
        var webhooks = reader.Prefixed("SIGHTPAY_STRIPE_WEBHOOK_SECRETS", "whsec_");
        var address = reader.Address("SIGHTPAY_STRIPE_URL");
        var home = reader.Address("SIGHTPAY_PUBLIC_URL") ?? new Uri("http://localhost:8000");
        if (settings.Provider != "stripe")
            return secret is null && publishable is null && webhooks is null && address is null
                ? null
                : throw new SettingsException(
                    "There are SIGHTPAY_STRIPE_ settings, but SIGHTPAY_PROVIDER is not stripe: set it, or unset them.");
        if (secret is null || publishable is null || webhooks is null)
            throw new SettingsException(
                "SIGHTPAY_PROVIDER=stripe needs SIGHTPAY_STRIPE_SECRET_KEY, SIGHTPAY_STRIPE_PUBLISHABLE_KEY and "
                + "SIGHTPAY_STRIPE_WEBHOOK_SECRETS.");
        var stripe = new StripeSettings(
            secret, publishable,
            webhooks.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            ReturnUrl = new Uri(home, "/app/wallet"),
        };
        if (address is not null) stripe = stripe with { Address = address };
        return Objection(stripe, settings.Demo) is { } objection ? throw new SettingsException(objection) : stripe;
    }

    private static string? Objection(StripeSettings stripe, bool? demo)
    {
        if (stripe.IsLive && demo == true)
            return "SIGHTPAY_STRIPE_SECRET_KEY is a live key and SIGHTPAY_DEMO is 1: real money and the demo set do not"
                + " go together.";
        if (stripe.IsLive == stripe.PublishableKey.StartsWith("pk_test_", StringComparison.Ordinal))
            return "SIGHTPAY_STRIPE_SECRET_KEY and SIGHTPAY_STRIPE_PUBLISHABLE_KEY are one of a live and one of a test "
                + "account: take both from the same.";
        if (stripe.WebhookSecrets.Any(secret => !secret.StartsWith("whsec_", StringComparison.Ordinal)))
            return "Each of SIGHTPAY_STRIPE_WEBHOOK_SECRETS must begin with whsec_.";
        return stripe.Address is { Scheme: "http", IsLoopback: false }
            ? "SIGHTPAY_STRIPE_URL must be an https address: the secret key goes there."
            : null;
    }

    private static string DefaultDataFolder(IReadOnlyDictionary<string, string> environment)
    {
        if (Posix.IsRoot)
            return "/var/lib/sightpay";
        if (environment.GetValueOrDefault("XDG_DATA_HOME") is { Length: > 0 } xdg && Path.IsPathRooted(xdg))
            return Path.Combine(xdg, "sightpay");
        return environment.GetValueOrDefault("HOME") is { Length: > 0 } home
            ? Path.Combine(home, ".local", "share", "sightpay")
            : throw new SettingsException("This account has no HOME: set SIGHTPAY_DATA to a folder of its own.");
    }
}

/// <summary>Limits that an installation may change, each by SIGHTPAY_LIMIT_NAME.</summary>
public sealed record Limits
{
    public long BodyBytesMax { get; init; } = 10 * 1024 * 1024;
    public long PicturePixelsMax { get; init; } = 24_000_000;
    public long TopUpMinorMin { get; init; } = 1_00;
    public long TopUpMinorMax { get; init; } = 10_000_00;
    public long OperatorAloneMinor { get; init; } = 500_00;
    public long CashierAloneMinor { get; init; } = 100_00;

    /// <summary>And on one day, of all payments.</summary>
    public long CashierDayMinor { get; init; } = 500_00;
    public int SignInsPerMinute { get; init; } = 10;
    public int SignUpsPerHour { get; init; } = 60;
    public SpendingSettings Spending { get; init; } = new();

    internal static Limits Read(SettingsReader reader)
    {
        var limits = new Limits
        {
            BodyBytesMax = reader.Whole("SIGHTPAY_LIMIT_BODY_BYTES", 10 * 1024 * 1024, 1024, 1 << 30),
            PicturePixelsMax = reader.Whole("SIGHTPAY_LIMIT_PICTURE_PIXELS", 24_000_000, 10_000, 200_000_000),
            TopUpMinorMin = reader.Whole("SIGHTPAY_LIMIT_TOP_UP_MIN_MINOR", 1_00, 1, 1_000_000_000_000),
            TopUpMinorMax = reader.Whole("SIGHTPAY_LIMIT_TOP_UP_MAX_MINOR", 10_000_00, 1, 1_000_000_000_000),
            CashierAloneMinor = reader.Whole("SIGHTPAY_LIMIT_CASHIER_ALONE_MINOR", 100_00, 0, 1_000_000_000_000),
            CashierDayMinor = reader.Whole("SIGHTPAY_LIMIT_CASHIER_DAY_MINOR", 500_00, 0, 1_000_000_000_000),
            OperatorAloneMinor = reader.Whole("SIGHTPAY_LIMIT_OPERATOR_ALONE_MINOR", 500_00, 0, 1_000_000_000_000),
            SignInsPerMinute = (int)reader.Whole("SIGHTPAY_LIMIT_SIGN_INS_PER_MINUTE", 10, 1, 1_000_000),
            SignUpsPerHour = (int)reader.Whole("SIGHTPAY_LIMIT_SIGN_UPS_PER_HOUR", 60, 1, 1_000_000),
            Spending = ReadSpending(reader),
        };
        return limits.TopUpMinorMin <= limits.TopUpMinorMax
            ? limits
            : throw new SettingsException(
                "SIGHTPAY_LIMIT_TOP_UP_MIN_MINOR is above SIGHTPAY_LIMIT_TOP_UP_MAX_MINOR: lower the one or raise the "
                + "other.");
    }

    /// <summary>Each name is written out, so that it is found by whoever looks for it.</summary>
    private static SpendingSettings ReadSpending(SettingsReader reader)
    {
        var defaults = new SpendingSettings();
        return new SpendingSettings
        {
            Face = Limit(
                defaults.Face, "SIGHTPAY_LIMIT_FACE_PAYMENT_MINOR", "SIGHTPAY_LIMIT_FACE_SPEND_PER_DAY_MINOR",
                "SIGHTPAY_LIMIT_FACE_PAYMENTS_PER_DAY"),
            LiveFace = Limit(
                defaults.LiveFace, "SIGHTPAY_LIMIT_LIVE_FACE_PAYMENT_MINOR",
                "SIGHTPAY_LIMIT_LIVE_FACE_SPEND_PER_DAY_MINOR", "SIGHTPAY_LIMIT_LIVE_FACE_PAYMENTS_PER_DAY"),
            Consent = Limit(
                defaults.Consent, "SIGHTPAY_LIMIT_CONFIRMED_PAYMENT_MINOR",
                "SIGHTPAY_LIMIT_CONFIRMED_SPEND_PER_DAY_MINOR", "SIGHTPAY_LIMIT_CONFIRMED_PAYMENTS_PER_DAY"),
        };

        SpendingLimit Limit(SpendingLimit otherwise, string payment, string day, string payments) => otherwise with
        {
            PaymentMinorMax = reader.Whole(payment, otherwise.PaymentMinorMax, 0, 1_000_000_000_000),
            DayMinorMax = reader.Whole(day, otherwise.DayMinorMax, 0, 1_000_000_000_000),
            DayPaymentsMax = (int)reader.Whole(payments, otherwise.DayPaymentsMax, 0, 1_000_000),
        };
    }
}

/// <summary>Reads variables one by one and knows in the end which names nobody asked for.</summary>
internal sealed class SettingsReader(IReadOnlyDictionary<string, string> environment)
{
    private readonly HashSet<string> _asked = [];

    /// <summary>Null where the variable is missing or empty, as an unset value of a compose file is.</summary>
    public string? Text(string name)
    {
        _asked.Add(name);
        return environment.GetValueOrDefault(name)?.Trim() is { Length: > 0 } value ? value : null;
    }

    public long Whole(string name, long otherwise, long min, long max)
    {
        if (Text(name) is not { } text)
            return otherwise;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            && value >= min && value <= max
                ? value
                : throw new SettingsException($"{name} must be a whole number from {min} to {max}, not \"{text}\".");
    }

    public double? Share(string name)
    {
        if (Text(name) is not { } text)
            return null;
        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            && value is >= 0 and <= 1
                ? value
                : throw new SettingsException(
                    $"{name} must be a number from 0 to 1 with a decimal point, for instance 0.6, not \"{text}\".");
    }

    public bool? Switch(string name) => Text(name) switch
    {
        null => null,
        "1" or "true" => true,
        "0" or "false" => false,
        var text => throw new SettingsException($"{name} must be 1 or 0, not \"{text}\"."),
    };

    public string? Currency(string name)
    {
        if (Text(name) is not { } text)
            return null;
        return text.Length == 3 && text.All(char.IsAsciiLetterUpper)
            ? text
            : throw new SettingsException(
                $"{name} must be a currency code of three capital letters, for instance INR, not \"{text}\".");
    }

    public string? OneOf(string name, params string[] words)
    {
        if (Text(name) is not { } text)
            return null;
        return words.Contains(text)
            ? text
            : throw new SettingsException($"{name} must be one of {string.Join(", ", words)}, not \"{text}\".");
    }

    /// <summary>A key of somebody else's; the message never repeats it.</summary>
    public string? Prefixed(string name, params string[] prefixes)
    {
        if (Text(name) is not { } text)
            return null;
        return prefixes.Any(prefix => text.StartsWith(prefix, StringComparison.Ordinal))
            ? text
            : throw new SettingsException($"{name} must begin with {string.Join(" or ", prefixes)}.");
    }

    public string? Folder(string name)
    {
        if (Text(name) is not { } text)
            return null;
        return System.IO.File.Exists(text)
            ? throw new SettingsException($"{name} must name a folder; {text} is a file.")
            : Path.GetFullPath(text);
    }

    public string? ExistingFolder(string name)
    {
        if (Text(name) is not { } text)
            return null;
        return Directory.Exists(text)
            ? Path.GetFullPath(text)
            : throw new SettingsException(
                $"{name} names the folder {text}, which does not exist: make it, or unset it.");
    }

    public string? File(string name)
    {
        if (Text(name) is not { } text)
            return null;
        return System.IO.File.Exists(text)
            ? Path.GetFullPath(text)
            : throw new SettingsException($"{name} names the file {text}, which does not exist: correct the path.");
    }

    public Uri? Address(string name)
    {
        if (Text(name) is not { } text)
            return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var address)
            && (address.Scheme is "http" or "https")
            ? address
            : throw new SettingsException($"{name} must be an http or https address, for "
                + "instance http://localhost:4317.");
    }

    /// <summary>A misspelt name would otherwise be a setting that silently does nothing.</summary>
    public void RefuseUnknown()
    {
        var unknown = environment.Keys
            .Where(name => name.StartsWith("SIGHTPAY_", StringComparison.OrdinalIgnoreCase) && !_asked.Contains(name))
            .Order(StringComparer.Ordinal)
            .FirstOrDefault();
        if (unknown is not null)
            throw new SettingsException(
                $"{unknown} is not a setting of SightPay: correct its name or unset it; the settings are "
                + $"{string.Join(", ", _asked.Order(StringComparer.Ordinal))}.");
    }
}
