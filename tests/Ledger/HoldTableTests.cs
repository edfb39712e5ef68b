using Xunit;

namespace SightPay.Ledger.Tests;

/// <summary>Every state of a hold with everything that can be done to it.</summary>
public sealed class HoldTableTests
{
    internal enum HoldIs
    {
        Open,
        Captured,
        Voided,
        Expired,
    }

    internal enum Doing
    {
        CaptureAll,
        CapturePart,
        CaptureNothing,
        CaptureAbove,

        /// <summary>All of it, and a little more beside it out of the wallet.</summary>
        CaptureOver,

        /// <summary>What was delivered is taken although the hold is over; what the wallet lacks is owed.</summary>
        CaptureLate,

        Void,

        /// <summary>A longer hold takes its place, in one chain.</summary>
        Extend,

        /// <summary>A new hold that names the old one.</summary>
        Reopen,
    }

    // "-": done; the figures are what ann holds set aside and may spend afterwards, out of 100 with a hold of 40.
    private const string Table =
        """
                       Open                  Captured               Voided               Expired
        CaptureAll     -,0,60                hold_already_captured  hold_already_voided  hold_expired
        CapturePart    -,0,75                hold_already_captured  hold_already_voided  hold_expired
        CaptureNothing -,0,100               hold_already_captured  hold_already_voided  hold_expired
        CaptureAbove   capture_above_hold    hold_already_captured  hold_already_voided  hold_expired
        CaptureOver    -,0,55                hold_already_captured  hold_already_voided  hold_expired
        CaptureLate    -,40,0                -,0,0                  -,0,0                -,0,0
        Void           -,0,100               hold_already_captured  hold_already_voided  hold_expired
        Extend         -,40,60               hold_already_captured  hold_already_voided  hold_expired
        Reopen         -,80,20               -,40,20                -,40,60              -,40,60
        """;

    public static TheoryData<string, string, string> Cells()
    {
        var rows = Table.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList();
        var cells = new TheoryData<string, string, string>();
        foreach (var row in rows.Skip(1))
            for (var i = 0; i < rows[0].Length; i++) cells.Add(row[0], rows[0][i], row[i + 1]);
        return cells;
    }

    [Fact]
    public void The_table_is_complete() => Assert.Equal(
        Enum.GetNames<Doing>().SelectMany(doing => Enum.GetNames<HoldIs>().Select(state => $"{doing} {state}")),
        Cells().Select(cell => $"{cell[0]} {cell[1]}"));

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task A_hold_in_a_state_does_what_the_table_says(string doing, string state, string expected)
    {
        await using var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", 100));
        await bed.OpenAsync("INR", AccountKind.Receivable, "owed");
        var hold = bed.Hold("ann", "shop", 40, minutes: 5);
        (await bed.SubmitAsync(hold)).MustBe(ActEnd.Committed);
        await BringAsync(bed, hold, Enum.Parse<HoldIs>(state));
        var chain = ChainOf(bed, hold, Enum.Parse<Doing>(doing));
        var before = await bed.MoneyStateAsync();

        var result = await bed.SubmitAsync(chain);

        if (expected[0] != '-')
        {
            result.MustBe(ActEnd.Refused, expected);
            Assert.Equal(before, await bed.MoneyStateAsync());
            return;
        }
        result.MustBe(ActEnd.Committed);
        var (held, available) = await bed.HeldAndAvailableAsync("ann");
        Assert.Equal(expected, $"-,{held},{available}");
        Assert.Empty(await bed.Ledger.AuditAsync(default));
    }

    private static async Task BringAsync(LedgerBed bed, Transfer hold, HoldIs state)
    {
        if (state == HoldIs.Captured) await bed.SubmitAsync(bed.Capture(hold.Id, 40));
        if (state == HoldIs.Voided) await bed.SubmitAsync(bed.Void(hold.Id));
        if (state != HoldIs.Expired) return;
        bed.Clock.Advance(TimeSpan.FromMinutes(5));
        await bed.SubmitAsync();
    }

    private static Transfer[] ChainOf(LedgerBed bed, Transfer hold, Doing doing)
    {
        var capture = bed.Capture(hold.Id, 40);
        var late = Transfer.PostUpTo(bed.NewId(), "ann", "shop", 110, TransferCode.LateCapture);
        return doing switch
        {
            Doing.CaptureAll => [capture],
            Doing.CapturePart => [bed.Capture(hold.Id, 25)],
            Doing.CaptureNothing => [bed.Capture(hold.Id, 0)],
            Doing.CaptureAbove => [bed.Capture(hold.Id, 41)],
            Doing.CaptureOver =>
                [capture, bed.Post("ann", "shop", 5, TransferCode.OverCapture) with { RefId = capture.Id }],
            Doing.CaptureLate => [late, Transfer.PostRest(bed.NewId(), "owed", "shop", late)],
            Doing.Void => [bed.Void(hold.Id)],
            Doing.Extend => [bed.Void(hold.Id), bed.Hold("ann", "shop", 40, minutes: 60) with { RefId = hold.Id }],
            Doing.Reopen => [bed.Hold("ann", "shop", 40) with { RefId = hold.Id }],
            _ => throw new InvalidOperationException($"No chain for {doing}."),
        };
    }
}
