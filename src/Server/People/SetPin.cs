using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.Audit;

namespace SightPay.Server.People;

internal sealed record SetPinRequest(Secret? Pin, Secret? Password)
{
    public override string ToString() => nameof(SetPinRequest);
}

/// <summary>
/// PUT /users/{id}/pin by the person themself, with their password: whoever finds an open phone must not choose the
/// PIN that pays. POST /users/{id}/pin/unlock by operators.
/// </summary>
internal sealed class SetPin(
    NpgsqlDataSource database, Persons persons, Pins pins, RateLimits limits, AuditLog audit, TimeProvider clock)
{
    public async Task<IResult> RunAsync(HttpContext http, string id, SetPinRequest request, CancellationToken ct)
    {
        if (PersonAccess.RefuseOthers(http, id, out var person) is { } refusal) return refusal;
        var pin = request.Pin?.Reveal();
        var errors = new Dictionary<string, string[]>();
        if (WhyNot(pin) is { } why) errors["pin"] = [why];
        if (string.IsNullOrEmpty(request.Password?.Reveal())) errors["password"] = ["The password is needed."];
        if (errors.Count > 0)
            return Problems.Of(422, "fields_invalid", "Some fields cannot be used; see errors.", errors: errors);
        await persons.DemandPasswordAsync(person, request.Password!, ct);
        limits.Demand(RateLimits.PinChange, person.ToString());

        var hash = await pins.HashAsync(person, pin!, ct);
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await PinStore.SetAsync(connection, transaction, person, hash, clock.GetUtcNow(), ct);
        await audit.WriteAsync(connection, transaction, Caller.Of(http).Name, "pin_set", $"person:{person}", ct);
        await transaction.CommitAsync(ct);
        return Results.NoContent();
    }

    public async Task<IResult> UnlockAsync(HttpContext http, string id, CancellationToken ct)
    {
        if (!Guid.TryParse(id, out var person) || await persons.FindAsync(person, ct) is null)
            return PersonAccess.NotFound();
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        if (await PinStore.UnlockAsync(connection, transaction, person, ct))
            await audit.WriteAsync(
                connection, transaction, Caller.Of(http).Name, "pin_unlocked", $"person:{person}", ct);
        await transaction.CommitAsync(ct);
        return Results.NoContent();
    }

    /// <summary>
    /// Why a PIN cannot be taken. One digit over and over, runs up and down, a repeated pair (1111, 1234, 9876, 1212):
    /// people choose them most, so thieves guess them first.
    /// </summary>
    internal static string? WhyNot(string? pin)
    {
        if (!Pins.IsPin(pin)) return $"A PIN of {Pins.DigitsMin} to {Pins.DigitsMax} digits is needed.";
        var steps = pin!.Zip(pin!.Skip(1), (a, b) => (b - a + 10) % 10).Distinct().ToArray();
        var isRun = steps is [0 or 1 or 9];
        var isPair = pin!.Skip(2).Zip(pin!).All(pair => pair.First == pair.Second);
        return isRun || isPair ? "This PIN is guessed too easily; choose another." : null;
    }
}
