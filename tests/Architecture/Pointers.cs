namespace SightPay.Architecture.Tests;

/// <summary>
/// Native memory stays behind one folder: outside it no pointer, no native import, no native library or memory; and
/// its own public types show none.
/// </summary>
internal static class Pointers
{
    private static readonly HashSet<string> _nativeTypes =
    [
        "System.Runtime.InteropServices.NativeLibrary", "System.Runtime.InteropServices.NativeMemory",
        "System.Runtime.InteropServices.Marshal", "System.Runtime.InteropServices.GCHandle",
    ];

    public static IEnumerable<string> Violations(IEnumerable<CompiledType> types, string runtime) =>
        types.Where(type => !type.IsGenerated).SelectMany(type =>
            Rings.IsUnder(type.Name.Namespace, runtime) ? Shown(type) : Used(type, runtime));

    private static IEnumerable<string> Used(CompiledType type, string runtime) =>
        type.Pointers.Concat(type.Uses.Select(use => use.ToString()).Where(_nativeTypes.Contains))
            .Select(place => $"{type.Name} has {place}: keep native memory inside {runtime}.");

    private static IEnumerable<string> Shown(CompiledType type) =>
        type.IsPublic
            ? type.OpenPointers.Select(place => $"{type.Name} shows a pointer in {place}: wrap it in a safe handle.")
            : [];
}
