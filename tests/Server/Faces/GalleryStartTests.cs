using System.Diagnostics;
using System.Runtime.InteropServices;
using Npgsql;
using SightPay.Server.Faces;
using SightPay.Server.People;
using SightPay.Vision.Faces;
using SightPay.Vision.Gallery;
using Xunit;

namespace SightPay.Server.Tests.Faces;

/// <summary>The gallery of a start is what the database holds, and follows what others commit.</summary>
public sealed class GalleryStartTests : IAsyncLifetime
{
    private readonly Random _random = new(11);
    private ServerBed _bed = null!;

    public async Task InitializeAsync() => _bed = await ServerBed.StartAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task A_start_opens_everybody_of_its_pack_and_knows_who_proved_liveness()
    {
        // Several batches of a megabyte, and one begun.
        var people = new List<(Guid Id, float[] Values)>();
        for (var i = 0; i < 2_000; i++)
            people.Add(await StoreAsync(i % 7 == 0 ? FaceRow.ChallengePassed : FaceRow.NoLiveness));
        for (var i = 0; i < 3; i++) await StoreAsync(FaceRow.NoLiveness, "other-1");
        await _bed.RestartAsync();
        var recogniser = _bed.Get<FaceRecogniser>();
        Assert.Equal(people.Count, recogniser.Enrolled);
        Assert.Equal(3, _bed.Get<GalleryFollower>().ToEnrolAgain);
        foreach (var (i, (id, values)) in people.Index())
        {
            var found = recogniser.Identify(new FaceTemplate(recogniser.Pack, values), ProbeEvidence.Clear);
            Assert.Equal((FaceBand.Accept, id, i % 7 == 0), (found.Band, found.PersonId, found.LivenessProved));
        }
    }

    [Fact]
    public async Task What_another_process_commits_is_searched_without_waiting_for_the_next_look()
    {
        var (recogniser, store) = (_bed.Get<FaceRecogniser>(), _bed.Get<FaceStore>());
        var (id, values) = await StoreAsync(FaceRow.NoLiveness);
        var row = (await store.FindAsync(id, default))!;
        await CommitAsync((connection, transaction) => store.PutAsync(connection, transaction, row, default));
        await SeenAsync(1);
        var template = new FaceTemplate(recogniser.Pack, values);
        Assert.Equal(id, recogniser.Identify(template, ProbeEvidence.Clear).PersonId);
        await CommitAsync((connection, transaction) => store.RemoveAsync(connection, transaction, id, default));
        await SeenAsync(0);
    }

    /// <summary>A look of its own would come after fifteen seconds; a notification takes milliseconds.</summary>
    private async Task SeenAsync(int people)
    {
        var committed = Stopwatch.GetTimestamp();
        while (_bed.Get<FaceRecogniser>().Enrolled != people)
        {
            Assert.True(Stopwatch.GetElapsedTime(committed) < TimeSpan.FromSeconds(10), "It was not notified.");
            await Task.Delay(5);
        }
    }

    private async Task<(Guid Id, float[] Values)> StoreAsync(string liveness, string? pack = null)
    {
        var (vault, recogniser) = (_bed.Get<PersonVault>(), _bed.Get<FaceRecogniser>());
        var (id, values) = (Guid.CreateVersion7(), new float[recogniser.Dimensions]);
        for (var i = 0; i < values.Length; i++) values[i] = (float)(_random.NextDouble() - 0.5);
        var length = MathF.Sqrt(values.Sum(value => value * value));
        for (var i = 0; i < values.Length; i++) values[i] /= length;
        var key = vault.NewKey(id, EnrolFace.Purpose);
        var box = vault.Seal(id, EnrolFace.Purpose, key, MemoryMarshal.AsBytes(values.AsSpan()));
        await using var command = _bed.Database.DataSource.CreateCommand(
            """
            with them as (
                insert into person (id, name, email, email_key, password_hash, roles, created_at)
                values ($1, 'Asha', $1::text, $1::text, '-', '{customer}', now())),
            theirs as (insert into person_key (person_id, purpose, wrapped_key) values ($1, 'face', $2))
            insert into face (person, template_id, pack, sealed, quality, images_used, liveness, enrolled_at)
            values ($1, $1, $3, $4, 0.8, 1, $5, now())
            """);
        foreach (var value in (object[])[id, key, pack ?? recogniser.Pack, box, liveness])
            command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync();
        return (id, values);
    }

    private async Task CommitAsync(Func<NpgsqlConnection, NpgsqlTransaction, Task> act)
    {
        await using var connection = await _bed.Database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await act(connection, transaction);
        await transaction.CommitAsync();
    }
}
