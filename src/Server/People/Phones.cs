using System.Security.Cryptography;
using System.Text;
using Npgsql;
using SightPay.Server.Api;

namespace SightPay.Server.People;

/// <summary>
/// Phone numbers, sealed under a key of their person's own. Their last four digits help to tell two people apart; they
/// are known to others, so they prove no consent.
/// </summary>
public sealed class Phones
{
    internal const string Purpose = "phone";
    private const int LastDigits = 4;

    private readonly NpgsqlDataSource _database;
    private readonly PersonVault _vault;
    private readonly RateLimits _limits;

    internal Phones(NpgsqlDataSource database, PersonVault vault, RateLimits limits) =>
        (_database, _vault, _limits) = (database, vault, limits);

    public static bool IsLast4(string? text) => text?.Length == LastDigits && text.All(char.IsAsciiDigit);

    /// <summary>The one of a few people whose number ends so; null when it is nobody's, or that of several.</summary>
    /// <exception cref="ProblemException">429: one of them was asked for too often.</exception>
    public async Task<Guid?> MatchOneAsync(IReadOnlyCollection<Guid> candidates, string last4, CancellationToken ct)
    {
        foreach (var person in candidates) _limits.Demand(RateLimits.PhoneDigits, person.ToString());
        var matches = new List<Guid>();
        foreach (var person in candidates)
            if (await FindAsync(person, ct) is { } number && EndsWith(number, last4)) matches.Add(person);
        return matches is [var match] ? match : null;
    }

    /// <summary>The number in E.164 form, or null.</summary>
    internal async Task<string?> FindAsync(Guid person, CancellationToken ct)
    {
        await using var command = _database.CreateCommand(
            """
            select p.phone, k.wrapped_key from person p join person_key k on k.person_id = p.id and k.purpose = $2
            where p.id = $1 and p.phone is not null
            """);
        command.Parameters.Add(new() { Value = person });
        command.Parameters.Add(new() { Value = Purpose });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct)
            ? Encoding.UTF8.GetString(_vault.Open(
                person, Purpose, reader.GetFieldValue<byte[]>(1), reader.GetFieldValue<byte[]>(0)))
            : null;
    }

    internal async Task SetAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, string number, CancellationToken ct)
    {
        var sealedNumber = await _vault.SealAsync(
            connection, transaction, person, Purpose, Encoding.UTF8.GetBytes(number), ct);
        await using var command = new NpgsqlCommand(
            "update person set phone = $2 where id = $1", connection, transaction)
        {
            Parameters = { new() { Value = person }, new() { Value = sealedNumber } },
        };
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>
    /// E.164: plus, country, number, 8 to 15 digits; null for anything else. Spaces, hyphens, dots and brackets are
    /// for people, and 00 is the plus of a keypad.
    /// </summary>
    internal static string? Normalise(string? written)
    {
        if (written is not { Length: <= 40 }) return null;
        var bare = string.Concat(written.Where(letter => !" \t-.()/".Contains(letter)));
        if (bare.StartsWith("00", StringComparison.Ordinal)) bare = "+" + bare[2..];
        return bare.Length is >= 9 and <= 16 && bare[0] == '+' && bare[1] != '0' && bare.Skip(1).All(char.IsAsciiDigit)
            ? bare
            : null;
    }

    private static bool EndsWith(string number, string last4) => CryptographicOperations.FixedTimeEquals(
        Encoding.ASCII.GetBytes(number[^LastDigits..]), Encoding.ASCII.GetBytes(last4));
}
