using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace SightPay.Server.Web;

/// <summary>
/// Log lines as JSON. An exception is written as its kinds and places: its message could quote what somebody typed.
/// </summary>
internal sealed class JsonLines(TimeProvider clock) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "json-lines";

    public override void Write<TState>(
        in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("at", clock.GetUtcNow());
            json.WriteString("level", logEntry.LogLevel.ToString().ToLowerInvariant());
            json.WriteNumber("event", logEntry.EventId.Id);
            json.WriteString("from", logEntry.Category);
            json.WriteString("message", logEntry.Formatter(logEntry.State, null));
            WriteFields(json, logEntry.State);
            if (logEntry.Exception is { } fault)
                json.WriteString("exception", Describe(fault));
            json.WriteEndObject();
        }
        textWriter.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    internal static string Describe(Exception fault)
    {
        var text = new StringBuilder();
        for (var inner = fault; inner is not null; inner = inner.InnerException)
            text.Append(inner.GetType().FullName).Append('\n').Append(inner.StackTrace).Append('\n');
        return text.ToString();
    }

    private static void WriteFields<TState>(Utf8JsonWriter json, TState state)
    {
        if (state is not IReadOnlyList<KeyValuePair<string, object?>> fields)
            return;
        foreach (var (name, value) in fields)
        {
            if (name == "{OriginalFormat}")
                continue;
            json.WritePropertyName(JsonNamingPolicy.SnakeCaseLower.ConvertName(name));
            switch (value)
            {
                case null: json.WriteNullValue(); break;
                case bool flag: json.WriteBooleanValue(flag); break;
                case int or long or short or byte: json.WriteNumberValue(Convert.ToInt64(value)); break;
                case double or float: json.WriteRawValue(JsonSerializer.Serialize(Convert.ToDouble(value))); break;
                case Exception fault: json.WriteStringValue(fault.GetType().Name); break;
                default: json.WriteStringValue(value.ToString()); break;
            }
        }
    }
}
