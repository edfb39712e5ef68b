using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SightPay.Server.Faces;
using SightPay.Server.People;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Faces;

/// <summary>
/// What an erasure leaves behind in the whole data folder, PostgreSQL's files and its write-ahead log included.
/// </summary>
public sealed class ErasureTests : IAsyncLifetime
{
    private const string Password = "correct horse battery";

    private TestServer _server = null!;

    // With a PostgreSQL of its own: nobody else's writes are in its files.
    public async Task InitializeAsync() =>
        _server = await TestServer.StartAsync(settings => settings with { DatabaseUrl = null });

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task An_erased_key_is_in_no_file_any_more_and_a_template_never_was()
    {
        using var erased = await EnrolAsync(0);
        using var left = await EnrolAsync(1);
        using var stays = await EnrolAsync(2);
        var (erasedKey, leftKey) = (await StoredAsync(erased), await StoredAsync(left));
        var staysKey = await StoredAsync(stays);
        // As after weeks of use: sampled by the planner, on disk, and in files kept for later use.
        foreach (var sql in (string[])["analyze", "checkpoint", "select pg_switch_wal()", "checkpoint"])
            await RunAsync(sql);
        foreach (var stored in (Stored[])[erasedKey, leftKey, staysKey])
        {
            Assert.NotEmpty(FilesWith([stored.WrappedKey]));
            Assert.Empty(FilesWith(stored.InTheClear));
        }

        await DeleteAsync(erased, $"/users/{erased.Id}/face");
        await DeleteAsync(left, $"/users/{left.Id}");
        // The row is gone and its bytes are not.
        Assert.NotEmpty(FilesWith([erasedKey.WrappedKey]));
        await ScrubAsync();

        foreach (var stored in (Stored[])[erasedKey, leftKey])
        {
            Assert.Empty(FilesWith([stored.WrappedKey, .. stored.InTheClear]));
            Assert.Empty(await TablesWithAsync([stored.WrappedKey, stored.Sealed, .. stored.InTheClear]));
        }
        Assert.NotEmpty(FilesWith([staysKey.WrappedKey]));
        Assert.Equal(["face", "person_key"], await TablesWithAsync([staysKey.WrappedKey, staysKey.Sealed]));
        Assert.Equal(staysKey.Numbers, (await StoredAsync(stays)).Numbers);
        Assert.Equal(1, _server.Services.GetRequiredService<FaceRecogniser>().Enrolled);
    }

    [Fact]
    public async Task Bytes_that_an_open_snapshot_may_still_read_are_left_for_later()
    {
        using var erased = await EnrolAsync(0);
        var stored = await StoredAsync(erased);
        await using (var reader = await OpenAsync())
        {
            await using var snapshot = await reader.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
            await using (var look = new NpgsqlCommand("select count(*) from person_key", reader, snapshot))
                await look.ExecuteScalarAsync();
            await DeleteAsync(erased, $"/users/{erased.Id}/face");
            Assert.False(await _server.Services.GetRequiredService<DestroyedKeys>().ScrubAsync(default));
        }
        await ScrubAsync();
        Assert.Empty(FilesWith([stored.WrappedKey]));
    }

