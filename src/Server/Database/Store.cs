using Npgsql;

namespace SightPay.Server.Database;

/// <summary>The one PostgreSQL everything is kept in: that of DATABASE_URL, or a private one.</summary>
public sealed class Store : IAsyncDisposable
{
    private readonly PrivatePostgres? _private;

    private Store(PrivatePostgres? @private, NpgsqlDataSource database)
    {
        _private = @private;
        Database = database;
    }

    /// <summary>The pool. It exists from the beginning; it can connect once the store is started.</summary>
    public NpgsqlDataSource Database { get; }

    /// <summary>True when the server runs PostgreSQL itself.</summary>
    public bool IsPrivate => _private is not null;

    /// <summary>Judges the settings and takes the data folder; starts nothing.</summary>
    /// <exception cref="StoreException">Says what to do.</exception>
    public static Store Prepare(DatabaseSettings settings)
    {
        if (settings.Url is { } url)
            return new Store(null, Pool(DatabaseUrl.Parse(url)));
        var own = PrivatePostgres.Prepare(settings);
        return new Store(own, Pool(new NpgsqlConnectionStringBuilder(own.ConnectionString)));
    }

    /// <summary>
    /// The store for a program beside the server: a private PostgreSQL that a server runs is joined, one that nobody
    /// runs is started.
    /// </summary>
    /// <exception cref="StoreException">Says what to do.</exception>
    public static Store Join(DatabaseSettings settings) =>
        settings.Url is null && PrivatePostgres.AddressOfRunning(settings) is { } running
            ? new Store(null, Pool(new NpgsqlConnectionStringBuilder(running)))
            : Prepare(settings);

    /// <summary>Returns when PostgreSQL answers; one that is not there yet (DATABASE_URL) is waited for.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        if (_private is not null)
        {
            await _private.StartAsync(ct);
            return;
        }
        while (!await AnswersAsync(ct))
            await Task.Delay(500, ct);
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        if (_private is not null)
            await _private.DisposeAsync();
    }

    private async Task<bool> AnswersAsync(CancellationToken ct)
    {
        try
        {
            await using var connection = await Database.OpenConnectionAsync(ct);
            return true;
        }
        catch (PostgresException fault) when (!fault.IsTransient)
        {
            throw new StoreException(
                $"PostgreSQL refuses DATABASE_URL ({fault.SqlState}: {fault.MessageText}): correct user, password or "
                + "database name.", fault);
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    /// <summary>What the address leaves open; what it says, it keeps.</summary>
    private static NpgsqlDataSource Pool(NpgsqlConnectionStringBuilder address)
    {
        SetUnlessGiven(address, "Maximum Pool Size", 60);
        SetUnlessGiven(address, "Timeout", 5);
        SetUnlessGiven(address, "Max Auto Prepare", 200);
        SetUnlessGiven(address, "Auto Prepare Min Usages", 2);
        SetUnlessGiven(address, "Application Name", "sightpay");
        SetUnlessGiven(address, "Keepalive", 30);
        // A start reads a gigabyte of templates: in pieces of 8 KB, the default, it would wait 200,000 times.
        SetUnlessGiven(address, "Read Buffer Size", 65_536);
        // The name labels the pool's metrics; without it they would carry the address.
        return new NpgsqlDataSourceBuilder(address.ConnectionString) { Name = "sightpay" }.Build();
    }

    private static void SetUnlessGiven(NpgsqlConnectionStringBuilder address, string key, object value)
    {
        if (!address.ShouldSerialize(key))
            address[key] = value;
    }
}
