using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using SightPay.Server.People;
using Xunit;

namespace SightPay.Server.Tests.People;

public sealed class ConsentTests(InnerServerFixture fixture) : IClassFixture<InnerServerFixture>
{
    private readonly InnerServer _server = fixture.Server;

    [Fact]
    public async Task Consent_is_given_shown_and_withdrawn()
    {
        var person = await _server.PersonAsync();
        var consents = _server.Get<Consents>();
        Assert.False(await consents.HasAsync(person.Id, Consents.Face, default));

        var given = await GrantAsync(person, person.Id);
        Assert.Equal(201, given.Status);
        Assert.Equal("face", given.Json.GetProperty("purpose").GetString());
        Assert.Equal(1, given.Json.GetProperty("version").GetInt32());
        Assert.True(given.Json.TryGetProperty("granted_at", out _));
        Assert.True(await consents.HasAsync(person.Id, Consents.Face, default));
        var again = await GrantAsync(person, person.Id);
        Assert.Equal((201, given.Text), (again.Status, again.Text));

        Assert.Equal(204, (await WithdrawAsync(person, person.Id)).Status);
        Assert.Equal(204, (await WithdrawAsync(person, person.Id)).Status);
        Assert.False(await consents.HasAsync(person.Id, Consents.Face, default));
        Assert.Equal(201, (await GrantAsync(person, person.Id)).Status);
        var list = await _server.GetAsync($"/users/{person.Id}/consents", person);
        Assert.Equal(2, list.Json.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Agreeing_many_times_at_once_is_one_consent()
    {
        var person = await _server.PersonAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => GrantAsync(person, person.Id)));
        Assert.All(answers, answer => Assert.Equal(201, answer.Status));
        Assert.Equal(1, await _server.ScalarAsync<long>(
            "select count(*) from consent where person_id = $1", person.Id));
    }

    [Fact]
    public async Task A_consent_to_an_older_text_does_not_count()
    {
        var person = await _server.PersonAsync();
        await GrantAsync(person, person.Id);
        await _server.ExecuteAsync("update consent set version = 0 where person_id = $1", person.Id);
        Assert.False(await _server.Get<Consents>().HasAsync(person.Id, Consents.Face, default));
        await GrantAsync(person, person.Id);
        Assert.True(await _server.Get<Consents>().HasAsync(person.Id, Consents.Face, default));
    }

    [Fact]
    public async Task An_unknown_purpose_is_refused()
    {
        var person = await _server.PersonAsync();
        var answer = await _server.SendAsync(
            HttpMethod.Post, $"/users/{person.Id}/consents", new { purpose = "shoe_size" }, person);
        Assert.Equal((422, "purpose_unknown"), (answer.Status, answer.Code));
        var withdrawn = await _server.SendAsync(
            HttpMethod.Delete, $"/users/{person.Id}/consents/shoe_size", by: person);
        Assert.Equal((404, "purpose_unknown"), (withdrawn.Status, withdrawn.Code));
        Assert.Equal(404, (await _server.GetAsync("/consents/shoe_size")).Status);
        Assert.Contains("withdraw", (await _server.GetAsync("/consents/face")).Text);
    }

    [Fact]
    public async Task Strangers_are_refused_alike_for_people_who_exist_and_who_do_not()
    {
        var person = await _server.PersonAsync();
        var stranger = await _server.PersonAsync();
        foreach (var id in new[] { person.Id.ToString(), Guid.Empty.ToString(), "nonsense" })
        {
            Assert.Equal(403, (await _server.GetAsync($"/users/{id}", stranger)).Status);
            Assert.Equal(403, (await _server.GetAsync($"/users/{id}/consents", stranger)).Status);
            var given = await _server.SendAsync(
                HttpMethod.Post, $"/users/{id}/consents", new { purpose = "face" }, stranger);
            Assert.Equal((403, "forbidden"), (given.Status, given.Code));
            Assert.Equal(403, (await _server.SendAsync(
                HttpMethod.Delete, $"/users/{id}/consents/face", by: stranger)).Status);
        }
        Assert.False(await _server.Get<Consents>().HasAsync(person.Id, Consents.Face, default));
    }

    [Fact]
    public async Task Operators_see_everybody_and_are_told_who_does_not_exist()
    {
        var person = await _server.PersonAsync();
        var boss = await _server.PersonWithRolesAsync("admin");
        Assert.Equal(person.Id, (await _server.GetAsync($"/users/{person.Id}", boss)).Json
            .GetProperty("id").GetGuid());
        Assert.Equal("user_not_found", (await _server.GetAsync($"/users/{Guid.Empty}", boss)).Code);
        Assert.Equal("user_not_found", (await _server.GetAsync("/users/nonsense", boss)).Code);
        Assert.Equal(404, (await GrantAsync(boss, Guid.Empty)).Status);
        Assert.Equal(201, (await GrantAsync(boss, person.Id)).Status);
        Assert.Equal($"person:{boss.Id}", await _server.ScalarAsync<string>(
            "select granted_by from consent where person_id = $1", person.Id));
    }

