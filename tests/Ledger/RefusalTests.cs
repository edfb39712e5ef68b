using System.Reflection;
using Xunit;
using Scene = SightPay.Ledger.Tests.RefusalScene;

namespace SightPay.Ledger.Tests;

/// <summary>
/// The ledger's refusals in the order in which they are tried. Each row breaks its rule and as many later ones as it
/// can, so that the table is the precedence.
/// </summary>
public sealed class RefusalTests(Scene scene) : IClassFixture<Scene>
{
    private static readonly (string Code, string Case, Func<Scene, Transfer> Transfer)[] Rows =
    [
        (RefusalCode.TransferIdTaken, "post", s => s.Bed.Post("ann", "ann", -1, id: s.TakenId)),
        (RefusalCode.TransferIdTaken, "hold", s => s.Bed.Hold("ann", "ann", -1, id: s.TakenId)),
        (RefusalCode.TransferIdTaken, "capture", s => s.Bed.Capture(Guid.Empty, -1, id: s.TakenId)),
        (RefusalCode.TransferIdTaken, "void", s => s.Bed.Void(Guid.Empty, id: s.TakenId)),

        (RefusalCode.AmountInvalid, "post of nothing", s => s.Bed.Post("ann", "ann", 0)),
        (RefusalCode.AmountInvalid, "post below zero", s => s.Bed.Post("ann", "ann", long.MinValue)),
        (RefusalCode.AmountInvalid, "hold of nothing", s => s.Bed.Hold("ann", "ann", 0)),
        (RefusalCode.AmountInvalid, "capture below zero", s => s.Bed.Capture(Guid.Empty, -1)),
        (RefusalCode.SameAccount, "post", s => s.Bed.Post("nobody", "nobody", 1)),
        (RefusalCode.SameAccount, "hold", s => s.Bed.Hold("ann", "ann", 1)),
        (RefusalCode.AccountUnknown, "debit", s => s.Bed.Post("nobody", "closed", 1)),
        (RefusalCode.AccountUnknown, "credit", s => s.Bed.Hold("closed", "nobody", 1)),
        (RefusalCode.AccountClosed, "debit", s => s.Bed.Post("closed", "euro", long.MaxValue)),
        (RefusalCode.AccountClosed, "credit", s => s.Bed.Hold("euro", "closed", long.MaxValue)),
        (RefusalCode.AssetMismatch, "post", s => s.Bed.Post("brim", "euro", long.MaxValue)),
        (RefusalCode.AmountOverflow, "credit", s => s.Bed.Post("ann", "brim", long.MaxValue)),
        (RefusalCode.AmountOverflow, "debit", s => s.Bed.Hold("source", "shop", long.MaxValue)),
        (RefusalCode.InsufficientFunds, "post", s => s.Bed.Post("ann", "shop", 101)),
        (RefusalCode.InsufficientFunds, "hold", s => s.Bed.Hold("ann", "shop", 101)),
        (RefusalCode.InsufficientFunds, "post beside a hold", s => s.Bed.Post("saver", "shop", 11)),

        (RefusalCode.RefundAboveCaptured, "refund", s => s.Bed.Refund(s.TakenId, 8)),
        (RefusalCode.RefundAboveCaptured, "chargeback", s => s.Bed.Refund(s.TakenId, 8, TransferCode.Chargeback)),
        (RefusalCode.RefundAboveCaptured, "of nothing", s => s.Bed.Refund(s.VoidedHold, 1)),

        (RefusalCode.HoldUnknown, "capture", s => s.Bed.Capture(Guid.Parse("0badc0de-0000-7000-8000-000000000000"), 1)),
        (RefusalCode.HoldUnknown, "capture of a post", s => s.Bed.Capture(s.TakenId, 1)),
        (RefusalCode.HoldUnknown, "void", s => s.Bed.Void(Guid.Parse("0badc0de-0000-7000-8000-000000000000"))),
        (RefusalCode.HoldAlreadyCaptured, "capture", s => s.Bed.Capture(s.CapturedHold, 1000)),
        (RefusalCode.HoldAlreadyCaptured, "void", s => s.Bed.Void(s.CapturedHold)),
        (RefusalCode.HoldAlreadyVoided, "capture", s => s.Bed.Capture(s.VoidedHold, 1000)),
        (RefusalCode.HoldAlreadyVoided, "void", s => s.Bed.Void(s.VoidedHold)),
        (RefusalCode.HoldExpired, "capture", s => s.Bed.Capture(s.ExpiredHold, 1000)),
        (RefusalCode.HoldExpired, "void", s => s.Bed.Void(s.ExpiredHold)),
        (RefusalCode.CaptureAboveHold, "capture", s => s.Bed.Capture(s.HoldOfClosed, 41)),
        (RefusalCode.AccountClosed, "capture", s => s.Bed.Capture(s.HoldOfClosed, 40)),
    ];

    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var (code, name, _) in Rows) cases.Add(code, name);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Each_refusal_has_its_code_changes_no_money_and_sticks(string code, string name)
    {
        var transfer = Rows.Single(row => row.Code == code && row.Case == name).Transfer(scene);
        var before = await scene.Bed.MoneyStateAsync();
        // The leg before it must vanish with the refused one.
        var act = LedgerBed.ActOf(scene.Bed.NewId(), scene.Bed.Post("provider", "shop", 1), transfer);

        var first = (await scene.Bed.Ledger.SubmitAsync(act, default)).MustBe(ActEnd.Refused, code);
        var again = await scene.Bed.Ledger.SubmitAsync(act, default);

        Assert.Equal(new Answer(402, code), first.Answer);
        Assert.Equal(first with { Replayed = true }, again);
        Assert.Equal(before, await scene.Bed.MoneyStateAsync());
    }

    [Fact]
    public void Every_refusal_code_is_produced_by_a_row()
    {
        var declared = typeof(RefusalCode).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => (string)field.GetRawConstantValue()!);
        Assert.Equal(declared.Order(), Rows.Select(row => row.Code).Distinct().Order());
    }
}

