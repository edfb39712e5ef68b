using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace SightPay.Server.Api;

/// <summary>Opaque cursors of paged lists: clients hand them back and never read them.</summary>
public static class Cursor
{
    public static string Of(params ReadOnlySpan<string> position) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Join('\n', position)));

    /// <summary>The position a cursor stands for; null without one.</summary>
    /// <param name="parts">How many parts it was made of.</param>
    /// <exception cref="ProblemException">400 cursor_invalid: it was not ours.</exception>
    public static IReadOnlyList<string>? Read(string? cursor, int parts)
    {
        if (string.IsNullOrEmpty(cursor))
            return null;
        try
        {
            var position = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)).Split('\n');
            if (position.Length == parts)
                return position;
        }
        catch (FormatException)
        {
            // Falls through to the same answer as a cursor of another list.
        }
        throw Foreign();
    }

    /// <summary>The position of a list that is ordered by a number; null without a cursor.</summary>
    public static long? ReadNumber(string? cursor)
    {
        if (Read(cursor, 1) is not [var text]) return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Foreign();
    }

    /// <summary>The position of a list that is ordered by id; null without a cursor.</summary>
    public static Guid? ReadId(string? cursor)
    {
        if (Read(cursor, 1) is not [var text]) return null;
        return Guid.TryParse(text, out var id) ? id : throw Foreign();
    }

    private static ProblemException Foreign() =>
        new(400, "cursor_invalid", "Begin again without cursor, or use one from an answer.");
}
