namespace SightPay.Server.Payments.Sandbox;

/// <summary>What the sandbox does with a card: each shows one way in which real ones behave.</summary>
/// <param name="SucceedsIn">Null: it never does.</param>
/// <param name="Answers">False: the call that asks for the money hears nothing, though the money is taken.</param>
/// <param name="Messages">How often the outcome is told, each time under another number.</param>
/// <param name="DisputeWon">Null: no bank objects; else how the bank decides in the end.</param>
/// <param name="RefundFails">Its bank takes nothing back.</param>
internal sealed record SandboxCard(
    string Token, string Name, string Does, TimeSpan? SucceedsIn, bool Answers = true, int Messages = 1,
    bool NeedsAction = false, bool? DisputeWon = null, bool RefundFails = false)
{
    public const string DeclineCode = "card_declined";

    /// <summary>Its customer said no on the bank's page.</summary>
    public const string RefusedCode = "authentication_failed";
    public const string RefundFailureCode = "expired_or_canceled_card";

    /// <summary>Late enough to be seen, soon enough to be tried out.</summary>
    public static readonly TimeSpan Late = TimeSpan.FromSeconds(20);

    public static readonly TimeSpan DisputedAfter = TimeSpan.FromSeconds(20);
    public static readonly TimeSpan DecidedAfter = TimeSpan.FromSeconds(40);

    public static IReadOnlyList<SandboxCard> All { get; } =
    [
        new("card_ok", "Card that works", "succeeds at once", TimeSpan.Zero),
        new("card_declined", "Card without money", "is declined", null),
        new("card_action", "Card that asks back", "has to be approved on a page of the bank", null, NeedsAction: true),
        new("card_timeout", "Card that is silent", "takes the money and does not say so; it is asked again",
            TimeSpan.Zero, Answers: false, Messages: 0),
        new("card_late", "Card that is slow", "succeeds after 20 seconds", Late),
        new("card_twice", "Card that stutters", "succeeds and says so three times", TimeSpan.Zero, Messages: 3),
        new("card_disputed_lost", "Card that is charged back", "succeeds; its bank takes the money back and keeps it",
            TimeSpan.Zero, DisputeWon: false),
        new("card_disputed_won", "Card with a dispute", "succeeds; its bank takes the money back and returns it",
            TimeSpan.Zero, DisputeWon: true),
        new("card_refund_fails", "Card that is closed", "succeeds; money sent back to it returns after 20 seconds",
            TimeSpan.Zero, RefundFails: true),
    ];

    public override string ToString() => Name;

    public static SandboxCard? Find(string token) => All.FirstOrDefault(card => card.Token == token);
}
