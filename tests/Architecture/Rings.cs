namespace SightPay.Architecture.Tests;

/// <summary>
/// Who may use whom. A slice uses lower rings only, never one of its own ring; exceptions are written out.
/// </summary>
/// <param name="Root">Namespace whose direct children are the slices.</param>
/// <param name="OpenToItsRing">Slices that those of the same ring may use too; not the other way round.</param>
internal sealed record Rings(
    string Root, IReadOnlyDictionary<string, int> RingOf, string Vision, IReadOnlySet<string> MayUseVision,
    string Ledger, IReadOnlySet<string> MayNotUseLedger, IReadOnlySet<string> OpenToItsRing)
{
    /// <summary>Stands for the types in <see cref="Root"/> itself and for Program.</summary>
    public const string Program = "Program";

    /// <summary>The rings of the server; design and reasons are in ARCHITECTURE.md.</summary>
    public static Rings OfTheServer { get; } = new(
        "SightPay.Server",
        new Dictionary<string, int>
        {
            // What everything stands on. Api holds the manners of our HTTP surface: problems, idempotency, callers.
            ["Database"] = 0, ["Api"] = 0,
            ["People"] = 1, ["Receipts"] = 1, ["Audit"] = 1, ["Events"] = 1,
            // Who is it, what money and points do they have?
            ["Faces"] = 2, ["Plates"] = 2, ["Wallets"] = 2, ["Loyalty"] = 2,
            // Proves that all who write money down write the same; they hand it their queries.
            ["Books"] = 2,
            ["Stations"] = 3, ["Payments"] = 3,
            // The three trades never use each other and hand pictures to Stations.
            ["Transit"] = 4, ["Retail"] = 4, ["Fuel"] = 4,
            ["Web"] = 5, [Program] = 5,
        },
        Vision: "SightPay.Vision",
        MayUseVision: new HashSet<string> { "Faces", "Plates", "Stations", Program },
        Ledger: "SightPay.Ledger",
        MayNotUseLedger: new HashSet<string> { "Database" },
        // Whoever does something that must be told later has to be able to write it down.
        OpenToItsRing: new HashSet<string> { "Audit" });

    public IEnumerable<string> Violations(IEnumerable<CompiledType> types) =>
        types.Where(type => !type.IsGenerated).SelectMany(ViolationsOf).Distinct().Order();

    private IEnumerable<string> ViolationsOf(CompiledType type)
    {
        if (SliceOf(type.Name) is not { } slice)
        {
            if (!IsMadeByTools(type.Name)) yield return $"{type.Name} lies outside {Root}: give it a slice.";
            yield break;
        }

        if (!RingOf.TryGetValue(slice, out var ring))
        {
            yield return $"{type.Name}: the slice {slice} is unknown. Give it a ring in Rings.cs and ARCHITECTURE.md.";
            yield break;
        }

        foreach (var use in type.Uses)
            if (Complaint(slice, ring, use) is { } complaint) yield return $"{type.Name} uses {use}: {complaint}";
    }

    private string? Complaint(string slice, int ring, TypeName use)
    {
        if (IsUnder(use.Namespace, Vision))
        {
            return MayUseVision.Contains(slice)
                ? null
                : $"{slice} may not see pixels or templates. Hand the bytes to Stations and take a Sighting.";
        }

        if (IsUnder(use.Namespace, Ledger))
        {
            if (MayNotUseLedger.Contains(slice)) return $"{slice} may not use the ledger.";
            return use.Namespace == Ledger ? null : $"only {Ledger} itself is open, its sub-folders are private.";
        }

        if (SliceOf(use) is not { } other || other == slice || IsMadeByTools(use)) return null;
        if (!RingOf.TryGetValue(other, out var otherRing)) return null;
        if (otherRing > ring) return $"{slice} (ring {ring}) may not use {other} (ring {otherRing}).";
        if (otherRing == ring && ring < 5 && !OpenToItsRing.Contains(other))
            return $"{slice} and {other} share ring {ring} and may not use each other.";
        if (other != Program && use.Namespace != $"{Root}.{other}")
            return $"only {Root}.{other} itself is open, its sub-folders are private.";
        return null;
    }

    private string? SliceOf(TypeName type)
    {
        if (type.Namespace == Root) return Program;
        if (type is { Namespace: "", Name: "Program" }) return Program;
        return IsUnder(type.Namespace, Root) ? type.Namespace[(Root.Length + 1)..].Split('.')[0] : null;
    }

    /// <summary>Source generators put types of their own into these namespaces.</summary>
    private static bool IsMadeByTools(TypeName type) =>
        type.Name == "<Module>" || IsUnder(type.Namespace, "Microsoft") || IsUnder(type.Namespace, "System");

    public static bool IsUnder(string space, string root) =>
        space == root || space.StartsWith(root + ".", StringComparison.Ordinal);
}
