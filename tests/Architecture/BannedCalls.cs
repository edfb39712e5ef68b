namespace SightPay.Architecture.Tests;

/// <summary>Calls that may not appear, each with what to write instead: the failure message is also the fix.</summary>
internal static class BannedCalls
{
    private const string Clock = "use the injected TimeProvider (GetUtcNow)";
    private const string Await = "await it; a blocked thread starves the pool";

    private static readonly Dictionary<string, string> _cures = new()
    {
        ["System.DateTime.get_Now"] = Clock,
        ["System.DateTime.get_UtcNow"] = Clock,
        ["System.DateTime.get_Today"] = Clock,
        ["System.DateTimeOffset.get_Now"] = Clock,
        ["System.DateTimeOffset.get_UtcNow"] = Clock,
        ["System.Guid.NewGuid"] = "use SightPay.Ledger.Ids.Next(clock)",
        ["System.Guid.CreateVersion7"] = "use SightPay.Ledger.Ids.Next(clock)",
        ["System.Threading.Thread.Sleep"] = "await Task.Delay(duration, clock, ct)",
        ["System.Threading.Tasks.Task.Wait"] = Await,
        ["System.Threading.Tasks.Task.WaitAll"] = "await Task.WhenAll(...)",
        ["System.Threading.Tasks.Task.WaitAny"] = "await Task.WhenAny(...)",
        ["System.Threading.Tasks.Task`1.get_Result"] = Await,
        ["System.Threading.Tasks.ValueTask`1.get_Result"] = Await,
        ["System.Random.get_Shared"] = "use RandomNumberGenerator, or new Random(seed) that prints its seed",
        ["System.Random..ctor/0"] = "use RandomNumberGenerator, or new Random(seed) that prints its seed",
        ["System.Runtime.CompilerServices.AsyncVoidMethodBuilder.Create"] =
            "return a Task; nobody can await an async void, and its exception ends the program",
    };

    /// <summary>The one place where each of these may stand.</summary>
    private static readonly HashSet<(string Type, string Call)> _doors =
        [("SightPay.Ledger.Ids", "System.Guid.CreateVersion7")];

    public static IEnumerable<string> Violations(IEnumerable<CompiledType> types) =>
        types.Where(type => !type.IsGenerated)
            .SelectMany(type => Called(type).Concat(Blocked(type))).Distinct().Order();

    private static IEnumerable<string> Called(CompiledType type) =>
        from use in type.Members
        let call = $"{use.Owner}.{use.Member}"
        let cure = _cures.GetValueOrDefault(call) ?? _cures.GetValueOrDefault($"{call}/{use.Parameters}")
        where cure is not null && !_doors.Contains((type.Name.ToString(), call))
        select $"{type.Name} ({use.Inside}) calls {call}: {cure}.";

    /// <summary>
    /// An await compiles to one IsCompleted and one GetResult on the same awaiter. A GetResult without its IsCompleted
    /// was written by hand. The entry point that the compiler makes around an async Main is the exception.
    /// </summary>
    private static IEnumerable<string> Blocked(CompiledType type) =>
        from use in type.Members
        where IsAwaiter(use.Owner) && use.Inside != "<Main>"
        group use by (use.Inside, use.Owner) into uses
        let results = uses.Count(use => use.Member == "GetResult")
        let awaits = uses.Count(use => use.InStateMachine && use.Member == "get_IsCompleted")
        where results > awaits
        select $"{type.Name} ({uses.Key.Inside}) calls {uses.Key.Owner}.GetResult: {Await}.";

    private static bool IsAwaiter(TypeName owner) =>
        owner.Namespace == "System.Runtime.CompilerServices"
        && owner.Name.Split('`')[0] is "TaskAwaiter" or "ValueTaskAwaiter" or "ConfiguredTaskAwaiter"
            or "ConfiguredValueTaskAwaiter";
}
