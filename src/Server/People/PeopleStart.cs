using System.Security.Cryptography;
using Npgsql;

namespace SightPay.Server.People;

/// <summary>
/// At the start: proves that the key in the data folder is the one that this database was written with, and then
/// finishes erasures that a fault or a stop had interrupted.
/// </summary>
internal sealed partial class PeopleStart(
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

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(RetryEvery, clock);
        do
        {
            try
            {
                await withdrawal.EraseDueAsync(null, stoppingToken);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                ErasureFailed(log, fault);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

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

    [LoggerMessage(1101, LogLevel.Error, "Erasing after a withdrawn consent failed; it is tried again in a minute.")]
    private static partial void ErasureFailed(ILogger log, Exception fault);
}
