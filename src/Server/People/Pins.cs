using System.Security.Cryptography;
using System.Text;
using SightPay.Server.Audit;

namespace SightPay.Server.People;

public enum PinVerdict
{
    NotSet,
    Locked,
    Wrong,
    Right,
}

/// <param name="TriesLeft">Before the PIN is locked.</param>
public readonly record struct PinCheck(PinVerdict Verdict, int TriesLeft);

/// <summary>
/// Checks PINs. A try is counted in the database before its hash is computed, so guesses sent at once cannot exceed
/// <see cref="TriesMax"/>; what was counted is decided even when the caller has gone.
/// </summary>
public sealed class Pins
{
    public const int TriesMax = 5;
    public const int DigitsMin = 4;
    public const int DigitsMax = 8;

    private readonly PinStore _store;
    private readonly Passwords _passwords;
    private readonly AuditLog _audit;
    private readonly byte[] _key;

    internal Pins(PinStore store, Passwords passwords, AuditLog audit, InstallationKey installation)
    {
        _store = store;
        _passwords = passwords;
        _audit = audit;
        _key = installation.Derive("pin");
    }

    /// <summary>Whether a text could be a PIN at all.</summary>
    public static bool IsPin(string? text) =>
        text?.Length is >= DigitsMin and <= DigitsMax && text.All(char.IsAsciiDigit);

    public async Task<PinCheck> VerifyAsync(Guid person, string pin, CancellationToken ct)
    {
        if (await _store.CountAsync(person, ct) is not { } tried)
            return new(await _store.HasAsync(person, ct) ? PinVerdict.Locked : PinVerdict.NotSet, 0);
        var right = await IsRightAsync(person, pin, tried);
        if (right && await _store.ForgiveAsync(person, tried, CancellationToken.None))
            return new(PinVerdict.Right, TriesMax);
        if (!right) await TellWhenLockedAsync(person, tried);
        return new(PinVerdict.Wrong, TriesMax - tried.Open);
    }

    /// <summary>
    /// The one of a few people whose PIN this is; null when it is nobody's, or that of several. Every wrong try counts
    /// against all of them; a right one counts against nobody, else a twin who often passes would lock the other out.
    /// </summary>
    public async Task<Guid?> MatchOneAsync(IReadOnlyCollection<Guid> candidates, string pin, CancellationToken ct)
    {
        var tries = new List<(Guid Person, CountedTry Tried, bool Right)>();
        foreach (var person in candidates)
            if (await _store.CountAsync(person, ct) is { } tried)
                tries.Add((person, tried, await IsRightAsync(person, pin, tried)));
        var matches = tries.Where(each => each.Right).ToArray();
        if (matches is not [var match] || !await _store.ForgiveAsync(match.Person, match.Tried, CancellationToken.None))
        {
            foreach (var (person, tried, _) in tries) await TellWhenLockedAsync(person, tried);
            return null;
        }
        foreach (var (person, tried, right) in tries)
            if (!right) await _store.TakeBackAsync(person, tried, CancellationToken.None);
        return match.Person;
    }

    /// <summary>
    /// Stands for a request's few secret digits in its fingerprint: a plain hash of them could be turned back.
    /// </summary>
    public ReadOnlyMemory<byte> Blind(string said) =>
        HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes("said:" + said));

    internal Task<string> HashAsync(Guid person, string pin, CancellationToken ct) =>
        _passwords.HashAsync(Keyed(person, pin), ct);

    private async Task<bool> IsRightAsync(Guid person, string pin, CountedTry tried) =>
        await _passwords.CheckAsync(tried.Hash, Keyed(person, pin), CancellationToken.None) != PasswordCheck.Wrong;

    private async Task TellWhenLockedAsync(Guid person, CountedTry tried)
    {
        if (tried.Open == TriesMax)
            await _audit.WriteAsync("system", "pin_locked", $"person:{person}", CancellationToken.None);
    }

    /// <summary>
    /// Ten thousand PINs are hashed in minutes, however slowly: without the installation's key a stolen database is
    /// of no use. The person is in it, so that a row copied to somebody else does not open.
    /// </summary>
    private Secret Keyed(Guid person, string pin) =>
        new(Convert.ToHexString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"pin:{person}:{pin}"))));
}
