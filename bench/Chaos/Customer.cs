using System.Net.Http.Json;
using System.Text.Json;

namespace SightPay.Bench.Chaos;

/// <summary>What the answers to a customer's acts add up to; the books must say the same in the end.</summary>
internal sealed class Customer
{
    public const string Pin = "4711";

    private const string Password = "correct horse battery";

    private Customer(Guid id, string email) => (Id, Email) = (id, email);

    public Guid Id { get; }
    public string Email { get; }
    public string Token { get; private set; } = "";
    public List<AckedPayment> Payments { get; } = [];
    public HashSet<Guid> Refunds { get; } = [];
    public List<(Guid Id, long AmountMinor)> TopUps { get; } = [];

    /// <summary>Wallet less debt.</summary>
    public long OwnMinor => TopUps.Sum(topUp => topUp.AmountMinor)
        - Payments.Sum(payment => payment.CapturedMinor - payment.RefundedMinor);

    public static async Task<Customer> SignUpAsync(HttpClient http, int number, CancellationToken ct)
    {
        var email = $"chaos-{number}@example.org";
        using var made = await http.PostAsJsonAsync(
            "/users", new { name = $"Chaos {number}", email, password = Password }, ct);
        made.EnsureSuccessStatusCode();
        var id = (await made.Content.ReadFromJsonAsync<JsonElement>(ct)).GetProperty("id").GetGuid();
        var customer = new Customer(id, email);
        if (!await customer.SignInAsync(http, ct)) throw new InvalidOperationException("A customer cannot sign in.");
        using var chosen = new HttpRequestMessage(HttpMethod.Put, $"/users/{id}/pin")
        {
            Content = JsonContent.Create(new { pin = Pin, password = Password }),
            Headers = { Authorization = new("Bearer", customer.Token) },
        };
        using var kept = await http.SendAsync(chosen, ct);
        kept.EnsureSuccessStatusCode();
        return customer;
    }

    /// <summary>A token lives for minutes, a run may take longer.</summary>
    public async Task<bool> SignInAsync(HttpClient http, CancellationToken ct)
    {
        using var answer = await http.PostAsJsonAsync("/auth/token", new { email = Email, password = Password }, ct);
        if (!answer.IsSuccessStatusCode) return false;
        Token = (await answer.Content.ReadFromJsonAsync<JsonElement>(ct)).GetProperty("access_token").GetString()!;
        return true;
    }
}

internal enum AckedState
{
    Awaiting,
    Authorised,
    Captured,
    Refunded,
    Cancelled,
}

/// <summary>A payment as its answers left it.</summary>
internal sealed class AckedPayment(Guid id, long amountMinor, bool capturesLater)
{
    public Guid Id => id;
    public long AmountMinor => amountMinor;
    public bool CapturesLater => capturesLater;
    public AckedState State { get; private set; }
    public long CapturedMinor { get; private set; }
    public long RefundedMinor { get; private set; }

    /// <summary>Grows with each change that was answered, as the payment's own version does.</summary>
    public int Version { get; private set; } = 1;

    public void Authorise() => Change(AckedState.Authorised);

    public void Cancel() => Change(AckedState.Cancelled);

    public void Capture(long minor)
    {
        CapturedMinor = minor;
        Change(AckedState.Captured);
    }

    public void Refund(long minor)
    {
        RefundedMinor += minor;
        Change(RefundedMinor == CapturedMinor ? AckedState.Refunded : AckedState.Captured);
    }

    private void Change(AckedState state)
    {
        State = state;
        Version++;
    }
}
