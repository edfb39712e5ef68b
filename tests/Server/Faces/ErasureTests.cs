using System.Data;
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
    private TestServer _server = null!;

    // With a PostgreSQL of its own: nobody else's writes are in its files.
    public async Task InitializeAsync() =>
        _server = await TestServer.StartAsync(settings => settings with { DatabaseUrl = null });

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task An_erased_key_is_in_no_file_any_more_and_a_template_never_was()
    {
        using var erased = await EnrolledPerson.EnrolAsync(_server, TestPhotos.AtHome(0));
        using var left = await EnrolledPerson.EnrolAsync(_server, TestPhotos.AtHome(1));
        using var stays = await EnrolledPerson.EnrolAsync(_server, TestPhotos.AtHome(2));
        var (erasedFace, leftFace) = (await erased.StoredAsync(), await left.StoredAsync());
        var staysFace = await stays.StoredAsync();
        await using var connection = await OpenAsync();
        // As after weeks of use: sampled by the planner, on disk, and in files kept for later use.
        foreach (var sql in (string[])["analyze", "checkpoint", "select pg_switch_wal()", "checkpoint"])
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }
        foreach (var face in (StoredFace[])[erasedFace, leftFace, staysFace])
        {
            Assert.NotEmpty(LeftBehind.FilesWith(_server, face.WrappedKey));
            Assert.Empty(LeftBehind.FilesWith(_server, face.InTheClear));
        }

        await erased.DeleteAsync($"/users/{erased.Id}/face");
        await left.DeleteAsync($"/users/{left.Id}");
        // The row is gone and its bytes are not.
        Assert.NotEmpty(LeftBehind.FilesWith(_server, erasedFace.WrappedKey));
        await ScrubAsync();

        foreach (var face in (StoredFace[])[erasedFace, leftFace])
        {
            Assert.Empty(LeftBehind.FilesWith(_server, [face.WrappedKey, .. face.InTheClear]));
            Assert.Empty(await LeftBehind.TablesWithAsync(
                connection, [face.WrappedKey, face.Sealed, .. face.InTheClear]));
        }
        Assert.NotEmpty(LeftBehind.FilesWith(_server, staysFace.WrappedKey));
        Assert.Equal(
            ["face", "person_key"],
            await LeftBehind.TablesWithAsync(connection, staysFace.WrappedKey, staysFace.Sealed));
        Assert.Equal(staysFace.Numbers, (await stays.StoredAsync()).Numbers);
        Assert.Equal(1, _server.Services.GetRequiredService<FaceRecogniser>().Enrolled);
    }

    [Fact]
    public async Task Bytes_that_an_open_snapshot_may_still_read_are_left_for_later()
    {
        using var erased = await EnrolledPerson.EnrolAsync(_server, TestPhotos.AtHome(0));
        var face = await erased.StoredAsync();
        await using (var reader = await OpenAsync())
        {
            await using var snapshot = await reader.BeginTransactionAsync(IsolationLevel.RepeatableRead);
            await using (var look = new NpgsqlCommand("select count(*) from person_key", reader, snapshot))
                await look.ExecuteScalarAsync();
            await erased.DeleteAsync($"/users/{erased.Id}/face");
            Assert.False(await _server.Services.GetRequiredService<DestroyedKeys>().ScrubAsync(default));
        }
        await ScrubAsync();
        Assert.Empty(LeftBehind.FilesWith(_server, face.WrappedKey));
    }

    /// <summary>PostgreSQL's own housekeeping may hold a snapshot for a moment.</summary>
    private async Task ScrubAsync()
    {
        var keys = _server.Services.GetRequiredService<DestroyedKeys>();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await keys.ScrubAsync(patience.Token)) await Task.Delay(100, patience.Token);
    }

    private async Task<NpgsqlConnection> OpenAsync() =>
        await _server.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
}
