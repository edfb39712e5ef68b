using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using SightPay.Vision.Faces;
using SightPay.Vision.Gallery;

namespace SightPay.Bench.Faces;

/// <summary>search: exact top-2 search beside a plain loop and Faiss on the same vectors.</summary>
internal static class SearchVerb
{
    private const string Pack = "bench-1";
    private const int Seed = 20_260_103;
    private const int Queries = 16;
    private const int Rounds = 5;

    // Debian's own interpreter: its python3-faiss is not seen by another one.
    private const string Python = "/usr/bin/python3";

    // A line of standard input runs the queries once; the answer is the milliseconds of one query.
    private const string FaissScript =
        """
        import sys, time
        try:
            import faiss, numpy
        except ImportError:
            print("absent", flush=True)
            sys.exit(0)
        data, queries = (numpy.fromfile(p, dtype="float32").reshape(-1, int(sys.argv[3])) for p in sys.argv[1:3])
        index = faiss.IndexFlatIP(int(sys.argv[3]))
        index.add(data)
        print("ready", flush=True)
        for line in sys.stdin:
            started = time.perf_counter()
            for i in range(len(queries)):
                index.search(queries[i:i + 1], 2)
            print((time.perf_counter() - started) * 1000 / len(queries), flush=True)
        """;

    public static Command Create()
    {
        var size = new Option<int>("--size") { Description = "Templates in the gallery.", Required = true };
        var dimensions = new Option<int>("--dimensions")
        {
            Description = "Floats in a template.",
            DefaultValueFactory = _ => 256,
        };
        var verb = new Command("search", "Exact top-2 search beside a plain loop and Faiss.") { size, dimensions };
        verb.Run((result, output) => Measure(result.GetValue(size), result.GetValue(dimensions), output));
        return verb;
    }

    private static object Measure(int size, int dimensions, TextWriter output)
    {
        if (size < 2 || dimensions < 2) throw new BenchException("--size and --dimensions are 2 or more.");
        var random = new Random(Seed);
        float[][] templates = [.. Enumerable.Range(0, size).Select(_ => Unit(random, dimensions))];
        float[][] queries = [.. Enumerable.Range(0, Queries).Select(_ => Unit(random, dimensions))];
        var gallery = new FaceGallery(Pack, dimensions);
        for (var i = 0; i < size; i++) gallery.Put(Id(i), new(Pack, templates[i]));
        FaceTemplate[] probes = [.. queries.Select(query => new FaceTemplate(Pack, query))];

