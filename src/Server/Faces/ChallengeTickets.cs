using System.Collections.Concurrent;
using SightPay.Server.Api;

namespace SightPay.Server.Faces;

/// <summary>
/// POST /users/{id}/face/challenges: a one-time ticket for the person's own challenge. Kept in memory: whoever's ticket
/// a restart loses asks for another one.
/// </summary>
internal sealed class ChallengeTickets(
    FaceStore faces, FaceRecogniser recogniser, RateLimits limits, TimeProvider clock)
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Ticket> _open = new();

    /// <param name="TemplateId">The face that the challenge is about: one that replaces it is not proved.</param>
    internal sealed record Ticket(Guid Person, Guid TemplateId, DateTimeOffset Until);

    public static async Task<IResult> Handle(Guid id, HttpContext http, ChallengeTickets tickets)
    {
        if (Caller.Of(http).PersonId != id)
            throw new ProblemException(403, "forbidden", "A challenge is for the person themself.");
        return Results.Json(
            await tickets.IssueAsync(id, http.RequestAborted), ApiJson.Options, statusCode: 201);
    }

    /// <returns>Null when it is unknown, used or too old.</returns>
    public Ticket? Redeem(string? ticket) =>
        OneTimeTicket.HashOf(ticket) is { } hash && _open.TryRemove(Convert.ToHexString(hash), out var found)
            && found.Until > clock.GetUtcNow()
            ? found
            : null;

    private async Task<OneTimeTicket> IssueAsync(Guid person, CancellationToken ct)
    {
        var face = await faces.FindAsync(person, ct);
        if (face is null || face.Pack != recogniser.Pack)
            throw new ProblemException(409, "face_missing", "Enrol a face first: the challenge is about that one.");
        limits.Demand(RateLimits.Challenge, person.ToString());
        var now = clock.GetUtcNow();
        foreach (var (old, held) in _open)
            if (held.Until <= now) _open.TryRemove(old, out _);
        var ticket = OneTimeTicket.Mint(Life, out var hash);
        _open[Convert.ToHexString(hash)] = new Ticket(person, face.TemplateId, now + Life);
        return ticket;
    }
}
