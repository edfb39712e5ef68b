using System.Runtime.InteropServices;
using System.Text;
using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.Events;
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

    // UTF-8, as the database sends text.
    private readonly byte[] _pack = Encoding.UTF8.GetBytes(recogniser.Pack);

    private readonly SemaphoreSlim _one = new(1);
    private readonly CancellationTokenSource _stopping = new();
    private Task _following = Task.CompletedTask;
    private readonly HashSet<Guid> _enrolledElsewhere = [];
    private long _seq = -1;
    private bool _hasOutgrown;

    /// <summary>True once everybody enrolled can be recognised.</summary>
    public bool IsReady => Interlocked.Read(ref _seq) >= 0;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await CatchUpAsync(cancellationToken);
        _following = FollowAsync(_stopping.Token);
    }

    /// <summary>People whose template another model pack made: they have to enrol again.</summary>
    public int ToEnrolAgain { get; private set; }

    /// <summary>Applies everything committed so far; when it returns, searches of this process see it.</summary>
    public async Task CatchUpAsync(CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        try
        {
            if (_seq < 0) await BuildAsync(ct);
            else await FollowUpAsync(ct);
            await TellWhenOutgrownAsync();
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
        // Opening a template takes longer than reading it: all cores open them, a few hundred at a time.
        await Parallel.ForEachAsync(store.AllAsync(ct), ct, (batch, _) =>
        {
            Build(batch);
            return ValueTask.CompletedTask;
        });
        Interlocked.Exchange(ref _seq, seq);
        ToEnrolAgain = _enrolledElsewhere.Count;
        var evidence = recogniser.Evidence;
        LogBuilt(
            recogniser.Enrolled, recogniser.Pack, evidence.FnirAtFpir1e3, evidence.GallerySize, evidence.CalibratedTo);
        if (ToEnrolAgain > 0) LogEnrolAgain(ToEnrolAgain, recogniser.Pack);
    }

    private async Task FollowUpAsync(CancellationToken ct)
    {
        var before = ToEnrolAgain;
        await foreach (var change in store.ChangesAfterAsync(_seq, ct))
        {
            Apply(change);
            Interlocked.Exchange(ref _seq, change.Seq);
        }
        ToEnrolAgain = _enrolledElsewhere.Count;
        if (ToEnrolAgain < before) LogLeft(ToEnrolAgain);
    }

    /// <summary>Beyond the measured sizes the policy is stricter than the last measurement; it is said once, and
    /// /health says it for as long as it lasts.</summary>
    private async Task TellWhenOutgrownAsync()
    {
        if (_hasOutgrown == recogniser.HasOutgrown) return;
        _hasOutgrown = !_hasOutgrown;
        if (!_hasOutgrown) return;
        var (people, calibratedTo) = (recogniser.Enrolled, recogniser.Evidence.CalibratedTo);
        LogOutgrown(people, calibratedTo);
        try
        {
            await using var connection = await database.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            var alert = ApiJson.Write(new { What = "gallery_outgrown", People = people, CalibratedTo = calibratedTo });
            await Outbox.AddAsync(
                connection, transaction, new OutboxRow(OutboxRow.Operations, OutboxRow.Alert, alert), default);
            await transaction.CommitAsync();
        }
        catch (NpgsqlException fault)
        {
            LogNotTold(fault);
        }
    }

    private void Build(FaceBatch batch)
    {
        using var opener = vault.Opener(EnrolFace.Purpose);
        Span<float> values = stackalloc float[recogniser.Dimensions];
        var numbers = MemoryMarshal.AsBytes(values);
        while (batch.TryNext(out var face))
        {
            if (!face.Pack.SequenceEqual(_pack))
            {
                lock (_enrolledElsewhere) _enrolledElsewhere.Add(face.Person);
                continue;
            }
            opener.Open(face.Person, face.WrappedKey, face.Sealed, numbers);
            TemplateBytes.ToThisMachine(values);
            recogniser.Put(face.Person, values, FaceRow.IsProved(face.Liveness));
        }
        values.Clear();
        batch.Return();
    }

    private void Apply(FaceChange change)
    {
        lock (_enrolledElsewhere) _enrolledElsewhere.Remove(change.Person);
        if (change.Face is not { } face || change.WrappedKey is not { } key)
        {
            recogniser.Remove(change.Person);
            return;
        }
        if (face.Pack != recogniser.Pack)
        {
            recogniser.Remove(change.Person);
            lock (_enrolledElsewhere) _enrolledElsewhere.Add(change.Person);
            return;
        }
        var numbers = vault.Open(change.Person, EnrolFace.Purpose, key, face.Sealed);
        recogniser.Put(change.Person, TemplateBytes.Read(face.Pack, numbers), face.LivenessProved);
        Array.Clear(numbers);
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

    [LoggerMessage(2001, LogLevel.Information, "Gallery built: {People} people, pack {Pack}. Measured from single "
        + "photos, {Missed} of the searches miss somebody among {MeasuredAt} people at a false-positive rate of 0.001; "
        + "thresholds hold for up to {CalibratedTo}.")]
    private partial void LogBuilt(int people, string pack, double missed, int measuredAt, int calibratedTo);

    [LoggerMessage(2002, LogLevel.Warning, "The face feed was lost ({Cause}); it is opened again.")]
    private partial void LogLost(string cause);

    [LoggerMessage(2003, LogLevel.Warning, "{People} people enrolled with another model pack than {Pack}: they are not "
        + "recognised until they enrol again.")]
    private partial void LogEnrolAgain(int people, string pack);

    [LoggerMessage(2004, LogLevel.Information, "{People} people are left who have to enrol again.")]
    private partial void LogLeft(int people);

    [LoggerMessage(2005, LogLevel.Warning, "{People} people are enrolled, but the thresholds were measured with up to "
        + "{CalibratedTo}. Beyond, an accept is stricter than measured: more people are asked for a PIN.")]
    private partial void LogOutgrown(int people, int calibratedTo);

    [LoggerMessage(2006, LogLevel.Warning, "Operators were not told that the gallery is outgrown; /health says it.")]
    private partial void LogNotTold(Exception fault);
}
