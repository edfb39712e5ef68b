using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Stations;

/// <summary>What a station says: one of the types of contracts/station-messages.md.</summary>
/// <param name="Seq">Rises from frame to frame of a stream, where the station counts.</param>
internal sealed record StationSays(
    string? Type, string? StationId, string? StationKey, string? Id, string? Key, long? Seq)
{
    /// <summary>Null when the text is not a JSON object of the expected shape.</summary>
    public static StationSays? Read(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return JsonSerializer.Deserialize<StationSays>(utf8, ApiJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The key never reaches a log.</summary>
    public override string ToString() => $"StationSays {Type} {Id}";
}

/// <summary>What the server says to a station, as UTF-8 JSON.</summary>
internal static class ServerSays
{
    private sealed record ReadyStation(string Id, StationKind Kind, string Name, string Place);

    public static byte[] Ready(Station station) => JsonSerializer.SerializeToUtf8Bytes(
        new
        {
            Type = "ready",
            Station = new ReadyStation(station.Id, station.Kind, station.Name, station.Place),
            Credits = 1,
        }, ApiJson.Options);

    /// <param name="frameId">The frame it is about, if any.</param>
    /// <param name="credits">Frames that may now be sent on top of those granted before.</param>
    public static byte[] Problem(ProblemException problem, string? frameId, int credits) => Write(writer =>
    {
        writer.WriteString("type", "problem");
        if (frameId is not null) writer.WriteString("id", frameId);
        writer.WriteStartObject("problem");
        writer.WriteString("type", "about:blank");
        writer.WriteString("title", ReasonPhrases.GetReasonPhrase(problem.Status));
        writer.WriteNumber("status", problem.Status);
        writer.WriteString("detail", problem.Message);
        writer.WriteString("code", problem.Code);
        writer.WriteBoolean("retryable", problem.Retryable);
        writer.WriteEndObject();
        if (credits > 0) writer.WriteNumber("credits", credits);
    });

    /// <param name="refusal">A stored problem document.</param>
    public static byte[] Refusal(Answer refusal, string frameId) => Write(writer =>
    {
        writer.WriteString("type", "problem");
        writer.WriteString("id", frameId);
        writer.WritePropertyName("problem");
        writer.WriteRawValue(refusal.Body);
        writer.WriteNumber("credits", 1);
    });

    public static byte[] Sighting(string frameId, SightingAnswer taken) => Write(writer =>
    {
        writer.WriteString("type", "sighting");
        writer.WriteString("id", frameId);
        writer.WritePropertyName("faces");
        JsonSerializer.Serialize(writer, taken.Sighting?.Faces ?? [], ApiJson.Options);
        if (taken.Sighting is { Station.Kind: StationKind.Pump } car)
        {
            writer.WritePropertyName("plates");
            JsonSerializer.Serialize(writer, car.Plates, ApiJson.Options);
        }
        writer.WritePropertyName("answer");
        writer.WriteRawValue(taken.Result.Answer.Body);
        if (taken.Sighting is { } sighting)
        {
            writer.WritePropertyName("timings_ms");
            JsonSerializer.Serialize(writer, TimingsOf(sighting, taken.LedgerMs), ApiJson.Options);
        }
        writer.WriteNumber("credits", 1);
    });

    private static object TimingsOf(Sighting sighting, double ledgerMs) => new
    {
        sighting.Timings.Wait,
        sighting.Timings.Decode,
        sighting.Timings.Detect,
        sighting.Timings.Embed,
        sighting.Timings.Search,
        Ledger = Sightings.Ms(ledgerMs),
        Total = Sightings.Ms(Stopwatch.GetElapsedTime(sighting.Started).TotalMilliseconds),
    };

    private static byte[] Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }
}
