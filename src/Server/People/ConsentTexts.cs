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
    ];

    public static ConsentText? Of(string? purpose) => All.FirstOrDefault(text => text.Purpose == purpose);
}
