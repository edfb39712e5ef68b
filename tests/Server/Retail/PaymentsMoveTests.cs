using Dapper;
using SightPay.Ledger;
using SightPay.Server.Database;
using SightPay.Server.Payments;
using SightPay.Server.Retail;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Retail;

/// <summary>Payments that an older release recorded are payments like all others after the upgrade.</summary>
public sealed class PaymentsMoveTests
{
    [Fact]
    public async Task Payments_of_an_older_release_keep_their_state_money_and_order()
    {
        SliceSchema[] now = [new("ledger", GeneralLedger.Migrations), PaymentsSlice.Schema, RetailSlice.Schema];
        SliceSchema[] before = [.. now.Select(schema => schema with { Migrations = [schema.Migrations[0]] })];
        await using var database = await TestDatabase.CreateAsync(before);
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            insert into retail_merchant values ('canteen', 'Canteen');
            insert into retail_till values ('canteen-till', 'canteen');
            insert into transfer (id, seq, act_id, kind, code, debit, credit, amount, hold_id, at)
            values ('00000000-0000-0000-0000-0000000000cc', 1, gen_random_uuid(), 3, 4, 1, 2, 30,
                '00000000-0000-0000-0000-00000000000a', now());
            insert into retail_payment (id, person, merchant, till, amount_minor, currency, status, sighting, hold,
                created_at, expires_at, captured_at)
            select ('00000000-0000-0000-0000-00000000000' || n)::uuid, '00000000-0000-0000-0000-0000000000ff',
                'canteen', 'canteen-till', n * 10, 'INR', status,
                case when n = 1 then '00000000-0000-0000-0000-0000000000aa'::uuid end,
                case when n > 1 then '00000000-0000-0000-0000-00000000000a'::uuid end, now(),
                now() + interval '5 minutes', case when n in (1, 3, 5) then now() end
            from (values (1, 'captured'), (2, 'awaiting_confirmation'), (3, 'captured'), (4, 'expired'),
                (5, 'refunded'), (6, 'refused')) as old (n, status)
            """);
        await new Migrator(database.DataSource, TimeProvider.System).MigrateAsync(now, default);
        var store = new PaymentStore(database.DataSource);
        var moved = (await store.ListAsync(
                new PaymentFilter(null), [PaymentKind.Retail], DateTimeOffset.UnixEpoch, long.MaxValue, 10, default))
            .Select(each => each.Payment).Reverse().ToList();
        Assert.Equal(
            [
                PaymentState.Captured, PaymentState.Awaiting, PaymentState.Captured, PaymentState.Expired,
                PaymentState.Refunded, PaymentState.Failed,
            ],
            moved.Select(each => each.State));
        Assert.Equal([10, 0, 30, 0, 50, 0], moved.Select(each => each.CapturedMinor));
        Assert.Equal([0, 0, 0, 0, 50, 0], moved.Select(each => each.RefundedMinor));
        Assert.Equal([10L, 20, 30, 40, 50, 60], moved.Select(each => each.Amount.AmountMinor));
        Assert.NotNull(moved[0].SightingId);
        Assert.Equal(1, moved.Count(each => each.DueAt is not null));
        Assert.Equal(Guid.Parse("00000000-0000-0000-0000-0000000000cc"), moved[2].CaptureId);
        Assert.All(moved, each => Assert.Equal("merchant:canteen", each.Payee.AccountKey));
    }
}
