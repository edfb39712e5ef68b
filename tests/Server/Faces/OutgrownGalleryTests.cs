using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SightPay.Server.Api;
using SightPay.Server.Faces;
using SightPay.Vision.Gallery;
using Xunit;

namespace SightPay.Server.Tests.Faces;

/// <summary>More people are enrolled than the thresholds were measured with.</summary>
public sealed class OutgrownGalleryTests : IAsyncLifetime
{
    private ServerBed _bed = null!;

    public async Task InitializeAsync() => _bed = await ServerBed.StartAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task It_is_said_once_in_log_and_console_and_shown_by_health_while_it_lasts_and_the_policy_tightens()
    {
        var recogniser = _bed.Get<FaceRecogniser>();
        var (last, log) = (recogniser.Evidence.CalibratedTo, new Lines());
        using var follower = ActivatorUtilities.CreateInstance<GalleryFollower>(_bed.Services, log);
        var people = Enumerable.Range(0, last + 1).Select(_ => Guid.CreateVersion7()).ToArray();
        for (var i = 0; i < last; i++) Enrol(people[i], i);
        await follower.CatchUpAsync(default);
        Assert.Empty(log.Warnings);
        Assert.Null(await SaidAsync());

        Enrol(people[last], last);
        await follower.CatchUpAsync(default);
        await follower.CatchUpAsync(default);
        Assert.StartsWith($"{last + 1} people are enrolled", Assert.Single(log.Warnings), StringComparison.Ordinal);
        Assert.StartsWith($"{last + 1} people are enrolled", await SaidAsync(), StringComparison.Ordinal);
        var policy = DecisionPolicy.For(recogniser.Pack);
        Assert.True(policy.LimitsAt(2 * last).AcceptMin > policy.LimitsAt(last).AcceptMin);

        recogniser.Remove(people[0]);
        await follower.CatchUpAsync(default);
        Assert.Null(await SaidAsync());
        Assert.Single(log.Warnings);
        await using var told = _bed.Database.DataSource.CreateCommand(
            """
            select string_agg(concat_ws(' ', topic, kind, payload->>'people', payload->>'calibrated_to'), ', ')
            from outbox where payload->>'what' = 'gallery_outgrown'
            """);
        Assert.Equal($"operations alert {last + 1} {last}", await told.ExecuteScalarAsync());
    }

    private ValueTask<string?> SaidAsync()
    {
        var watch = _bed.Services.GetServices<ReadinessCheck>().Single(check => check.Name == "face_thresholds");
        // No gate is shut by it.
        Assert.False(watch.IsNeeded);
        return watch.WhyNotAsync(_bed.Services, default);
    }

    private void Enrol(Guid person, int seed)
    {
        var (random, numbers) = (new Random(seed), new float[_bed.Get<FaceRecogniser>().Dimensions]);
        for (var i = 0; i < numbers.Length; i++) numbers[i] = (float)(random.NextDouble() - 0.5);
        var length = MathF.Sqrt(numbers.Sum(number => number * number));
        for (var i = 0; i < numbers.Length; i++) numbers[i] /= length;
        _bed.Get<FaceRecogniser>().Put(person, numbers, livenessProved: false);
    }

    private sealed class Lines : ILogger<GalleryFollower>
    {
        public List<string> Warnings { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) Warnings.Add(formatter(state, exception));
        }
    }
}
