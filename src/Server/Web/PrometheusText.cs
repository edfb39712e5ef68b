using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace SightPay.Server.Web;

/// <summary>
/// Listens to the meters of the framework and our own and prints them in Prometheus' text format. Their labels are few
/// and never personal: routes are templates.
/// </summary>
internal sealed class PrometheusText : IDisposable
{
    /// <summary>A label that grows without end would otherwise fill the memory.</summary>
    private const int SeriesMax = 2000;

    private static readonly double[] _defaultBounds =
        [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    private static readonly string[] _meters = ["SightPay", "Microsoft.AspNetCore.", "System.Runtime", "Npgsql"];

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<(Instrument Instrument, string Labels), Series> _series = new();

    public PrometheusText()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (_meters.Any(name => instrument.Meter.Name.StartsWith(name, StringComparison.Ordinal)))
                listener.EnableMeasurementEvents(instrument, new Family(this, instrument));
        };
        _listener.SetMeasurementEventCallback<byte>((_, value, tags, family) => Record(family, value, tags));
        _listener.SetMeasurementEventCallback<short>((_, value, tags, family) => Record(family, value, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, family) => Record(family, value, tags));
        _listener.SetMeasurementEventCallback<long>((_, value, tags, family) => Record(family, value, tags));
        _listener.SetMeasurementEventCallback<float>((_, value, tags, family) => Record(family, value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, family) => Record(family, value, tags));
        _listener.SetMeasurementEventCallback<decimal>(
            (_, value, tags, family) => Record(family, (double)value, tags));
        _listener.Start();
    }

    public string Write()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder();
        var families = _series
            .GroupBy(series => NameOf(series.Key.Instrument), StringComparer.Ordinal)
            .OrderBy(family => family.Key, StringComparer.Ordinal);
        foreach (var family in families)
        {
            var instrument = family.First().Key.Instrument;
            if (instrument.Description is { Length: > 0 } description)
                text.Append($"# HELP {family.Key} {Escape(description)}\n");
            text.Append($"# TYPE {family.Key} {TypeOf(instrument)}\n");
            foreach (var (key, series) in family.OrderBy(series => series.Key.Labels, StringComparer.Ordinal))
                series.Write(text, family.Key, key.Labels);
        }
        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private static void Record(object? family, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        ((Family)family!).Of(tags)?.Record(value);

    /// <summary>Tags that come in another order are the same labels; null when there are too many series.</summary>
    private Series? SeriesOf(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var key = (instrument, LabelsOf(tags));
        if (_series.TryGetValue(key, out var known)) return known;
        return _series.Count >= SeriesMax ? null : _series.GetOrAdd(key, _ => Series.Of(instrument));
    }

    private static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length == 0)
            return "";
        var labels = new List<string>(tags.Length);
        foreach (var (name, value) in tags)
            labels.Add($"{Plain(name)}=\"{Escape(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")}\"");
        labels.Sort(StringComparer.Ordinal);
        return string.Join(',', labels);
    }

    private static string NameOf(Instrument instrument)
    {
        var unit = instrument.Unit switch
        {
            "s" => "_seconds",
            "ms" => "_milliseconds",
            "By" => "_bytes",
            _ => "",
        };
        var name = Plain(instrument.Name);
        if (!name.EndsWith(unit, StringComparison.Ordinal))
            name += unit;
        return TypeOf(instrument) == "counter" && !name.EndsWith("_total", StringComparison.Ordinal)
            ? name + "_total"
            : name;
    }

    private static string TypeOf(Instrument instrument)
    {
        var kind = instrument.GetType().Name;
        if (kind.StartsWith("Histogram", StringComparison.Ordinal))
            return "histogram";
        return kind.StartsWith("Counter", StringComparison.Ordinal)
            || kind.StartsWith("ObservableCounter", StringComparison.Ordinal)
                ? "counter"
                : "gauge";
    }

    private static string Plain(string name) =>
        string.Concat(name.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_'));

    private static string Escape(string text) =>
        text.Replace("\\", "\\\\").Replace("\n", "\\n").Replace("\"", "\\\"");

    /// <summary>One instrument. It knows its series by their tags, since every request records several and writing
    /// labels costs more than counting.</summary>
    private sealed class Family
    {
        private readonly PrometheusText _text;
        private readonly Instrument _instrument;
        private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], Series> _byTags = new(TagComparer.Only);
        private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], Series>
            .AlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>> _lookup;

        public Family(PrometheusText text, Instrument instrument)
        {
            (_text, _instrument) = (text, instrument);
            _lookup = _byTags.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
        }

        public Series? Of(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (_lookup.TryGetValue(tags, out var known)) return known;
            if (_text.SeriesOf(_instrument, tags) is not { } series) return null;
            // The same labels in every order would be many; beyond that they are looked up by their text.
            if (_byTags.Count < SeriesMax) _byTags[tags.ToArray()] = series;
            return series;
        }
    }

    private sealed class TagComparer
        : IEqualityComparer<KeyValuePair<string, object?>[]>,
            IAlternateEqualityComparer<ReadOnlySpan<KeyValuePair<string, object?>>, KeyValuePair<string, object?>[]>
    {
        public static readonly TagComparer Only = new();

        public bool Equals(KeyValuePair<string, object?>[]? one, KeyValuePair<string, object?>[]? other) =>
            one is not null && other is not null && Equals(one.AsSpan(), other);

        public bool Equals(ReadOnlySpan<KeyValuePair<string, object?>> one, KeyValuePair<string, object?>[] other)
        {
            if (one.Length != other.Length) return false;
            for (var i = 0; i < other.Length; i++)
                if (one[i].Key != other[i].Key || !Equals(one[i].Value, other[i].Value)) return false;
            return true;
        }

        public int GetHashCode(KeyValuePair<string, object?>[] tags) => GetHashCode(tags.AsSpan());

        public int GetHashCode(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var hash = new HashCode();
            foreach (var (name, value) in tags)
            {
                hash.Add(name);
                hash.Add(value);
            }
            return hash.ToHashCode();
        }

        public KeyValuePair<string, object?>[] Create(ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            tags.ToArray();
    }

    /// <summary>One instrument with one set of labels.</summary>
    private sealed class Series(bool isSum, double[]? bounds)
    {
        private readonly Lock _gate = new();
        private readonly long[] _buckets = new long[(bounds?.Length ?? 0) + 1];
        private double _value;
        private long _count;

        /// <summary>Counters and up-down counters report steps; observable ones and gauges report where they are.
        /// </summary>
        public static Series Of(Instrument instrument)
        {
            var isHistogram = TypeOf(instrument) == "histogram";
            return new Series(
                isHistogram || !(instrument.IsObservable || instrument.GetType().Name.StartsWith(
                    "Gauge", StringComparison.Ordinal)),
                isHistogram ? BoundsOf(instrument) : null);
        }

        public void Record(double value)
        {
            lock (_gate)
            {
                _value = isSum ? _value + value : value;
                if (bounds is null)
                    return;
                _count++;
                var bucket = Array.BinarySearch(bounds, value);
                _buckets[bucket < 0 ? ~bucket : bucket]++;
            }
        }

        public void Write(StringBuilder text, string name, string labels)
        {
            var own = labels.Length == 0 ? "" : $"{{{labels}}}";
            lock (_gate)
            {
                if (bounds is null)
                {
                    text.Append($"{name}{own} {Number(_value)}\n");
                    return;
                }
                var before = labels.Length == 0 ? "" : labels + ",";
                var below = 0L;
                for (var i = 0; i < bounds.Length; i++)
                    text.Append($"{name}_bucket{{{before}le=\"{Number(bounds[i])}\"}} {below += _buckets[i]}\n");
                text.Append($"{name}_bucket{{{before}le=\"+Inf\"}} {_count}\n");
                text.Append($"{name}_sum{own} {Number(_value)}\n{name}_count{own} {_count}\n");
            }
        }

        private static double[] BoundsOf(Instrument instrument) => instrument switch
        {
            Histogram<double> { Advice.HistogramBucketBoundaries: { } own } => [.. own],
            Histogram<long> { Advice.HistogramBucketBoundaries: { } own } => [.. own.Select(bound => (double)bound)],
            Histogram<int> { Advice.HistogramBucketBoundaries: { } own } => [.. own.Select(bound => (double)bound)],
            { Unit: "ms" } => [.. _defaultBounds.Select(bound => bound * 1000)],
            _ => _defaultBounds,
        };

        private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
    }
}
