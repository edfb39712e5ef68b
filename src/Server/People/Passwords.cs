using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace SightPay.Server.People;

internal enum PasswordCheck
{
    Wrong,
    Right,

    /// <summary>Right, but hashed with fewer rounds than today: hash it again.</summary>
    RightButOld,
}

/// <summary>
/// PBKDF2 hashes. Hashing takes a core for some 100 ms, so at most half of the cores do it at a time: a crowd that
/// signs in must not hold up the gates.
/// </summary>
internal sealed class Passwords(PeopleSettings settings) : IDisposable
{
    private static readonly object Anybody = new();

    private readonly SemaphoreSlim _slots = new(Math.Max(1, Environment.ProcessorCount / 2));
    private readonly PasswordHasher<object> _hasher = new(
        Options.Create(new PasswordHasherOptions { IterationCount = settings.PasswordIterations }));
    private string? _decoy;

    public Task<string> HashAsync(Secret password, CancellationToken ct) =>
        OnSlotAsync(() => _hasher.HashPassword(Anybody, password.Reveal()), ct);

    /// <param name="hash">Null for an account that does not exist: the same work is done for it.</param>
    public Task<PasswordCheck> CheckAsync(string? hash, Secret password, CancellationToken ct) => OnSlotAsync(() =>
    {
        var known = hash is not null;
        hash ??= _decoy ??= _hasher.HashPassword(Anybody, RandomNumberGenerator.GetHexString(32));
        return _hasher.VerifyHashedPassword(Anybody, hash, password.Reveal()) switch
        {
            PasswordVerificationResult.Success when known => PasswordCheck.Right,
            PasswordVerificationResult.SuccessRehashNeeded when known => PasswordCheck.RightButOld,
            _ => PasswordCheck.Wrong,
        };
    }, ct);

    /// <summary>Makes the decoy before the first stranger asks, whose answer would otherwise take twice as
    /// long.</summary>
    public Task WarmAsync(CancellationToken ct) =>
        OnSlotAsync(() => _decoy ??= _hasher.HashPassword(Anybody, RandomNumberGenerator.GetHexString(32)), ct);

    public void Dispose() => _slots.Dispose();

    private async Task<T> OnSlotAsync<T>(Func<T> work, CancellationToken ct)
    {
        await _slots.WaitAsync(ct);
        try
        {
            return await Task.Run(work, ct);
        }
        finally
        {
            _slots.Release();
        }
    }
}
