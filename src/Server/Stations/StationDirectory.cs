using Npgsql;

namespace SightPay.Server.Stations;

/// <summary>Finds stations and opens new ones; the door for the trades and for the first start.</summary>
public sealed class StationDirectory
{
    private readonly StationStore _store;

    internal StationDirectory(StationStore store) => _store = store;

    public ValueTask<Station?> FindAsync(string id, CancellationToken ct) => _store.FindAsync(id, ct);

    public Task OpenAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, StationOpening opening, CancellationToken ct) =>
        _store.OpenAsync(connection, transaction, opening, ct);
}
