using SightPay.Server.Fuel;
using Xunit;

namespace SightPay.Server.Tests.Fuel;

/// <summary>Every state with every event: what is not in the table is refused.</summary>
public sealed class PumpSessionLifetimeTests
{
    // In the order of the enums, by their first letters (PaidElsewhere: Els); "-" is illegal.
    private const string Table =
        """
                         Wai Off Hel Fue Los Del Exp Pai Unc Qua Dri Lap Dec Abo Can Els Wri
        See              Wai Off Hel Fue Los Del Exp Pai Unc Qua Dri Lap Dec Abo Can Els Wri
        Bind             Off Off Hel -   -   -   -   -   -   -   -   -   -   -   -   -   -
        Queue            Wai Wai Wai -   -   -   -   -   -   -   -   -   -   -   -   -   -
        Hold             -   Hel Hel -   -   -   -   -   -   -   -   -   -   -   -   -   -
        Lift             Fue Fue Fue -   -   -   -   -   -   -   -   -   -   -   -   -   -
        Raise            -   -   -   Fue -   -   -   -   -   -   -   -   -   -   -   -   -
        Silence          -   -   -   Los -   -   -   -   -   -   -   -   -   -   -   -   -
        Settle           -   -   -   Pai Pai -   -   -   -   -   -   -   -   -   -   -   -
        Deliver          -   -   -   Del Del -   -   -   -   Del -   -   -   -   -   -   -
        DeliverUnclaimed -   -   -   Unc Unc -   -   -   -   Unc -   -   -   -   Unc -   -
        Abort            -   -   -   Abo Abo -   -   -   -   -   -   -   -   -   Abo -   -
        Quarantine       -   -   -   Qua Qua -   -   -   -   -   -   -   -   -   Qua -   -
        Pay              -   -   -   -   -   Pai -   -   -   -   -   -   -   -   -   -   -
        Expire           Lap Lap Lap Los -   Exp -   -   -   -   -   -   -   -   -   -   -
        Reopen           -   -   -   -   -   -   Del -   -   -   Del Off -   -   -   -   -
        Decline          Dec Dec Dec Fue Los Unc Unc -   -   Qua Unc -   -   -   -   -   -
        Assign           -   -   -   Fue Los Del Del -   Del Qua Del -   -   -   -   -   -
        PayElsewhere     -   -   -   -   -   Els Els Els Els Els Els -   -   -   -   -   -
        DriveAway        -   -   -   -   -   Dri Dri -   Dri Dri -   -   -   -   -   -   -
        WriteOff         -   -   -   -   -   Wri Wri -   Wri Wri Wri -   -   -   -   -   -
        Cancel           Can Can Can -   Can -   -   -   -   -   -   -   -   -   -   -   -
        """;

    private static readonly PumpSessionState[] States = Enum.GetValues<PumpSessionState>();
    private static readonly PumpSessionEvent[] Events = Enum.GetValues<PumpSessionEvent>();
    private static readonly PumpSessionSettings Settings = new("INR");

    public static TheoryData<string, string, string> Cells
    {
        get
        {
            var rows = Table.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .ToList();
            var cells = new TheoryData<string, string, string>();
            foreach (var row in rows.Skip(1))
                for (var i = 0; i < rows[0].Length; i++)
                    cells.Add(row[0], rows[0][i], row[i + 1]);
            return cells;
        }
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void A_state_and_an_event_lead_where_the_table_says(string happened, string state, string next) =>
        Assert.Equal(
            next == "-" ? null : StateOf(next),
            PumpSessionLifetime.Next(StateOf(state), Enum.Parse<PumpSessionEvent>(happened)));

    [Fact]
    public void The_table_is_complete()
    {
        Assert.Equal(States.Length * Events.Length, Cells.Count());
        Assert.Equal(Events.Select(each => each.ToString()), Cells.Select(cell => (string)cell[0]).Distinct());
        Assert.Equal(States, Cells.Select(cell => StateOf((string)cell[1])).Distinct());
    }

    [Fact]
    public void Whatever_has_a_pump_leaves_it_by_itself()
    {
        foreach (var state in States.Where(PumpSessionLifetime.HasCar))
        {
            Assert.NotNull(Settings.TimeOf(state));
            var after = PumpSessionLifetime.Next(state, PumpSessionEvent.Expire);
            Assert.False(PumpSessionLifetime.HasCar(after!.Value), $"{state} expires to {after}");
        }
    }

    [Fact]
    public void What_has_a_timer_ends_by_it_and_nothing_else_does() => Assert.All(
        States, state => Assert.Equal(
            Settings.TimeOf(state) is not null, PumpSessionLifetime.Next(state, PumpSessionEvent.Expire) is not null));

    [Fact]
    public void Every_state_is_reached_and_leads_to_an_end()
    {
        var reached = Reached([PumpSessionState.Waiting, PumpSessionState.Offered, PumpSessionState.Fuelling]);
        Assert.Equal(States, reached.Order());
        foreach (var state in States)
            Assert.Contains(Reached([state]), PumpSessionLifetime.IsOver);
    }

    [Fact]
    public void What_is_owed_can_be_paid_given_up_or_given_to_somebody()
    {
        foreach (var state in States.Where(PumpSessionLifetime.IsOwed))
            foreach (var happened in (PumpSessionEvent[])
                [PumpSessionEvent.PayElsewhere, PumpSessionEvent.WriteOff, PumpSessionEvent.Assign])
                Assert.NotNull(PumpSessionLifetime.Next(state, happened));
    }

    [Fact]
    public void What_was_paid_is_never_paid_again()
    {
        // Neither at once nor by any way around, but for what the shop gives back.
        foreach (var state in Reached([PumpSessionState.Paid]))
            foreach (var happened in (PumpSessionEvent[])[PumpSessionEvent.Pay, PumpSessionEvent.Settle])
                Assert.Null(PumpSessionLifetime.Next(state, happened));
    }

    private static HashSet<PumpSessionState> Reached(IEnumerable<PumpSessionState> from)
    {
        var reached = from.ToHashSet();
        for (var before = 0; before < reached.Count;)
        {
            before = reached.Count;
            foreach (var state in reached.ToList())
                foreach (var happened in Events)
                    if (PumpSessionLifetime.Next(state, happened) is { } next) reached.Add(next);
        }
        return reached;
    }

    private static PumpSessionState StateOf(string letters) => letters == "Els"
        ? PumpSessionState.PaidElsewhere
        : States.Single(state => state.ToString().StartsWith(letters, StringComparison.Ordinal)
            && !(letters == "Pai" && state == PumpSessionState.PaidElsewhere));
}
