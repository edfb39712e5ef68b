using SightPay.Vision.Runtime;
using Xunit;

namespace SightPay.Vision.Tests.Runtime;

public sealed class PictureTurnsTests
{
    private static readonly byte[] Jpeg =
        PictureCodec.EncodeJpeg(new Picture(16, 16, new byte[16 * 16 * 3]), 90);

    [Fact]
    public async Task No_more_are_looked_at_at_once_than_may_be()
    {
        using var turns = new PictureTurns(2);
        var (now, most) = (0, 0);
        var bothInside = new TaskCompletionSource();
        await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Task.Run(() => turns.LookAsync(Jpeg, new(), picture =>
        {
            var inside = Interlocked.Increment(ref now);
            if (inside == 2) bothInside.TrySetResult();
            // The first two wait for each other, so that they are seen to look at the same time.
            bothInside.Task.Wait(TimeSpan.FromSeconds(60));
            lock (turns) most = Math.Max(most, inside);
            Interlocked.Decrement(ref now);
            return picture.Width;
        }, default))));
        Assert.Equal(2, most);
    }

    [Fact]
    public async Task A_turn_is_given_back_whatever_came_of_it()
    {
        using var turns = new PictureTurns(1);
        await Assert.ThrowsAsync<PictureException>(
            () => turns.LookAsync("no picture"u8.ToArray(), new(), _ => 0, default));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => turns.LookAsync<int>(Jpeg, new(), _ => throw new InvalidOperationException(), default));
        using var gone = new CancellationTokenSource();
        gone.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => turns.LookAsync(Jpeg, new(), picture => picture.Width, gone.Token));
        var look = await turns.LookAsync(Jpeg, new(), picture => picture.Width, default);
        Assert.Equal(16, look.Seen);
        Assert.True(look.DecodeMs > 0);
    }
}
