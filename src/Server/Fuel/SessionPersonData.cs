using Npgsql;
using SightPay.Server.People;

namespace SightPay.Server.Fuel;

/// <summary>What sessions keep of a person. What was delivered stays, under a number that leads to nobody.</summary>
internal sealed class SessionPersonData : IPersonData
{
    public static PersonSection Section { get; } = new(
        "fuel_sessions",
        """
        select id, site, pump, state, vehicle, grade, unit, price, delivered_thousandths, bill_minor, hold_minor,
            payment, began_at, delivered_at, closed_at
        from pump_session where person = $1 or said_yes = $1 order by seq
        """);

    public async Task<(string Code, string Detail)?> ObstacleAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "select exists (select from pump_session where person = $1 and closed_at is null)", connection, transaction)
        {
            Parameters = { new() { Value = person } },
        };
        return await command.ExecuteScalarAsync(ct) is true
            ? ("fuel_session_open", "A fuel bill is not paid yet, or a car is at a pump.")
            : null;
    }

    /// <summary>The numbers of person and vehicle say nothing once both are gone.</summary>
    public Task EraseAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, CancellationToken ct) =>
        Task.CompletedTask;
}
