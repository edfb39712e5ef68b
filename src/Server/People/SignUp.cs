using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.People;

internal sealed record SignUpRequest(string? Name, string? Email, Secret? Password)
{
    public override string ToString() => nameof(SignUpRequest);
}

/// <summary>
/// POST /users: a person and their empty wallet appear together. Only what the request type names is taken from the
/// body: nobody chooses a balance, a role or an id.
/// </summary>
internal sealed class SignUp(
    PeopleStore store, Passwords passwords, RateLimits limits, PeopleSettings settings, TimeProvider clock)
{
    public const int NameLengthMax = 100;
    public const int PasswordLengthMin = 8;
    public const int PasswordLengthMax = 128;

    public async Task<IResult> RunAsync(HttpContext http, SignUpRequest request, CancellationToken ct)
    {
        var errors = ErrorsOf(request);
        if (errors.Count > 0)
            return Problems.Of(422, "fields_invalid", "Some fields cannot be used; see errors.", errors: errors);
        var key = Idempotency.ReadKey(http);
        if (key is { } replayed && await ReplayAsync(replayed, request, ct) is { } replay) return replay;
        limits.Demand(RateLimits.SignUp, ClientAddress.KeyOf(http.Connection.RemoteIpAddress));

        var person = new NewPerson(
            Ids.Next(clock), request.Name!.Trim(), request.Email!.Trim(),
            await passwords.HashAsync(request.Password!, ct), [Role.Customer], key, clock.GetUtcNow());
        if (await store.InsertAsync(person, settings.Currency, ct))
            return Created(new(person.Id, person.Name, person.Email, person.Roles.ToHashSet()));
        if (key is { } raced && await ReplayAsync(raced, request, ct) is { } first) return first;
        return Problems.Of(409, "email_taken",
            "There is an account with this e-mail address. Sign in, or use another address.");
    }

    /// <summary>
    /// The answer to a repeated request, told by name, e-mail and password. A hash of the body is not kept for the
    /// comparison: it would be a fast hash of the password.
    /// </summary>
    private async Task<IResult?> ReplayAsync(Guid key, SignUpRequest request, CancellationToken ct)
    {
        if (await store.LoginBySignUpKeyAsync(key, ct) is not { } login) return null;
        var same = login.Person.Name == request.Name!.Trim()
            && login.Person.Email == request.Email!.Trim()
            && await passwords.CheckAsync(login.PasswordHash, request.Password!, ct) != PasswordCheck.Wrong;
        return same ? Created(login.Person) : Problems.Of(422, "idempotency_key_reused",
            "This Idempotency-Key was used with another body. Use a new key for a new request.");
    }

    private IResult Created(Person person) => Results.Json(
        UserAnswer.Of(person, new Money(0, settings.Currency)), ApiJson.Options, statusCode: 201);

    private static Dictionary<string, string[]> ErrorsOf(SignUpRequest request)
    {
        var errors = new Dictionary<string, string[]>();
        var name = request.Name?.Trim() ?? "";
        if (name.Length is 0 or > NameLengthMax || name.Any(char.IsControl))
            errors["name"] = [$"A name of 1 to {NameLengthMax} characters is needed."];
        if (!EmailAddress.IsUsable(request.Email?.Trim() ?? ""))
            errors["email"] = ["An e-mail address is needed, for instance asha@example.org."];
        if (request.Password?.Reveal().Length is not (>= PasswordLengthMin and <= PasswordLengthMax))
            errors["password"] = [$"A password of {PasswordLengthMin} to {PasswordLengthMax} characters is needed."];
        return errors;
    }
}
