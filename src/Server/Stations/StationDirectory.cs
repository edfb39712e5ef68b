using Npgsql;

namespace SightPay.Server.Stations;

/// <summary>Finds stations and opens new ones; the door for the trades and for the first start.</summary>
public sealed class StationDirectory
{
    private readonly StationStore _store;

    internal StationDirectory(StationStore store) => _store = store;

    public ValueTask<Station?> FindAsync(string id, CancellationToken ct) => _store.FindAsync(id, ct);

    /// <summary>A new station, to which a device comes by a link (POST /stations/{id}/links).</summary>
    public Task AddAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Station station, CancellationToken ct) =>
        _store.AddAsync(connection, transaction, station, ct);

    /// <summary>The same with its first key.</summary>
    public Task OpenAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, StationOpening opening, CancellationToken ct) =>
        _store.OpenAsync(connection, transaction, opening, ct);
}
