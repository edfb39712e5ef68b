using SightPay.Ledger;

namespace SightPay.Server.People;

/// <summary>A person as the API shows them to themself and to operators.</summary>
internal sealed record UserAnswer(
    Guid Id, string Name, string Email, IEnumerable<string> Roles, Money? Wallet, bool HasPin, bool HasPhone)
{
    public static UserAnswer Of(Person person, Money? wallet = null, StepUpMeans means = default) => new(
        person.Id, person.Name, person.Email, person.Roles.Order(), wallet, means.HasPin, means.HasPhone);

    public override string ToString() => $"{nameof(UserAnswer)} {Id}";
}

/// <summary>A line of GET /users.</summary>
internal sealed record ListedUserAnswer(
    Guid Id, string Name, string Email, IEnumerable<string> Roles, Money? Wallet, DateTimeOffset CreatedAt,
    bool Disabled)
{
    public override string ToString() => $"{nameof(ListedUserAnswer)} {Id}";
}

/// <summary>Who has signed in; part of the token answer.</summary>
internal sealed record SignedInAnswer(Guid Id, string Name, string Email, IEnumerable<string> Roles)
{
    public static SignedInAnswer Of(Person person) =>
        new(person.Id, person.Name, person.Email, person.Roles.Order());

    public override string ToString() => $"{nameof(SignedInAnswer)} {Id}";
}

/// <param name="ExpiresIn">Seconds that the access token lives.</param>
internal sealed record TokenAnswer(string AccessToken, string RefreshToken, int ExpiresIn, SignedInAnswer User)
{
    public string TokenType => "Bearer";

    public override string ToString() => nameof(TokenAnswer);
}