    [Fact]
    public async Task The_list_of_people_is_paged_newest_first_for_operators()
    {
        var boss = await _server.PersonWithRolesAsync("manager");
        var made = new List<Guid>();
        for (var i = 0; i < 5; i++)
        {
            // Ids are ordered by their millisecond.
            _server.Clock.Advance(TimeSpan.FromMilliseconds(1));
            made.Add((await _server.PersonAsync()).Id);
        }
        var seen = new List<Guid>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await _server.GetAsync($"/users?limit=2&cursor={cursor}", boss);
            Assert.Equal(200, page.Status);
            seen.AddRange(page.Json.GetProperty("items").EnumerateArray()
                .Select(item => item.GetProperty("id").GetGuid()));
            cursor = page.Json.GetProperty("next_cursor").GetString();
        }
        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.Equal(made.AsEnumerable().Reverse(), seen.Where(made.Contains));
        Assert.Equal("cursor_invalid", (await _server.GetAsync("/users?cursor=bogus!", boss)).Code);
        Assert.Equal("cursor_invalid", (await _server.GetAsync("/users?cursor=Ym9ndXM", boss)).Code);
        Assert.Equal(403, (await _server.GetAsync("/users", await _server.PersonAsync())).Status);
        Assert.Equal(401, (await _server.GetAsync("/users")).Status);
    }

    [Fact]
    public async Task Withdrawing_lets_the_slices_erase_and_tries_again_after_a_fault()
    {
        var eraser = new FaultyEraser { Faults = 1 };
        await using var server = await InnerServer.StartAsync(
            new() { Services = services => services.AddSingleton<IConsentWithdrawal>(eraser) });
        var person = await server.PersonAsync();
        await server.SendAsync(HttpMethod.Post, $"/users/{person.Id}/consents", new { purpose = "face" }, person);
        Assert.Equal(500, (await server.SendAsync(
            HttpMethod.Delete, $"/users/{person.Id}/consents/face", by: person)).Status);
        Assert.False(await server.Get<Consents>().HasAsync(person.Id, Consents.Face, default));
        Assert.Equal(204, (await server.SendAsync(
            HttpMethod.Delete, $"/users/{person.Id}/consents/face", by: person)).Status);
        Assert.Equal([person.Id], eraser.Erased);
    }

    [Fact]
    public async Task Agreeing_again_erases_first_what_a_withdrawal_had_left()
    {
        var eraser = new FaultyEraser { Faults = 1 };
        await using var server = await InnerServer.StartAsync(
            new() { Services = services => services.AddSingleton<IConsentWithdrawal>(eraser) });
        var person = await server.PersonAsync();
        var path = $"/users/{person.Id}/consents";
        await server.SendAsync(HttpMethod.Post, path, new { purpose = "face" }, person);
        Assert.Equal(500, (await server.SendAsync(HttpMethod.Delete, $"{path}/face", by: person)).Status);
        Assert.Equal(201, (await server.SendAsync(HttpMethod.Post, path, new { purpose = "face" }, person)).Status);
        Assert.Equal([person.Id], eraser.Erased);
        Assert.True(await server.Get<Consents>().HasAsync(person.Id, Consents.Face, default));
    }

    [Fact]
    public async Task An_erasure_that_a_stop_interrupted_is_finished_at_the_next_start()
    {
        var before = await InnerServer.StartAsync(new()
        {
            Services = services => services.AddSingleton<IConsentWithdrawal>(new FaultyEraser { Faults = 99 }),
        });
        var person = await before.PersonAsync();
        await before.SendAsync(HttpMethod.Post, $"/users/{person.Id}/consents", new { purpose = "face" }, person);
        await before.SendAsync(HttpMethod.Delete, $"/users/{person.Id}/consents/face", by: person);
        await before.DisposeAsync();

        var eraser = new FaultyEraser();
        await using var after = await InnerServer.StartAsync(
            new() { On = before, Services = services => services.AddSingleton<IConsentWithdrawal>(eraser) });
        await Eventually.HoldsAsync(async () => await after.ScalarAsync<long>(
            "select count(*) from consent where withdrawn_at is not null and erased_at is null") == 0);
        Assert.Equal([person.Id], eraser.Erased);
    }

    private Task<TestAnswer> GrantAsync(TestPerson by, Guid person) =>
        _server.SendAsync(HttpMethod.Post, $"/users/{person}/consents", new { purpose = "face" }, by);

    private Task<TestAnswer> WithdrawAsync(TestPerson by, Guid person) =>
        _server.SendAsync(HttpMethod.Delete, $"/users/{person}/consents/face", by: by);

    private sealed class FaultyEraser : IConsentWithdrawal
    {
        private int _calls;

        public int Faults { get; init; }

        public ConcurrentQueue<Guid> Erased { get; } = new();

        public string Purpose => Consents.Face;

        public Task WithdrawAsync(Guid person, CancellationToken ct)
        {
            if (Interlocked.Increment(ref _calls) <= Faults) throw new IOException("The disk is full.");
            Erased.Enqueue(person);
            return Task.CompletedTask;
        }
    }
}
