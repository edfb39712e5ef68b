using System.Buffers;
using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using SightPay.Server.Api;

namespace SightPay.Server.Faces;

/// <summary>
/// POST /users/{id}/face/challenges: a one-time ticket for the person's own challenge, since a browser cannot send a
/// header with a WebSocket. Kept in memory: whoever's ticket a restart loses asks for another one.
/// </summary>
internal sealed class ChallengeTickets(FaceStore faces, FaceRecogniser recogniser, TimeProvider clock)
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(30);

    /// <summary>Nobody gets to try the draw over and over until it suits their film.</summary>
    public const int PerHourMax = 12;

    private readonly ConcurrentDictionary<string, Ticket> _open = new();
    private readonly ConcurrentDictionary<Guid, List<DateTimeOffset>> _begun = new();

    /// <param name="TemplateId">The face that the challenge is about: one that replaces it is not proved.</param>
    internal sealed record Ticket(Guid Person, Guid TemplateId, DateTimeOffset Until);

    /// <param name="ExpiresIn">Seconds.</param>
    internal sealed record Issued(string Ticket, int ExpiresIn)
    {
        public override string ToString() => nameof(Issued);
    }

    public static async Task<IResult> Handle(Guid id, HttpContext http, ChallengeTickets tickets)
    {
        if (Caller.Of(http).PersonId != id)
            throw new ProblemException(403, "forbidden", "A challenge is for the person themself.");
        return Results.Json(
            await tickets.IssueAsync(id, http.RequestAborted), ApiJson.Options, statusCode: 201);
    }

    /// <returns>Null when it is unknown, used or too old.</returns>
    public Ticket? Redeem(string? ticket)
    {
        var bytes = new byte[32];
        if (ticket?.Length != 43
            || Base64Url.DecodeFromChars(ticket, bytes, out _, out var count) != OperationStatus.Done
            || count != bytes.Length) return null;
        return _open.TryRemove(HashOf(bytes), out var found) && found.Until > clock.GetUtcNow()
            ? found
            : null;
    }

    private async Task<Issued> IssueAsync(Guid person, CancellationToken ct)
    {
        var face = await faces.FindAsync(person, ct);
        if (face is null || face.Pack != recogniser.Pack)
            throw new ProblemException(409, "face_missing", "Enrol a face first: the challenge is about that one.");
        CountOrRefuse(person);
        var now = clock.GetUtcNow();
        foreach (var (hash, old) in _open)
            if (old.Until <= now) _open.TryRemove(hash, out _);
        var ticket = RandomNumberGenerator.GetBytes(32);
        _open[HashOf(ticket)] = new Ticket(person, face.TemplateId, now + Life);
        return new Issued(Base64Url.EncodeToString(ticket), (int)Life.TotalSeconds);
    }

    private void CountOrRefuse(Guid person)
    {
        var (now, begun) = (clock.GetUtcNow(), _begun.GetOrAdd(person, _ => []));
        lock (begun)
        {
            begun.RemoveAll(at => now - at >= TimeSpan.FromHours(1));
            if (begun.Count >= PerHourMax)
                throw new ProblemException(
                    429, "too_many_challenges", "That was tried often within an hour. Try again later.",
                    retryable: true);
            begun.Add(now);
        }
    }

    private static string HashOf(byte[] ticket) => Convert.ToHexString(SHA256.HashData(ticket));
}