/// <summary>A ledger in which every rule can be broken.</summary>
public sealed class RefusalScene : IAsyncLifetime
{
    internal LedgerBed Bed { get; private set; } = null!;
    internal Guid TakenId { get; private set; }
    internal Guid CapturedHold { get; private set; }
    internal Guid VoidedHold { get; private set; }
    internal Guid ExpiredHold { get; private set; }
    internal Guid HoldOfClosed { get; private set; }

    public async Task InitializeAsync()
    {
        Bed = await LedgerBed.CreateAsync();
        await Bed.OpenShopAsync(("ann", 100), ("saver", 50), ("leaver", 50));
        await Bed.OpenAsync("EUR", AccountKind.Payable, "euro");
        await Bed.OpenAsync("INR", AccountKind.Payable, "closed", "brim", "source");
        await Bed.ExecuteAsync("update account set closed = true where key = 'closed'");
        await CommitAsync(Bed.Post("source", "brim", long.MaxValue - 10));

        var taken = Bed.Post("provider", "shop", 7);
        var (captured, voided, expired, ofClosed) = (
            Bed.Hold("ann", "shop", 10, minutes: 60), Bed.Hold("ann", "shop", 10, minutes: 60),
            Bed.Hold("ann", "shop", 10, minutes: 5), Bed.Hold("leaver", "shop", 40, minutes: 60 * 24));
        await CommitAsync(taken, captured, voided, expired, ofClosed, Bed.Hold("saver", "shop", 40, minutes: 60 * 24));
        await CommitAsync(Bed.Capture(captured.Id, 0), Bed.Void(voided.Id));
        Bed.Clock.Advance(TimeSpan.FromMinutes(5));
        // Any act lets the overdue hold expire.
        await CommitAsync();
        (TakenId, CapturedHold, VoidedHold, ExpiredHold, HoldOfClosed) =
            (taken.Id, captured.Id, voided.Id, expired.Id, ofClosed.Id);
        await Bed.ExecuteAsync("update account set closed = true where key = 'leaver'");
    }

    public async Task DisposeAsync() => await Bed.DisposeAsync();

    private async Task CommitAsync(params Transfer[] chain) => (await Bed.SubmitAsync(chain)).MustBe(ActEnd.Committed);
}
