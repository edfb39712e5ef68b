using Npgsql;

namespace SightPay.Server.People;

/// <summary>What a slice keeps of people, so that a person can be erased.</summary>
public interface IPersonData
{
    /// <summary>
    /// The code and the sentence of what has to be settled before; null: nothing. Asked in the erasing transaction.
    /// </summary>
    Task<(string Code, string Detail)?> ObstacleAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, CancellationToken ct) =>
        Task.FromResult<(string Code, string Detail)?>(null);

    /// <summary>Erases what says who somebody was, in the transaction in which they are erased.</summary>
    Task EraseAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, CancellationToken ct);
}
