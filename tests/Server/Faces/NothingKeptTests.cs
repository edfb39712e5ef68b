using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using SightPay.Server.Faces;
using SightPay.Tests.Support;
using SightPay.Vision.Faces;
using Xunit;

namespace SightPay.Server.Tests.Faces;

/// <summary>
/// No picture is kept and no template told: neither in files, tables, logs and traces, however much is logged, nor in
/// any answer.
/// </summary>
public sealed class NothingKeptTests : IAsyncLifetime
{
    /// <summary>How encoded pictures begin, whoever encoded them.</summary>
    private static readonly byte[][] Beginnings =
        [[.. "JFIF\0"u8], [.. "Exif\0\0"u8], [0x89, .. "PNG\r\n"u8], [.. "WEBPVP8"u8]];

    private readonly Overheard _overheard = new();
    private ActivityListener _traces = null!;
    private TestServer _server = null!;

    public async Task InitializeAsync()
    {
        _traces = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _overheard.Hear,
        };
        ActivitySource.AddActivityListener(_traces);
        _server = await TestServer.StartAsync(
            settings => settings with { DatabaseUrl = null },
            services => services.AddLogging(logging => logging
                .SetMinimumLevel(LogLevel.Trace).AddProvider(_overheard).AddFilter<Overheard>(null, LogLevel.Trace)));
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _traces.Dispose();
        _overheard.Dispose();
    }

    [Fact]
    public async Task Neither_pictures_nor_templates_are_in_any_file_table_log_trace_or_answer()
    {
        using var answers = new Answers(_overheard);
        byte[][] home = TestPhotos.AtHome(0);
        var (gate, refused) = (TestPhotos.AtTheGate(0), TestPhotos.Overexposed(0));
        using var person = await EnrolledPerson.EnrolAsync(_server, home, answers);
        using (var told = await person.SendAsync(refused))
            Assert.Equal(HttpStatusCode.UnprocessableEntity, told.StatusCode);
        await ShowAsync(person.Http, "gates", "S1-in", gate);
        await ShowAsync(person.Http, "tills", "canteen-till", gate);
        await StreamAsync(gate);
        await ChallengeAsync(person, [gate, .. home]);
        using (var export = await person.Http.GetAsync($"/users/{person.Id}/export"))
            Assert.Equal(HttpStatusCode.OK, export.StatusCode);

        var stored = await person.StoredAsync();
        var look = await _server.Services.GetRequiredService<FaceRecogniser>()
            .LookAsync(gate, FaceDemand.Recognise, default);
        var seen = look.Reading.Target!.Template!;
        float[][] templates = [TemplateBytes.Read("any", stored.Numbers).Values.ToArray(), seen.Values.ToArray()];
        byte[][] secrets = [.. home, gate, refused, .. templates.SelectMany(StoredFace.FormsOf)];

        var database = _server.Services.GetRequiredService<NpgsqlDataSource>();
        await using var connection = await database.OpenConnectionAsync();
        await using (var flush = new NpgsqlCommand("checkpoint", connection)) await flush.ExecuteNonQueryAsync();
        Assert.Empty(LeftBehind.FilesWith(_server, secrets));
        Assert.Empty(LeftBehind.FilesWithAny(_server, Beginnings));
        Assert.Empty(await LeftBehind.TablesWithAsync(connection, secrets));
        Assert.Equal(["face"], await LeftBehind.TablesWithAsync(connection, stored.Sealed));

        var lines = _overheard.Lines;
        // All of them were really heard.
        foreach (var word in (string[])["log SightPay", "log Microsoft.AspNetCore", "trace ", "answer 422", "said "])
            Assert.Contains(lines, line => line.StartsWith(word, StringComparison.Ordinal));
        var numbers = templates.SelectMany(Spelled).ToArray();
        Assert.NotEmpty(numbers);
        Assert.DoesNotContain(lines, line => LeftBehind.IsIn(line, secrets));
        Assert.DoesNotContain(lines, line => numbers.Any(number => line.Contains(number, StringComparison.Ordinal)));
    }

    [Fact]
    public void What_is_spelled_out_is_found()
    {
        byte[] secret = [.. Enumerable.Range(1, 60).Select(i => (byte)(i * 37))];
        for (var before = 0; before < 3; before++)
        {
            byte[] message = [.. new byte[before], .. secret, 1];
            Assert.True(LeftBehind.IsIn($"x={Convert.ToBase64String(message)}", secret));
            Assert.True(LeftBehind.IsIn(Convert.ToHexString(message), secret));
        }
        Assert.False(LeftBehind.IsIn("x=AAAA", secret));
        Assert.Equal(["0.123456"], Spelled([-0.12345678f, 0.5f]));
    }

    /// <summary>Six digits of numbers that have as many; fewer could stand there by chance.</summary>
    private static IEnumerable<string> Spelled(float[] values) => values
        .Select(value => MathF.Abs(value).ToString("R", CultureInfo.InvariantCulture))
        .Where(text => text.Length >= 8 && !text.Contains('E'))
        .Select(text => text[..8]);

    private async Task ShowAsync(HttpClient http, string route, string station, byte[] picture)
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(picture), "image", "frame.jpg" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/{route}/{station}/sightings") { Content = form };
        request.Headers.Add("Idempotency-Key", Guid.CreateVersion7().ToString());
        request.Headers.Add("X-Station-Key", _server.Demo.Stations[station]);
        using var answer = await http.SendAsync(request);
        await ServerBed.ReadAsync(answer, HttpStatusCode.OK);
    }

    private async Task StreamAsync(byte[] picture)
    {
        using var socket = await ConnectAsync("/ws/face-recognition");
        var hello = new JsonObject
        {
            ["type"] = "hello", ["station_id"] = "S2-in", ["station_key"] = _server.Demo.Stations["S2-in"],
        };
        Assert.Equal("ready", await SayAsync(socket, hello));
        var frame = new JsonObject { ["type"] = "frame", ["id"] = "f1", ["key"] = Guid.CreateVersion7().ToString() };
        Assert.Equal("sighting", await SayAsync(socket, frame, picture));
    }

    private async Task ChallengeAsync(EnrolledPerson person, byte[][] pictures)
    {
        using var started = await person.Http.PostAsync($"/users/{person.Id}/face/challenges", null);
        var ticket = (string)(await ServerBed.ReadAsync(started, HttpStatusCode.Created))["ticket"]!;
        using var socket = await ConnectAsync($"/ws/liveness?ticket={ticket}");
        await HearAsync(socket);
        for (var seq = 0; seq < pictures.Length; seq++)
            Assert.Equal(
                "asks", await SayAsync(socket, new JsonObject { ["type"] = "frame", ["seq"] = seq }, pictures[seq]));
    }

    private async Task<ClientWebSocket> ConnectAsync(string path)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{_server.Http.BaseAddress!.Authority}{path}"), default);
        return socket;
    }

    private async Task<string> SayAsync(ClientWebSocket socket, JsonObject message, byte[]? picture = null)
    {
        await socket.SendAsync(
            Encoding.UTF8.GetBytes(message.ToJsonString()), WebSocketMessageType.Text, true, default);
        if (picture is not null) await socket.SendAsync(picture, WebSocketMessageType.Binary, true, default);
        return (string)JsonNode.Parse(await HearAsync(socket))!["type"]!;
    }

    private async Task<string> HearAsync(ClientWebSocket socket)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var buffer = new byte[64 * 1024];
        var (length, isWhole) = (0, false);
        while (!isWhole)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(length), patience.Token);
            (length, isWhole) = (length + part.Count, part.EndOfMessage);
        }
        var text = Encoding.UTF8.GetString(buffer, 0, length);
        _overheard.Hear($"said {text}");
        return text;
    }

    /// <summary>Every answer to a client, headers and body.</summary>
    private sealed class Answers(Overheard overheard) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = await base.SendAsync(request, cancellationToken);
            var body = await answer.Content.ReadAsStringAsync(cancellationToken);
            overheard.Hear($"answer {(int)answer.StatusCode} {answer.Headers} {answer.Content.Headers} {body}");
            return answer;
        }
    }

    /// <summary>Everything that was logged, traced, answered and said.</summary>
    private sealed class Overheard : ILoggerProvider
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> Lines => _lines;

        public void Hear(string line) => _lines.Enqueue(line);

        public void Hear(Activity activity)
        {
            var tags = activity.TagObjects.Concat(activity.Events.SelectMany(happened => happened.Tags));
            Hear($"trace {activity.Source.Name} {activity.DisplayName} {activity.StatusDescription} "
                + string.Join(' ', tags.Select(tag => $"{tag.Key}={Spell(tag.Value)}"))
                + string.Join(' ', activity.Baggage.Select(item => $"{item.Key}={item.Value}")));
        }

        public ILogger CreateLogger(string categoryName) => new Listener(this, categoryName);

        public void Dispose()
        {
        }

        private static string Spell(object? value) => value switch
        {
            byte[] bytes => Convert.ToHexString(bytes),
            IEnumerable several and not string => string.Join(',', several.Cast<object?>().Select(Spell)),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
        };

        private sealed class Listener(Overheard overheard, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull
            {
                overheard.Hear($"log {category} scope {state}");
                return null;
            }

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(
                LogLevel logLevel, EventId eventId, TState state, Exception? exception,
                Func<TState, Exception?, string> formatter)
            {
                var values = state as IEnumerable<KeyValuePair<string, object?>> ?? [];
                overheard.Hear($"log {category} {formatter(state, exception)} {exception} "
                    + string.Join(' ', values.Select(pair => $"{pair.Key}={Spell(pair.Value)}")));
            }
        }
    }
}
