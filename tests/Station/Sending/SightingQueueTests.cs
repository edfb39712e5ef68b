using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using SightPay.Station.Sending;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Station.Tests.Sending;

public sealed class SightingQueueTests : IDisposable
{
    private const string Key = "a station's key";

    private readonly TemporaryFolder _folder = new();
    private ManualClock _clock = new();
    private readonly CancellationTokenSource _end = new(TimeSpan.FromSeconds(60));

    public void Dispose()
    {
        _end.Dispose();
        _folder.Dispose();
    }

    private string FilePath => Path.Combine(_folder.Path, "queue");

    [Fact]
    public async Task What_was_added_is_there_after_a_restart_in_its_order()
    {
        using (var queue = Open())
        {
            Add(queue, "first");
            Add(queue, "second");
        }

        using var again = Open();

        Assert.Equal(["first", "second"], await DrainAsync(again));
        Assert.Equal(0, again.Count);
    }

    [Fact]
    public async Task What_the_server_has_is_not_sent_again_after_a_restart()
    {
        using (var queue = Open())
        {
            Add(queue, "first");
            Add(queue, "second");
            queue.Done((await queue.OldestAsync(_end.Token)).Counter);
        }

        using var again = Open();

        Assert.Equal(["second"], await DrainAsync(again));
    }

    [Fact]
    public void Counters_rise_over_restarts()
    {
        var counters = new List<long>();
        for (var run = 0; run < 3; run++)
        {
            using var queue = Open();
            for (var i = 0; i < 5; i++) counters.Add(Add(queue, "car"));
            // A clock that was put back makes no difference.
            PutBack(TimeSpan.FromDays(1));
        }

        Assert.Equal(counters.Order().Distinct(), counters);
    }

    [Fact]
    public void Counters_rise_when_the_folder_was_lost()
    {
        long before;
        using (var queue = Open()) before = Add(queue, "car");
        File.Delete(FilePath);
        _clock.Advance(TimeSpan.FromSeconds(1));

        using var again = Open();

        Assert.True(Add(again, "car") > before);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(40)]
    public async Task What_a_power_cut_tore_off_is_left_out_and_the_rest_stands(int lost)
    {
        using (var queue = Open())
        {
            Add(queue, "whole");
            Add(queue, "torn");
        }
        using (var file = File.OpenWrite(FilePath)) file.SetLength(file.Length - lost);

        using (var again = Open())
        {
            Assert.Equal(1, again.Count);
            Add(again, "later");
        }
        using var third = Open();

        Assert.Equal(["whole", "later"], await DrainAsync(third));
    }

    [Fact]
    public async Task A_flipped_bit_is_noticed()
    {
        using (var queue = Open())
        {
            Add(queue, "first");
            Add(queue, "second");
        }
        var bytes = await File.ReadAllBytesAsync(FilePath);
        bytes[^3] ^= 1;
        await File.WriteAllBytesAsync(FilePath, bytes);

        using var again = Open();

        Assert.Equal(["first"], await DrainAsync(again));
    }

    [Fact]
    public void Plates_are_not_readable_on_the_disk()
    {
        using (var queue = Open()) Add(queue, "W1ABC5A");

        var onDisk = Encoding.Latin1.GetString(File.ReadAllBytes(FilePath));
        Assert.DoesNotContain("W1ABC5A", onDisk, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_another_key_the_old_ones_are_dropped_and_new_ones_go_on()
    {
        using (var queue = Open()) Add(queue, "old");

        using var again = Open(key: "another key");
        Add(again, "new");

        Assert.Equal(["new"], await DrainAsync(again));
    }

    [Fact]
    public async Task Beyond_the_count_the_oldest_go()
    {
        using var queue = Open(new(CountMax: 3));
        for (var i = 0; i < 5; i++) Add(queue, $"car {i}");

        Assert.Equal(["car 2", "car 3", "car 4"], await DrainAsync(queue));
    }

    [Fact]
    public async Task Beyond_their_age_they_go()
    {
        using var queue = Open(new(AgeMax: TimeSpan.FromHours(1)));
        Add(queue, "old");
        _clock.Advance(TimeSpan.FromHours(2));
        Add(queue, "new");

        Assert.Equal(["new"], await DrainAsync(queue));
    }

    [Fact]
    public async Task A_drained_queue_does_not_grow_for_ever_and_its_counter_stays()
    {
        long last = 0;
        using (var queue = Open())
        {
            for (var round = 0; round < 40; round++)
            {
                for (var i = 0; i < 5; i++) last = Add(queue, new string('x', 10_000));
                await DrainAsync(queue);
            }
        }
        Assert.True(new FileInfo(FilePath).Length < 2_000_000);

        PutBack(TimeSpan.FromDays(30));
        using var again = Open();
        Assert.Equal(0, again.Count);
        Assert.True(Add(again, "car") > last);
    }

    [Fact]
    public void Two_agents_never_share_a_queue()
    {
        using var first = Open();

        var fault = Assert.Throws<AgentException>(() => Open());

        Assert.Contains("another agent", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_waits_is_woken_by_the_next_one()
    {
        using var queue = Open();
        var waiting = queue.OldestAsync(_end.Token);
        Assert.False(waiting.IsCompleted);

        Add(queue, "car");

        Assert.Equal("car", Encoding.UTF8.GetString((await waiting).Body));
    }

    private void PutBack(TimeSpan by) => _clock = new ManualClock(_clock.GetUtcNow() - by);

    private SightingQueue Open(QueueLimits? limits = null, string key = Key) =>
        new(_folder.Path, key, limits ?? new(), _clock, NullLogger<SightingQueue>.Instance);

    private long Add(SightingQueue queue, string body)
    {
        long given = 0;
        queue.Add(_clock.GetUtcNow(), counter =>
        {
            given = counter;
            return Encoding.UTF8.GetBytes(body);
        });
        return given;
    }

    private async Task<List<string>> DrainAsync(SightingQueue queue)
    {
        var bodies = new List<string>();
        while (queue.Count > 0)
        {
            var oldest = await queue.OldestAsync(_end.Token);
            bodies.Add(Encoding.UTF8.GetString(oldest.Body));
            queue.Done(oldest.Counter);
        }
        return bodies;
    }
}
