using System.Diagnostics;

namespace SightPay.Bench.Serving;

/// <summary>
/// Processor time that this process and those below it, PostgreSQL's among them, have used so far. A process that has
/// ended is in the sum of whoever waited for it.
/// </summary>
internal readonly record struct CpuTime(TimeSpan Own, TimeSpan Children, long Allocated)
{
    private const double TicksPerSecond = 100;

    public static CpuTime Now()
    {
        var processes = new Dictionary<int, (int Parent, double Ticks, double EndedTicks)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out var id)) continue;
            try
            {
                // After the name in brackets, which may hold anything: state, parent, ..., user and system ticks, those
                // of its ended children.
                var text = File.ReadAllText(Path.Combine(folder, "stat"));
                var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
                processes[id] = (
                    int.Parse(fields[1]), double.Parse(fields[11]) + double.Parse(fields[12]),
                    double.Parse(fields[13]) + double.Parse(fields[14]));
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                // It ended while we looked.
            }
        }
        var ticks = processes.Where(each => IsBelow(each.Key, processes))
            .Sum(each => each.Value.Ticks + each.Value.EndedTicks) + processes[Environment.ProcessId].EndedTicks;
        return new(
            Process.GetCurrentProcess().TotalProcessorTime, TimeSpan.FromSeconds(ticks / TicksPerSecond),
            GC.GetTotalAllocatedBytes());
    }

    private static bool IsBelow(int id, Dictionary<int, (int Parent, double Ticks, double EndedTicks)> processes)
    {
        while (processes.TryGetValue(id, out var process) && process.Parent > 1)
        {
            id = process.Parent;
            if (id == Environment.ProcessId) return true;
        }
        return false;
    }
}
