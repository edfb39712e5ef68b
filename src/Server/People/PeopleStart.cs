using System.Security.Cryptography;
using Npgsql;
using SightPay.Server.Api;

namespace SightPay.Server.People;

/// <summary>
/// At the start: proves that the key in the data folder is the one that this database was written with, and then
/// finishes erasures that a fault or a stop had interrupted.
/// </summary>
internal sealed class PeopleStart(
    NpgsqlDataSource database, InstallationKey installation, Passwords passwords,
    WithdrawConsent withdrawal, TimeProvider clock, ILogger<PeopleStart> log) : BackgroundService
{
    private static readonly TimeSpan RetryEvery = TimeSpan.FromMinutes(1);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await CheckKeyAsync(cancellationToken);
        await passwords.WarmAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Rounds.RunAsync(RetryEvery, ct => withdrawal.EraseDueAsync(null, ct), clock, log, stoppingToken);

    private async Task CheckKeyAsync(CancellationToken ct)
    {
        var check = installation.Derive("check");
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new("insert into installation_key_check (key_check) values ($1) on conflict do nothing")
        {
            Parameters = { new() { Value = check } },
        });
        await batch.ExecuteNonQueryAsync(ct);
        await using var command = database.CreateCommand("select key_check from installation_key_check");
        var stored = (byte[])(await command.ExecuteScalarAsync(ct))!;
        if (!CryptographicOperations.FixedTimeEquals(stored, check))
            throw new InvalidOperationException(
                "keys/installation.key in the data folder is not the key that this database was written with. "
                + "Put the right file back, or point SIGHTPAY_DATA or DATABASE_URL at the pair that belongs together.");
    }
}
