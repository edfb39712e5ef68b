namespace SightPay.Server.Web;

/// <summary>
/// A slice's hosted service. It is made and started only once database and ledger are open, so that it may take them in
/// its constructor while HTTP already answers that the server is starting.
/// </summary>
internal sealed class SliceWorker(IHostedService service, bool isOurs) : IAsyncDisposable
{
    public Task StartAsync(CancellationToken ct) => service.StartAsync(ct);

    public Task StopAsync(CancellationToken ct) => service.StopAsync(ct);

    /// <summary>What the container made itself, it disposes of itself.</summary>
    public async ValueTask DisposeAsync()
    {
        if (isOurs && service is IAsyncDisposable asynchronous)
            await asynchronous.DisposeAsync();
        else if (isOurs && service is IDisposable disposable)
            disposable.Dispose();
    }
}

internal static class SliceWorkers
{
    /// <summary>Turns every hosted service registered so far into a <see cref="SliceWorker"/>.</summary>
    /// <remarks>Only the start itself, which starts them, stays with the host.</remarks>
    public static void HoldBackWorkers(this IServiceCollection services)
    {
        var hosted = services
            .Where(service => service.ServiceType == typeof(IHostedService))
            .ToList();
        foreach (var service in hosted)
        {
            services.Remove(service);
            services.AddSingleton(provider => service switch
            {
                { ImplementationInstance: IHostedService instance } => new SliceWorker(instance, isOurs: false),
                { ImplementationFactory: { } make } => new SliceWorker((IHostedService)make(provider), isOurs: false),
                _ => new SliceWorker((IHostedService)ActivatorUtilities.CreateInstance(
                    provider, service.ImplementationType!), isOurs: true),
            });
        }
        services.AddHostedService(provider => provider.GetRequiredService<StartUp>());
    }
}
