using SightPay.Vision.Models;
using SightPay.Vision.Runtime;
using Xunit;

namespace SightPay.Vision.Tests.Runtime;

public sealed class OnnxModelTests
{
    private static readonly string Liveness = Path.Combine(EnginePaths.StandardPack, "liveness.onnx");
    private static readonly long[] Input = [1, 32, 32, 3];
    private static readonly Dictionary<string, long[]> Outputs = new() { ["live"] = [1, 2] };

    [Fact]
    public void Runs_at_the_same_time_give_what_runs_one_by_one_give()
    {
        using var model = OnnxModel.Open(Liveness, Input, Outputs, threads: 2);
        var expected = Enumerable.Range(0, 8).Select(seed => Answer(model, seed)).ToArray();
        Assert.Equal(8, expected.Select(answer => answer[0]).Distinct().Count());
        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
            Assert.Equal(expected[i % 8], Answer(model, i % 8)));
    }

    [Fact]
    public void A_run_allocates_nothing()
    {
        using var model = OnnxModel.Open(Liveness, Input, Outputs, threads: 1);
        using var run = model.Rent();
        run.Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var sum = 0f;
        for (var i = 0; i < 100; i++)
        {
            run.Input[i] = i;
            run.Run();
            sum += run.Output("live")[0];
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(sum > 0);
    }

    [Fact]
    public void Slots_are_used_again_and_their_buffers_are_aligned()
    {
        using var model = OnnxModel.Open(Liveness, Input, Outputs, threads: 1);
        using (var first = model.Rent())
        {
            first.Input.Fill(0.25f);
            using var second = model.Rent();
            Assert.False(first.Input == second.Input);
        }
        using var again = model.Rent();
        using var other = model.Rent();
        Assert.True(again.Input[7] == 0.25f || other.Input[7] == 0.25f);
        Assert.Equal(32 * 32 * 3, again.Input.Length);
        Assert.Equal(2, again.Output("live").Length);
        unsafe
        {
            fixed (float* start = again.Input)
                Assert.Equal(0u, (nuint)start % 64);
        }
    }

    [Fact]
    public void A_run_given_back_can_not_be_used_any_more()
    {
        using var model = OnnxModel.Open(Liveness, Input, Outputs, threads: 1);
        var run = model.Rent();
        run.Dispose();
        run.Dispose();
        Assert.Throws<ObjectDisposedException>(() => run.Run());
        Assert.Throws<ObjectDisposedException>(() => run.Input.Length);
        Assert.Throws<ObjectDisposedException>(() => run.Output("live").Length);
        // Giving it back twice must not have put one slot into the pool twice.
        using var first = model.Rent();
        using var second = model.Rent();
        Assert.False(first.Input == second.Input);
    }

    [Fact]
    public void A_model_at_its_end_refuses_callers_and_outlives_their_runs()
    {
        var model = OnnxModel.Open(Liveness, Input, Outputs, threads: 1);
        var run = model.Rent();
        var input = run.Input;
        model.Dispose();
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.Rent());
        Assert.Throws<ObjectDisposedException>(() => run.Run());
        run.Dispose();
        input.Fill(1);
        Assert.Equal(1, input[^1]);
    }

    [Fact]
    public void A_model_closed_under_its_callers_ends_in_exceptions_only()
    {
        for (var round = 0; round < 10; round++)
        {
            var model = OnnxModel.Open(Liveness, Input, Outputs, threads: 1);
            Parallel.For(0, 9, i =>
            {
                if (i == 4)
                {
                    model.Dispose();
                    return;
                }
                try
                {
                    for (var j = 0; j < 20; j++)
                        Answer(model, j);
                }
                catch (ObjectDisposedException)
                {
                    // What a caller of a closed model is told.
                }
            });
        }
    }

    [Fact]
    public void A_file_that_is_no_network_is_refused_clearly()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "model.onnx");
        Assert.Throws<FileNotFoundException>(() => OnnxModel.Open(path, Input, Outputs, 1));
        var whole = File.ReadAllBytes(Liveness);
        var noise = new byte[5000];
        new Random(7).NextBytes(noise);
        foreach (var bytes in (byte[][])[[], noise, whole[..(whole.Length / 2)]])
        {
            File.WriteAllBytes(path, bytes);
            var fault = Assert.Throws<OnnxException>(() => OnnxModel.Open(path, Input, Outputs, 1));
            Assert.Contains("ONNX Runtime refused", fault.Message);
        }
    }

    [Fact]
    public void Shapes_and_names_that_the_network_does_not_have_are_refused()
    {
        Assert.Contains("image", Refusal([1, 32, 32, 4], Outputs));
        Assert.Contains("image", Refusal([1, 32, 32], Outputs));
        Assert.Contains("image", Refusal([0, 32, 32, 3], Outputs));
        Assert.Contains("absent", Refusal(Input, new() { ["absent"] = [1, 2] }));
        Assert.Contains("live", Refusal(Input, new() { ["absent"] = [1, 2] }));
        Assert.Contains("live", Refusal(Input, new() { ["live"] = [1, 3] }));
        Assert.Throws<ArgumentOutOfRangeException>(() => OnnxModel.Open(Liveness, Input, Outputs, 0));
        var none = new Dictionary<string, long[]>();
        Assert.Throws<ArgumentOutOfRangeException>(() => OnnxModel.Open(Liveness, Input, none, 1));
        using var model = OnnxModel.Open(Liveness, Input, Outputs, 1);
        using var run = model.Rent();
        Assert.Throws<ArgumentException>(() => run.Output("absent").Length);
    }

    [Fact]
    public void An_output_of_another_size_than_promised_fails_the_run_and_no_more()
    {
        // Two pictures in, room for one answer: only the run can find that out.
        using var model = OnnxModel.Open(Liveness, [2, 32, 32, 3], Outputs, 1);
        using var run = model.Rent();
        Assert.Throws<OnnxException>(run.Run);
        Assert.Throws<OnnxException>(run.Run);
    }

    private static string Refusal(long[] input, Dictionary<string, long[]> outputs) =>
        Assert.Throws<ArgumentException>(() => OnnxModel.Open(Liveness, input, outputs, 1)).Message;

    private static float[] Answer(OnnxModel model, int seed)
    {
        using var run = model.Rent();
        var input = run.Input;
        for (var i = 0; i < input.Length; i++)
            input[i] = ((i * (seed + 3)) % 101) / 101f;
        run.Run();
        return run.Output("live").ToArray();
    }
}
