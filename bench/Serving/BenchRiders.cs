using System.Security.Cryptography;
using Npgsql;
using SightPay.Ledger;
using SightPay.Server.People;

namespace SightPay.Bench.Serving;

/// <summary>Many people with money, written straight into the store: gates are measured, not sign-ups.</summary>
internal static class BenchRiders
{
    private const string Clearing = "bench:clearing";

    public static async Task<Guid[]> CreateAsync(
        BenchServer server, int count, long walletMinor, CancellationToken ct)
    {
        var ids = Enumerable.Range(0, count).Select(_ => Ids.Next(TimeProvider.System)).ToArray();
        await using (var connection = await server.Database.OpenConnectionAsync(ct))
        {
            await InsertAsync(connection, ids, ct);
            await GeneralLedger.OpenAccountsAsync(connection, null, [.. Accounts(ids)], ct);
        }
        var ledger = server.Get<GeneralLedger>();
        await Parallel.ForEachAsync(
            ids, new ParallelOptions { MaxDegreeOfParallelism = 256, CancellationToken = ct },
            async (id, token) => await FundAsync(ledger, id, walletMinor, token));
        return ids;
    }

    private static IEnumerable<AccountOpening> Accounts(Guid[] ids)
    {
        yield return new(Clearing, BenchServer.Currency, AccountKind.ProviderClearing, AccountFlags.None);
        foreach (var id in ids)
        {
            yield return new(
                Person.WalletKey(id), BenchServer.Currency, AccountKind.Wallet, AccountFlags.NoOverdraft);
            yield return new(
                Person.ReceivableKey(id), BenchServer.Currency, AccountKind.Receivable, AccountFlags.None);
        }
    }

    private static async Task InsertAsync(NpgsqlConnection connection, Guid[] ids, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into person (id, name, email, email_key, password_hash, roles, created_at)
            select id, 'Bench Rider', id || '@bench.invalid', id || '@bench.invalid', '-', '{customer}', now()
            from unnest($1::uuid[]) id
            """, connection);
        command.Parameters.Add(new() { Value = ids });
        await command.ExecuteNonQueryAsync(ct);
    }

    private static async Task FundAsync(GeneralLedger ledger, Guid person, long walletMinor, CancellationToken ct)
    {
        var id = Ids.Next(TimeProvider.System);
        var result = await ledger.SubmitAsync(new Act
        {
            Id = id,
            Fingerprint = SHA256.HashData(id.ToByteArray()),
            Plans =
            [
                new Plan
                {
                    Transfers =
                    [
                        Transfer.Post(
                            Ids.Next(TimeProvider.System), Clearing, Person.WalletKey(person), walletMinor,
                            TransferCode.TopUp),
                    ],
                    Compose = _ => new Answer(200, "{}"),
                },
            ],
            Refuse = refusal => new Answer(409, refusal.Code),
        }, ct);
        if (result.End != ActEnd.Committed) throw new InvalidOperationException("A wallet could not be funded.");
    }
}
