using SightPay.Ledger;
using SightPay.Server.Payments;
using Xunit;

namespace SightPay.Server.Tests.Payments;

/// <summary>Every state with every event: what is not in the table is refused.</summary>
public sealed class PaymentLifetimeTests
{
    // In the order of the enums; "-" is illegal.
    private const string States =
        """
                    Created    Awaiting   Authorised Captured   Expired    Cancelled  Failed     Refunded
        Ask         Awaiting   Awaiting   -          -          -          -          -          -
        Authorise   Authorised Authorised -          -          -          -          -          -
        Extend      -          -          Authorised -          -          -          -          -
        Raise       -          -          Authorised -          -          -          -          -
        Capture     Captured   Captured   Captured   -          -          -          -          -
        CaptureLate -          -          -          -          Captured   -          Captured   -
        Expire      Expired    Expired    Expired    -          -          -          -          -
        Reopen      -          -          -          -          Awaiting   -          -          -
        Cancel      Cancelled  Cancelled  Cancelled  -          Cancelled  -          -          -
        Fail        Failed     Failed     Failed     -          -          -          -          -
        Note        Created    Awaiting   Authorised Captured   Expired    Cancelled  Failed     Refunded
        RefundFailed -         -          -          Captured   -          -          -          Captured
        ReturnPart  -          -          -          Captured   -          -          -          -
        ReturnWhole -          -          -          Refunded   -          -          -          -
        RefundPart  -          -          -          Captured   -          -          -          -
        RefundWhole -          -          -          Refunded   -          -          -          -
        Dispute     -          -          -          Captured   -          -          -          -
        WinDispute  -          -          -          Captured   -          -          -          -
        LoseDispute -          -          -          Refunded   -          -          -          -
        LoseDisputePart -      -          -          Captured   -          -          -          -
        """;

    private const string Disputes =
        """
              RefundPart RefundWhole Dispute WinDispute LoseDispute LoseDisputePart
        none  none       none        Open    -          -           -
        Open  -          -           -       Won        Lost        Lost
        Won   Won        Won         -       -          -           -
        Lost  -          -           -       -          -           -
        """;

    public static TheoryData<string, string, string> StatePairs => Cells(States);

    public static TheoryData<string, string, string> DisputePairs => Cells(Disputes);

    [Theory]
    [MemberData(nameof(StatePairs))]
    public void A_state_and_an_event_lead_where_the_table_says(string happened, string state, string next) =>
        Assert.Equal(
            next == "-" ? null : Enum.Parse<PaymentState>(next),
            PaymentLifetime.Next(Enum.Parse<PaymentState>(state), Enum.Parse<PaymentEvent>(happened)));

    [Theory]
    [MemberData(nameof(DisputePairs))]
    public void An_objection_and_an_event_lead_where_the_table_says(string dispute, string happened, string next)
    {
        var (legal, after) = PaymentLifetime.Next(DisputeOf(dispute), Enum.Parse<PaymentEvent>(happened));
        Assert.Equal(next != "-", legal);
        if (legal) Assert.Equal(DisputeOf(next), after);
    }

    [Fact]
    public void The_tables_are_complete()
    {
        Assert.Equal(
            Enum.GetValues<PaymentState>().Length * Enum.GetValues<PaymentEvent>().Length, StatePairs.Count());
        Assert.Equal(Enum.GetNames<PaymentEvent>(), StatePairs.Select(row => (string)row[0]).Distinct());
        Assert.Equal(Enum.GetNames<PaymentState>(), StatePairs.Select(row => (string)row[1]).Distinct());
        Assert.Equal(
            ["none", .. Enum.GetNames<DisputeState>()], DisputePairs.Select(row => (string)row[0]).Distinct());
    }

    [Fact]
    public void An_event_that_is_no_matter_of_objections_leaves_them_alone()
    {
        foreach (var happened in Enum.GetValues<PaymentEvent>().Where(each => each < PaymentEvent.RefundPart))
            foreach (var dispute in (DisputeState?[])[null, .. Enum.GetValues<DisputeState>()])
                Assert.Equal((true, dispute), PaymentLifetime.Next(dispute, happened));
    }

    [Theory]
    [InlineData(PaymentState.Captured, null, PaymentEvent.Cancel, "illegal_transition")]
    [InlineData(PaymentState.Expired, null, PaymentEvent.Capture, "payment_expired")]
    [InlineData(PaymentState.Captured, DisputeState.Open, PaymentEvent.RefundPart, "payment_disputed")]
    [InlineData(PaymentState.Refunded, DisputeState.Lost, PaymentEvent.RefundPart, "payment_charged_back")]
    [InlineData(PaymentState.Refunded, null, PaymentEvent.RefundPart, "illegal_transition")]
    [InlineData(PaymentState.Captured, DisputeState.Won, PaymentEvent.Dispute, "illegal_transition")]
    [InlineData(PaymentState.Captured, null, PaymentEvent.RefundPart, null)]
    public void A_refusal_says_why(PaymentState state, DisputeState? dispute, PaymentEvent happened, string? code) =>
        Assert.Equal(code, PaymentLifetime.Refusal(Of(state) with { Dispute = dispute }, happened));

    [Theory]
    [InlineData(PaymentState.Awaiting, 0, PaymentState.Expired)]
    [InlineData(PaymentState.Awaiting, 1, PaymentState.Awaiting)]
    [InlineData(PaymentState.Authorised, -1, PaymentState.Expired)]
    [InlineData(PaymentState.Captured, -1, PaymentState.Captured)]
    public void A_payment_whose_time_is_over_has_expired(PaymentState state, int secondsLeft, PaymentState seen)
    {
        var now = DateTimeOffset.UnixEpoch;
        Assert.Equal(seen, (Of(state) with { DueAt = now.AddSeconds(secondsLeft) }).AsOf(now).State);
    }

    private static Payment Of(PaymentState state) => new()
    {
        Id = Guid.CreateVersion7(), Kind = PaymentKind.Retail, Person = Guid.CreateVersion7(),
        Payee = new Payee("canteen", "merchant:canteen"), Amount = new Money(100, "INR"), State = state,
    };

    private static DisputeState? DisputeOf(string word) => word == "none" ? null : Enum.Parse<DisputeState>(word);

    private static TheoryData<string, string, string> Cells(string table)
    {
        var rows = table.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList();
        var cells = new TheoryData<string, string, string>();
        foreach (var row in rows.Skip(1))
            for (var i = 0; i < rows[0].Length; i++)
                cells.Add(row[0], rows[0][i], row[i + 1]);
        return cells;
    }
}
