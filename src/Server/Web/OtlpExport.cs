using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using SightPay.Server.Api;

namespace SightPay.Server.Web;

/// <summary>Sends traces and metrics to a collector, where OTEL_EXPORTER_OTLP_ENDPOINT names one.</summary>
internal sealed class OtlpExport : IDisposable
{
    private readonly TracerProvider? _traces;
    private readonly MeterProvider? _metrics;

    public OtlpExport(Settings settings)
    {
        if (settings.OtlpEndpoint is not { } endpoint)
            return;
        _traces = Sdk.CreateTracerProviderBuilder()
            .AddSource(Telemetry.Name, "Microsoft.AspNetCore", "Npgsql")
            .AddOtlpExporter(exporter => exporter.Endpoint = endpoint)
            .Build();
        _metrics = Sdk.CreateMeterProviderBuilder()
            .AddMeter(Telemetry.Name, "Microsoft.AspNetCore.*", "System.Runtime", "Npgsql")
            .AddOtlpExporter(exporter => exporter.Endpoint = endpoint)
            .Build();
    }

    public bool IsOn => _traces is not null;

    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
    }
}
