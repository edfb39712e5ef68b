using Npgsql;

namespace SightPay.Server.People;

/// <summary>What has to be settled before somebody is erased.</summary>
/// <param name="Sql">Selects a row while it is not; <c>$1</c> is the person.</param>
public sealed record PersonObstacle(string Sql, string Code, string Detail);

/// <summary>What a slice keeps of people in tables that SQL alone can show and erase.</summary>
public sealed class PersonRows : IPersonData
{
    public IReadOnlyList<PersonSection> Sections { get; init; } = [];

    /// <summary>The first that is there is told.</summary>
    public IReadOnlyList<PersonObstacle> Obstacles { get; init; } = [];

    /// <summary>Statements that take away what says who the person <c>$1</c> was.</summary>
    public IReadOnlyList<string> Erasures { get; init; } = [];

    public async Task<(string Code, string Detail)?> ObstacleAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, CancellationToken ct)
    {
        foreach (var (sql, code, detail) in Obstacles)
        {
            await using var command = new NpgsqlCommand($"select exists ({sql})", connection, transaction);
            command.Parameters.Add(new() { Value = person });
            if (await command.ExecuteScalarAsync(ct) is true) return (code, detail);
        }
        return null;
    }

    public async Task EraseAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, CancellationToken ct)
    {
        foreach (var sql in Erasures)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            command.Parameters.Add(new() { Value = person });
            await command.ExecuteNonQueryAsync(ct);
        }
    }
}
