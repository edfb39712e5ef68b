using Npgsql;
using SightPay.Server.Database;

namespace SightPay.Server.Payments;

/// <summary>
/// Real money and play money never meet in one installation: whoever paid with a card of the sandbox could spend it as
/// if it were real, and whoever paid real money would stand beside people who did not. The first credit decides.
/// </summary>
internal sealed class KeepMoneyApart(NpgsqlDataSource database, PaymentSettings settings)
{
    /// <exception cref="StoreException">The wallets hold money of the other kind.</exception>
    public async Task RunAsync(CancellationToken ct)
    {
        if (settings.Provider == PaymentSettings.NoProvider) return;
        var kind = settings.TakesRealMoney ? "real" : "play";
        await using var command = database.CreateCommand(
            """
            with written as (
                insert into money_kind (kind) values ($1)
                on conflict (single) do update set kind = excluded.kind
                where not exists (
                    select from top_up t join payment p on p.id = t.payment where p.captured_minor > 0)
                returning kind)
            select coalesce((select kind from written), (select kind from money_kind))
            """);
        command.Parameters.Add(new() { Value = kind });
        if ((string)(await command.ExecuteScalarAsync(ct))! == kind) return;
        throw new StoreException(settings.TakesRealMoney
            ? "The wallets here hold money of the sandbox or of test cards, and the key is a live one: take an empty "
              + "database for real money, or set SIGHTPAY_PROVIDER=sandbox."
            : "The wallets here hold real money, so no play money may be added: set SIGHTPAY_PROVIDER=stripe with its "
              + "live key, or SIGHTPAY_PROVIDER=none.");
    }
}
