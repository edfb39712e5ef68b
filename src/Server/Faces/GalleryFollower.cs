using Npgsql;
using SightPay.Server.People;

namespace SightPay.Server.Faces;

/// <summary>
/// Keeps the gallery equal to the store: builds it at the start, then follows the change feed. The notification is only
/// a hint to read the feed; what counts is the sequence number, so a missed one is caught up with.
/// </summary>
internal sealed partial class GalleryFollower(
    FaceStore store, FaceRecogniser recogniser, PersonVault vault, NpgsqlDataSource database, TimeProvider clock,
    ILogger<GalleryFollower> log) : IHostedService, IDisposable
{
    // A lost notification (connection gone, another process) is noticed after this long at the latest.
    private static readonly TimeSpan _lookAgainEvery = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _reconnectAfter = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _one = new(1);
    private readonly CancellationTokenSource _stopping = new();
    private Task _following = Task.CompletedTask;
    private long _seq = -1;

    /// <summary>True once everybody enrolled can be recognised.</summary>
    public bool IsReady => Interlocked.Read(ref _seq) >= 0;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await CatchUpAsync(cancellationToken);
        _following = FollowAsync(_stopping.Token);
    }

    /// <summary>Applies everything committed so far; when it returns, searches of this process see it.</summary>
    public async Task CatchUpAsync(CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        try
        {
            if (_seq < 0) await BuildAsync(ct);
            else
                await foreach (var change in store.ChangesAfterAsync(_seq, ct))
                {
                    Apply(change);
                    Interlocked.Exchange(ref _seq, change.Seq);
                }
        }
        finally
        {
            _one.Release();
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _following;
    }

    public void Dispose()
    {
        _one.Dispose();
        _stopping.Dispose();
    }

    private async Task BuildAsync(CancellationToken ct)
    {
        // The number is read first: a change in between is applied twice, which is harmless, and never missed.
        var seq = await store.LastSeqAsync(ct);
        var otherPacks = 0;
        await foreach (var face in store.AllAsync(ct))
            if (!Apply(face)) otherPacks++;
        Interlocked.Exchange(ref _seq, seq);
        LogBuilt(recogniser.Enrolled, recogniser.Pack, otherPacks);
    }

    /// <returns>False when the template was made by another model pack and cannot be compared.</returns>
    private bool Apply(FaceChange change)
    {
        if (change.Face is not { } face || change.WrappedKey is not { } key)
        {
            recogniser.Remove(change.Person);
            return true;
        }
        if (face.Pack != recogniser.Pack)
        {
            recogniser.Remove(change.Person);
            return false;
        }
        var numbers = vault.Open(change.Person, EnrolFace.Purpose, key, face.Sealed);
        recogniser.Put(change.Person, TemplateBytes.Read(face.Pack, numbers), face.LivenessProved);
        Array.Clear(numbers);
        return true;
    }

    private async Task FollowAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or IOException or TimeoutException)
            {
                LogLost(exception.GetType().Name);
                await Task.Delay(_reconnectAfter, clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using (var listen = new NpgsqlCommand($"listen {FaceStore.Channel}", connection))
            await listen.ExecuteNonQueryAsync(ct);
        while (true)
        {
            await CatchUpAsync(ct);
            await connection.WaitAsync(_lookAgainEvery, ct);
        }
    }

    [LoggerMessage(2001, LogLevel.Information, "Gallery built: {People} people, pack {Pack}; {OtherPacks} templates of "
        + "other packs were left out and need a new enrolment.")]
    private partial void LogBuilt(int people, string pack, int otherPacks);

    [LoggerMessage(2002, LogLevel.Warning, "The face feed was lost ({Cause}); it is opened again.")]
    private partial void LogLost(string cause);
}