        var (plainMs, recall) = Compare(gallery, templates, queries, probes);
        using var faiss = Faiss.Start(templates, queries, dimensions);
        var (ours, theirs, together) = (new List<double>(), new List<double>(), new List<double>());
        var matches = new GalleryMatch[probes.Length];
        foreach (var probe in probes) gallery.Search(probe);
        for (var round = 0; round < Rounds; round++)
        {
            var started = Stopwatch.GetTimestamp();
            foreach (var probe in probes) gallery.Search(probe);
            ours.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds / Queries);
            if (faiss is not null) theirs.Add(faiss.Round());
            started = Stopwatch.GetTimestamp();
            gallery.Search(probes, matches);
            together.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds / Queries);
        }
        var milliseconds = Median(ours);
        double? overFaiss = theirs.Count == 0 ? null : FaceBench.Rounded(milliseconds / Median(theirs), 3);
        output.WriteLine(
            $"{size} templates of {dimensions} floats, {Queries} queries, {Rounds} interleaved rounds (seed {Seed}): "
            + $"{milliseconds:0.000} ms a query, all queries in one pass {Median(together):0.000} ms, a plain loop "
            + $"{plainMs:0.000} ms, "
            + (theirs.Count == 0
                ? $"Faiss is absent (Debian's python3-faiss under {Python})."
                : $"Faiss IndexFlatIP {Median(theirs):0.000} ms."));
        return new
        {
            n = size,
            ms_per_query = FaceBench.Rounded(milliseconds, 4),
            over_faiss = overFaiss,
            recall = FaceBench.Rounded(recall),
            ms_per_query_in_one_pass = FaceBench.Rounded(Median(together), 4),
        };
    }

    /// <summary>Milliseconds of a plain loop, and the share of queries with the same best two.</summary>
    private static (double PlainMs, double Recall) Compare(
        FaceGallery gallery, float[][] templates, float[][] queries, FaceTemplate[] probes)
    {
        var (plain, right) = (TimeSpan.Zero, 0);
        for (var q = 0; q < queries.Length; q++)
        {
            var started = Stopwatch.GetTimestamp();
            var (best, second) = PlainLoop(templates, queries[q]);
            plain += Stopwatch.GetElapsedTime(started);
            var match = gallery.Search(probes[q]);
            if (match.BestId == Id(best) && match.RunnerUpId == Id(second)) right++;
        }
        return (plain.TotalMilliseconds / queries.Length, right / (double)queries.Length);
    }

    private static (int Best, int Second) PlainLoop(float[][] templates, float[] query)
    {
        var (best, second) = (-1, -1);
        var (bestScore, secondScore) = (float.MinValue, float.MinValue);
        for (var i = 0; i < templates.Length; i++)
        {
            var score = 0f;
            for (var d = 0; d < query.Length; d++) score += query[d] * templates[i][d];
            if (score > bestScore)
                (second, secondScore, best, bestScore) = (best, bestScore, i, score);
            else if (score > secondScore)
                (second, secondScore) = (i, score);
        }
        return (best, second);
    }

    private static float[] Unit(Random random, int dimensions)
    {
        var values = new float[dimensions];
        for (var i = 0; i < dimensions; i++)
        {
            // Normally distributed, so that all directions are equally likely.
            var radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            values[i] = (float)(radius * Math.Cos(2 * Math.PI * random.NextDouble()));
        }
        UnitVector.Normalise(values);
        return values;
    }

    private static Guid Id(int i) => new(i + 1, 0, 0, new byte[8]);

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);

    /// <summary>Faiss in a child process that waits for its turn.</summary>
    private sealed class Faiss : IDisposable
    {
        private readonly DirectoryInfo _folder;
        private readonly Process _process;

        private Faiss(DirectoryInfo folder, Process process) => (_folder, _process) = (folder, process);

        public static Faiss? Start(float[][] templates, float[][] queries, int dimensions)
        {
            if (!File.Exists(Python)) return null;
            var folder = Directory.CreateTempSubdirectory("sightpay-search-");
            var (data, probes) = (Path.Combine(folder.FullName, "data"), Path.Combine(folder.FullName, "queries"));
            Write(data, templates);
            Write(probes, queries);
            string[] arguments =
                ["-c", FaissScript, data, probes, dimensions.ToString(CultureInfo.InvariantCulture)];
            var process = Process.Start(new ProcessStartInfo(Python, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            });
            var faiss = new Faiss(folder, process ?? throw new BenchException($"{Python} does not start."));
            if (faiss._process.StandardOutput.ReadLine() == "ready") return faiss;
            faiss.Dispose();
            return null;
        }

        public double Round()
        {
            _process.StandardInput.WriteLine("go");
            var answer = _process.StandardOutput.ReadLine();
            return double.TryParse(answer, CultureInfo.InvariantCulture, out var milliseconds)
                ? milliseconds
                : throw new BenchException("Faiss gave up; its own message stands above.");
        }

        public void Dispose()
        {
            _process.StandardInput.Dispose();
            if (!_process.WaitForExit(5_000)) _process.Kill();
            _process.Dispose();
            _folder.Delete(recursive: true);
        }

        private static void Write(string path, float[][] vectors)
        {
            using var file = File.Create(path);
            foreach (var vector in vectors) file.Write(MemoryMarshal.AsBytes(vector.AsSpan()));
        }
    }
}
