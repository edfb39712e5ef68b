using System.Threading.Channels;

namespace SightPay.Server.Api;

/// <summary>Wakes a worker; many wishes while it works are one.</summary>
internal class WorkSignal
{
    private readonly Channel<bool> _wish = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Set() => _wish.Writer.TryWrite(true);

    public async Task WaitAsync(CancellationToken ct) => await _wish.Reader.ReadAsync(ct);
}
