using SightPay.Server.People;

namespace SightPay.Server.Fuel;

/// <summary>
/// What sessions keep of a person. What was delivered stays, under a number that leads to nobody: those of person and
/// vehicle say nothing once both are gone.
/// </summary>
internal static class SessionPersonData
{
    public static PersonRows Rows { get; } = new()
    {
        Sections =
        [
            new("fuel_sessions",
                """
                select id, site, pump, state, vehicle, grade, unit, price, delivered_thousandths, bill_minor,
                    hold_minor, payment, began_at, delivered_at, closed_at
                from pump_session where person = $1 or said_yes = $1 order by seq
                """),
        ],
        Obstacles =
        [
            new("select from pump_session where person = $1 and closed_at is null",
                "fuel_session_open", "A fuel bill is not paid yet, or a car is at a pump."),
        ],
    };
}
