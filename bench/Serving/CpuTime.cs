using System.Diagnostics;

namespace SightPay.Bench.Serving;

/// <summary>Processor time that this process and those below it, PostgreSQL's among them, have used so far.</summary>
internal readonly record struct CpuTime(TimeSpan Own, TimeSpan Children, long Allocated)
{
    private const double TicksPerSecond = 100;

    public static CpuTime Now()
    {
        var parents = new Dictionary<int, (int Parent, double Ticks)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out var id)) continue;
            try
            {
                // After the name in brackets, which may hold anything: state, parent, ..., user and system ticks.
                var text = File.ReadAllText(Path.Combine(folder, "stat"));
                var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
                parents[id] = (int.Parse(fields[1]), double.Parse(fields[11]) + double.Parse(fields[12]));
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                // It ended while we looked.
            }
        }
        var ticks = parents.Where(each => IsBelow(each.Key, parents)).Sum(each => each.Value.Ticks);
        return new(
            Process.GetCurrentProcess().TotalProcessorTime, TimeSpan.FromSeconds(ticks / TicksPerSecond),
            GC.GetTotalAllocatedBytes());
    }

    private static bool IsBelow(int id, Dictionary<int, (int Parent, double Ticks)> parents)
    {
        while (parents.TryGetValue(id, out var process) && process.Parent > 1)
        {
            id = process.Parent;
            if (id == Environment.ProcessId) return true;
        }
        return false;
    }
}
