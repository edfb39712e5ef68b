namespace SightPay.Server.Api;

/// <summary>One page of a list, newest first; ask for the next one with <c>?cursor=</c>.</summary>
/// <param name="NextCursor">Null on the last page.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor)
{
    /// <summary>Cuts a page from rows that were read with one more than the limit.</summary>
    public static Page<T> Of(IReadOnlyList<T> rows, int limit, Func<T, string> cursor) => rows.Count > limit
        ? new([.. rows.Take(limit)], cursor(rows[limit - 1]))
        : new(rows, null);
}

public static class PageLimit
{
    public const int Default = 50;
    public const int Max = 200;

    /// <summary>What was asked for, within bounds.</summary>
    public static int Of(int? asked) => Math.Clamp(asked ?? Default, 1, Max);
}
