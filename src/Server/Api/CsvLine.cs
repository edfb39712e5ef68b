using System.Globalization;
using System.Text;

namespace SightPay.Server.Api;

/// <summary>A line of comma-separated values (RFC 4180), safe to be opened in a spreadsheet.</summary>
public sealed class CsvLine
{
    private readonly StringBuilder _line = new();
    private bool _hasCells;

    /// <summary>A line of words, for instance the names of the columns.</summary>
    public static CsvLine Of(params ReadOnlySpan<string> words)
    {
        var line = new CsvLine();
        foreach (var word in words) line.Text(word);
        return line;
    }

    /// <summary>
    /// Words. Those that a spreadsheet would take for a formula get an apostrophe before them: a name that somebody
    /// chose must not compute on the operator's machine.
    /// </summary>
    public CsvLine Text(string? text)
    {
        var cell = text ?? "";
        if (cell.Length > 0 && cell[0] is '=' or '+' or '-' or '@' or '\t' or '\r' or '\n') cell = "'" + cell;
        return Cell(cell.AsSpan().IndexOfAny(",\"\r\n") < 0 ? cell : $"\"{cell.Replace("\"", "\"\"")}\"");
    }

    public CsvLine Number(long number) => Cell(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>An amount in units with its currency's digits, and after it in minor units.</summary>
    public CsvLine Money(long amountMinor, string currency) =>
        Cell(MoneyText.Units(amountMinor, currency)).Number(amountMinor);

    public CsvLine Time(DateTimeOffset time) =>
        Cell(time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));

    public CsvLine Day(DateOnly day) => Cell(day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));

    /// <summary>With the line end that spreadsheets expect.</summary>
    public override string ToString() => _line + "\r\n";

    private CsvLine Cell(string cell)
    {
        if (_hasCells) _line.Append(',');
        _hasCells = true;
        _line.Append(cell);
        return this;
    }
}
