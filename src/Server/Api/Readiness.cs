namespace SightPay.Server.Api;

/// <summary>Something that /health shows.</summary>
/// <param name="Name">As /health shows it, snake_case.</param>
/// <param name="WhyNotAsync">Null when it works, else a few words on what is missing. Asked only once the ledger is
/// open, so it may take any service.</param>
/// <param name="IsNeeded">False: no gate decision waits for it.</param>
public sealed record ReadinessCheck(
    string Name, Func<IServiceProvider, CancellationToken, ValueTask<string?>> WhyNotAsync, bool IsNeeded = true);

public static class Readiness
{
    /// <summary>Names a dependency of gate decisions; /health answers 503 until it works.</summary>
    public static IServiceCollection AddReadinessCheck(
        this IServiceCollection services, string name,
        Func<IServiceProvider, CancellationToken, ValueTask<string?>> whyNot) =>
        services.AddSingleton(new ReadinessCheck(name, whyNot));

    /// <summary>Names something that operators must hear of, and that stops no gate.</summary>
    public static IServiceCollection AddWatch(
        this IServiceCollection services, string name,
        Func<IServiceProvider, CancellationToken, ValueTask<string?>> whyNot) =>
        services.AddSingleton(new ReadinessCheck(name, whyNot, IsNeeded: false));
}