    /// <summary>PostgreSQL's own housekeeping may hold a snapshot for a moment.</summary>
    private async Task ScrubAsync()
    {
        var keys = _server.Services.GetRequiredService<DestroyedKeys>();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await keys.ScrubAsync(patience.Token)) await Task.Delay(100, patience.Token);
    }

    private async Task<Enrolled> EnrolAsync(int person)
    {
        var email = $"{Guid.CreateVersion7():N}@example.org";
        using var created = await _server.Http.PostAsJsonAsync(
            "/users", new { name = "Asha Roy", email, password = Password });
        var id = (Guid)(await ServerBed.ReadAsync(created, HttpStatusCode.Created))["id"]!;
        using var token = await _server.Http.PostAsJsonAsync("/auth/token", new { email, password = Password });
        var http = new HttpClient { BaseAddress = _server.Http.BaseAddress };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer", (string)(await ServerBed.ReadAsync(token, HttpStatusCode.OK))["access_token"]!);
        using var consent = await http.PostAsJsonAsync($"/users/{id}/consents", new { purpose = "face" });
        using var form = new MultipartFormDataContent();
        foreach (var photo in TestPhotos.AtHome(person)) form.Add(new ByteArrayContent(photo), "image", "photo.jpg");
        using var enrolled = await http.PutAsync($"/users/{id}/face", form);
        await ServerBed.ReadAsync(enrolled, HttpStatusCode.OK);
        return new Enrolled(id, http);
    }

    private static async Task DeleteAsync(Enrolled person, string path)
    {
        using var gone = await person.Http.DeleteAsync(path);
        await ServerBed.ReadAsync(gone, HttpStatusCode.NoContent);
    }

    private async Task<Stored> StoredAsync(Enrolled person)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(
            """
            select k.wrapped_key, f.sealed from face f
            join person_key k on k.person_id = f.person and k.purpose = 'face' where f.person = $1
            """, connection) { Parameters = { new() { Value = person.Id } } };
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        var (key, box) = (reader.GetFieldValue<byte[]>(0), reader.GetFieldValue<byte[]>(1));
        var vault = _server.Services.GetRequiredService<PersonVault>();
        return new Stored(key, box, vault.Open(person.Id, EnrolFace.Purpose, key, box));
    }

    private async Task<NpgsqlConnection> OpenAsync() =>
        await _server.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();

    private async Task RunAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Files of the data folder that hold any piece of these.</summary>
    private List<string> FilesWith(byte[][] secrets)
    {
        var pieces = secrets.SelectMany(Pieces).ToArray();
        var found = new List<string>();
        foreach (var path in Directory.EnumerateFiles(_server.DataFolder, "*", SearchOption.AllDirectories))
        {
            // Empty ones are locks, which must not be opened.
            if (new FileInfo(path) is not { Exists: true, Length: > 0 }) continue;
            try
            {
                // Others write these files while we read them.
                using var file = new FileStream(
                    path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                var content = new byte[file.Length];
                file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
                if (pieces.Any(piece => content.AsSpan().IndexOf(piece) >= 0)) found.Add(path);
            }
            catch (FileNotFoundException)
            {
                // PostgreSQL has deleted it meanwhile.
            }
        }
        return found;
    }

    /// <summary>Tables in whose COPY any piece of these stands, written as PostgreSQL writes bytes.</summary>
    private async Task<List<string>> TablesWithAsync(byte[][] secrets)
    {
        var pieces = secrets.SelectMany(Pieces).Select(Convert.ToHexStringLower).ToArray();
        await using var connection = await OpenAsync();
        var tables = new List<string>();
        await using (var command = new NpgsqlCommand(
            "select tablename::text from pg_tables where schemaname = 'public' order by 1", connection))
        await using (var reader = await command.ExecuteReaderAsync())
            while (await reader.ReadAsync()) tables.Add(reader.GetString(0));
        Assert.Contains("face", tables);
        var found = new List<string>();
        foreach (var table in tables)
        {
            using var copy = await connection.BeginTextExportAsync($"copy \"{table}\" to stdout");
            var text = await copy.ReadToEndAsync();
            if (pieces.Any(piece => text.Contains(piece, StringComparison.Ordinal))) found.Add(table);
        }
        return found;
    }

    /// <summary>Sixteen bytes each: a page of PostgreSQL's log may cut anything in two.</summary>
    private static IEnumerable<byte[]> Pieces(byte[] secret) =>
        secret.Chunk(16).Take(8).SkipLast(1).Append(secret[^16..]);

    private sealed record Enrolled(Guid Id, HttpClient Http) : IDisposable
    {
        public void Dispose() => Http.Dispose();
    }

    private sealed record Stored(byte[] WrappedKey, byte[] Sealed, byte[] Numbers)
    {
        /// <summary>The template in every form that the program has ever held it in.</summary>
        public byte[][] InTheClear
        {
            get
            {
                var values = new float[Numbers.Length / sizeof(float)];
                for (var i = 0; i < values.Length; i++)
                    values[i] = BinaryPrimitives.ReadSingleLittleEndian(Numbers.AsSpan(i * sizeof(float)));
                var largest = values.Max(Math.Abs);
                byte[] wholeBytes = [.. values.Select(value => (byte)(sbyte)MathF.Round(value / largest * 127))];
                byte[] levels =
                    [.. values.Select(value => (byte)Math.Clamp((int)MathF.Floor(value / largest * 8) + 8, 0, 15))];
                byte[] halves = [.. Enumerable.Range(0, values.Length / 64).SelectMany(group => Enumerable.Range(0, 32)
                    .Select(i => (byte)(levels[group * 64 + i] | levels[group * 64 + 32 + i] << 4)))];
                byte[] halfFloats = [.. values.SelectMany(value => BitConverter.GetBytes((Half)value))];
                byte[] swapped = [.. values.SelectMany(value => BitConverter.GetBytes(value).Reverse())];
                return [Numbers, swapped, halfFloats, wholeBytes, halves];
            }
        }

        public override string ToString() => nameof(Stored);
    }
}
