using Npgsql;

namespace SightPay.Server.Audit;

/// <summary>Append-only record of what operators (and the system on their behalf) did.</summary>
public sealed class AuditLog
{
    /// <param name="who">Caller name.</param>
    /// <param name="what">Verb in snake_case, for instance <c>station_link_made</c>.</param>
    /// <param name="subject">What it was done to; an id, never personal data.</param>
    public Task WriteAsync(string who, string what, string subject, CancellationToken ct) =>
        throw new NotImplementedException();

    public Task WriteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string who, string what, string subject,
        CancellationToken ct) => throw new NotImplementedException();
}
