namespace SightPay.Server.People;

/// <summary>What a person agrees to, in words, under a version that grows when the meaning changes.</summary>
internal sealed record ConsentText(string Purpose, int Version, string Text);

internal static class ConsentTexts
{
    private static readonly ConsentText[] All =
    [
        new(Consents.Face, 1,
            "I agree that a mathematical template of my face is computed from my photos and kept encrypted, so that "
            + "gates and tills recognise me and charge my wallet. The photos themselves are not kept. I can withdraw "
            + "this at any time; the template is then destroyed and cannot be restored."),
        new(Consents.Plate, 1,
            "I agree that the number plates of the vehicles I add are kept encrypted, so that cameras at pumps "
            + "recognise them and open the bill on my phone, and pay it by themselves up to the limit I set. Pictures "
            + "of my vehicles are not kept. I can withdraw this at any time; all my vehicles are then deleted."),
    ];

    public static string Purposes { get; } = string.Join(", ", All.Select(text => text.Purpose));

    public static ConsentText? Of(string? purpose) => All.FirstOrDefault(text => text.Purpose == purpose);
}
