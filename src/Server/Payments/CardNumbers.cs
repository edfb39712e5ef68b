namespace SightPay.Server.Payments;

/// <summary>Card numbers never reach us; what looks like one is refused before anything is recorded.</summary>
internal static class CardNumbers
{
    private const int DigitsMin = 12;
    private const int DigitsMax = 19;

    /// <summary>True for 12 to 19 digits, in groups or not, whose Luhn check (ISO/IEC 7812-1) holds.</summary>
    public static bool LooksLikeOne(string text)
    {
        var digits = text.Where(char.IsAsciiDigit).Select(digit => digit - '0').Reverse().ToList();
        if (digits.Count is < DigitsMin or > DigitsMax || text.Any(letter => !IsPartOfOne(letter))) return false;
        var sum = digits.Select((digit, place) => place % 2 == 0 ? digit : (digit * 2 / 10) + (digit * 2 % 10)).Sum();
        return sum % 10 == 0;
    }

    private static bool IsPartOfOne(char letter) => char.IsAsciiDigit(letter) || letter is ' ' or '-';
}
