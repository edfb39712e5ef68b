using Xunit;

namespace SightPay.Server.Tests.People;

public sealed class SessionTests(InnerServerFixture fixture) : IClassFixture<InnerServerFixture>
{
    private readonly InnerServer _server = fixture.Server;

    [Fact]
    public async Task Sign_in_gives_tokens_and_says_who_it_is()
    {
        var person = await _server.PersonAsync();
        var answer = await TokenAsync(person.Email.ToUpperInvariant(), InnerServer.Password);
        Assert.Equal(200, answer.Status);
        Assert.Equal("no-store", answer.CacheControl);
        Assert.Equal(900, answer.Json.GetProperty("expires_in").GetInt32());
        Assert.NotEmpty(answer.Json.GetProperty("refresh_token").GetString()!);
        var user = answer.Json.GetProperty("user");
        Assert.Equal(person.Id, user.GetProperty("id").GetGuid());
        Assert.Equal("Asha Sen", user.GetProperty("name").GetString());
        Assert.Equal(person.Email, user.GetProperty("email").GetString());
        Assert.Equal(["customer"], user.GetProperty("roles").EnumerateArray().Select(role => role.GetString()));
    }

    [Fact]
    public async Task Wrong_password_unknown_address_and_disabled_account_are_told_alike()
    {
        var person = await _server.PersonAsync();
        var disabled = await _server.PersonAsync();
        await _server.ExecuteAsync("update person set disabled_at = now() where id = $1", disabled.Id);
        var answers = new[]
        {
            await TokenAsync(person.Email, "not the password"),
            await TokenAsync("nobody-at-all@example.org", "not the password"),
            await TokenAsync(disabled.Email, InnerServer.Password),
        };
        Assert.All(answers, answer => Assert.Equal((401, "bad_credentials"), (answer.Status, answer.Code)));
        Assert.Single(answers.Select(answer => answer.Json.GetProperty("detail").GetString()).Distinct());
    }

    [Theory]
    [InlineData(null, "password", "email")]
    [InlineData("a@example.org", null, "password")]
    [InlineData("a@example.org", "", "password")]
    public async Task Missing_fields_are_named(string? email, string? password, string field)
    {
        var answer = await _server.SendAsync(HttpMethod.Post, "/auth/token", new { email, password });
        Assert.Equal((422, "fields_invalid"), (answer.Status, answer.Code));
        Assert.True(answer.Json.GetProperty("errors").TryGetProperty(field, out _));
    }

    [Fact]
    public async Task The_eleventh_attempt_in_a_minute_has_to_wait_even_with_the_right_password()
    {
        await using var server = await InnerServer.StartAsync();
        var person = await server.PersonAsync();
        server.Clock.Advance(TimeSpan.FromMinutes(2));
        for (var i = 0; i < 10; i++)
            Assert.Equal(401, (await server.SendAsync(
                HttpMethod.Post, "/auth/token", new { email = person.Email, password = $"guess {i}" })).Status);
        var eleventh = await server.SendAsync(
            HttpMethod.Post, "/auth/token", new { email = person.Email, password = InnerServer.Password });
        Assert.Equal(429, eleventh.Status);
        Assert.True(eleventh.RetryAfter > TimeSpan.Zero);
        server.Clock.Advance(TimeSpan.FromMinutes(1));
        await server.SignInAsync(person.Id, person.Email);
    }

    [Fact]
    public async Task A_hash_of_fewer_rounds_is_renewed_at_sign_in()
    {
        var before = await InnerServer.StartAsync();
        var person = await before.PersonAsync();
        var old = await HashAsync(before, person.Id);
        await before.DisposeAsync();
        await using var after = await InnerServer.StartAsync(
            new() { On = before, People = settings => settings with { PasswordIterations = 2_000 } });
        await after.SignInAsync(person.Id, person.Email);
        var renewed = await HashAsync(after, person.Id);
        Assert.NotEqual(old, renewed);
        await after.SignInAsync(person.Id, person.Email);
        Assert.Equal(renewed, await HashAsync(after, person.Id));
    }

    [Fact]
    public async Task Tokens_outlive_a_restart()
    {
        var before = await InnerServer.StartAsync();
        var person = await before.PersonAsync();
        await before.DisposeAsync();
        await using var after = await InnerServer.StartAsync(new() { On = before });
        Assert.Equal(200, (await after.GetAsync($"/users/{person.Id}", person)).Status);
        Assert.Equal(200, (await RefreshAsync(after, person.RefreshToken)).Status);
    }

    [Fact]
    public async Task An_access_token_is_over_after_15_minutes()
    {
        await using var server = await InnerServer.StartAsync();
        var person = await server.PersonAsync();
        server.Clock.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(1));
        Assert.Equal(200, (await server.GetAsync($"/users/{person.Id}", person)).Status);
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        var answer = await server.GetAsync($"/users/{person.Id}", person);
        Assert.Equal((401, "access_token_expired"), (answer.Status, answer.Code));
    }

    [Theory]
    [InlineData(null, "sign_in_required")]
    [InlineData("nonsense", "access_token_invalid")]
    public async Task Without_a_good_token_one_is_told_to_sign_in(string? token, string code)
    {
        var by = token is null ? null : new TestPerson(Guid.Empty, "", token, "");
        var answer = await _server.GetAsync($"/users/{Guid.Empty}", by);
        Assert.Equal((401, code), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task A_refresh_token_of_another_installation_is_nothing()
    {
        await using var other = await InnerServer.StartAsync();
        var stranger = await other.PersonAsync();
        Assert.Equal("access_token_invalid", (await _server.GetAsync($"/users/{stranger.Id}", stranger)).Code);
        Assert.Equal("refresh_token_invalid", (await RefreshAsync(_server, stranger.RefreshToken)).Code);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!A")]
    public async Task An_unknown_refresh_token_is_refused(string? token)
    {
        var answer = await RefreshAsync(_server, token);
        Assert.Equal((401, "refresh_token_invalid"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task Refreshing_gives_a_new_pair_that_works_on()
    {
        var person = await _server.PersonAsync();
        var token = person.RefreshToken;
        for (var i = 0; i < 3; i++)
        {
            var answer = await RefreshAsync(_server, token);
            Assert.Equal(200, answer.Status);
            Assert.NotEqual(token, RefreshOf(answer));
            var fresh = person with { AccessToken = answer.Json.GetProperty("access_token").GetString()! };
            Assert.Equal(200, (await _server.GetAsync($"/users/{person.Id}", fresh)).Status);
            token = RefreshOf(answer);
        }
    }

    [Fact]
    public async Task The_same_token_within_30_seconds_gives_the_same_successor()
    {
        await using var server = await InnerServer.StartAsync();
        var person = await server.PersonAsync();
        var first = await RefreshAsync(server, person.RefreshToken);
        server.Clock.Advance(TimeSpan.FromSeconds(29));
        var second = await RefreshAsync(server, person.RefreshToken);
        Assert.Equal(200, second.Status);
        Assert.Equal(RefreshOf(first), RefreshOf(second));
        Assert.Equal(200, (await RefreshAsync(server, RefreshOf(second))).Status);
    }

    [Fact]
    public async Task Many_refreshes_of_one_token_at_once_agree_on_the_successor()
    {
        var person = await _server.PersonAsync();
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(_ => RefreshAsync(_server, person.RefreshToken)));
        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.Single(answers.Select(RefreshOf).Distinct());
        Assert.Equal(2, await _server.ScalarAsync<long>(
            "select count(*) from refresh_token t join session s on s.id = t.session_id where s.person_id = $1",
            person.Id));
    }

    [Fact]
    public async Task A_token_used_again_later_ends_the_whole_session()
    {
        await using var server = await InnerServer.StartAsync();
        var person = await server.PersonAsync();
        var next = await RefreshAsync(server, person.RefreshToken);
        server.Clock.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal("refresh_token_reused", (await RefreshAsync(server, person.RefreshToken)).Code);
        Assert.Equal("session_ended", (await RefreshAsync(server, RefreshOf(next))).Code);
        var access = person with { AccessToken = next.Json.GetProperty("access_token").GetString()! };
        Assert.Equal("session_ended", (await server.GetAsync($"/users/{person.Id}", access)).Code);
        await server.SignInAsync(person.Id, person.Email);
    }

    [Fact]
    public async Task A_session_that_is_not_refreshed_ends()
    {
        await using var server = await InnerServer.StartAsync(
            new() { People = settings => settings with { SessionLife = TimeSpan.FromMinutes(20) } });
        var person = await server.PersonAsync();
        server.Clock.Advance(TimeSpan.FromMinutes(19));
        var next = await RefreshAsync(server, person.RefreshToken);
        Assert.Equal(200, next.Status);
        server.Clock.Advance(TimeSpan.FromMinutes(19));
        next = await RefreshAsync(server, RefreshOf(next));
        Assert.Equal(200, next.Status);
        server.Clock.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal("session_ended", (await RefreshAsync(server, RefreshOf(next))).Code);
    }

    [Fact]
    public async Task Signing_out_ends_the_session_at_once_and_no_other()
    {
        var person = await _server.PersonAsync();
        var elsewhere = await _server.SignInAsync(person.Id, person.Email);
        Assert.Equal(204, (await _server.SendAsync(HttpMethod.Post, "/auth/sign-out", by: person)).Status);
        Assert.Equal("session_ended", (await _server.GetAsync($"/users/{person.Id}", person)).Code);
        Assert.Equal("session_ended", (await RefreshAsync(_server, person.RefreshToken)).Code);
        Assert.Equal(200, (await _server.GetAsync($"/users/{person.Id}", elsewhere)).Status);
    }

    [Fact]
    public async Task Signing_out_works_with_the_refresh_token_alone_and_twice()
    {
        var person = await _server.PersonAsync();
        for (var i = 0; i < 2; i++)
            Assert.Equal(204, (await _server.SendAsync(
                HttpMethod.Post, "/auth/sign-out", new { refresh_token = person.RefreshToken })).Status);
        Assert.Equal("session_ended", (await _server.GetAsync($"/users/{person.Id}", person)).Code);
        Assert.Equal(401, (await _server.SendAsync(HttpMethod.Post, "/auth/sign-out")).Status);
    }

    [Fact]
    public async Task Disabling_a_person_and_taking_a_role_away_work_at_once()
    {
        var boss = await _server.PersonWithRolesAsync("manager");
        Assert.Equal(200, (await _server.GetAsync("/users", boss)).Status);
        await _server.ExecuteAsync("update person set roles = '{customer}' where id = $1", boss.Id);
        Assert.Equal((403, "forbidden"), Of(await _server.GetAsync("/users", boss)));
        await _server.ExecuteAsync("update person set disabled_at = now() where id = $1", boss.Id);
        Assert.Equal((401, "session_ended"), Of(await _server.GetAsync("/users", boss)));
        Assert.Equal("session_ended", (await RefreshAsync(_server, boss.RefreshToken)).Code);
    }

    [Fact]
    public async Task No_token_lies_in_the_database()
    {
        var person = await _server.PersonAsync();
        var rows = await _server.ScalarAsync<string>("select string_agg(t::text, ' ') from refresh_token t");
        var bytes = Convert.ToHexString(
            System.Buffers.Text.Base64Url.DecodeFromChars(person.RefreshToken));
        Assert.DoesNotContain(bytes, rows, StringComparison.OrdinalIgnoreCase);
    }

    private static (int, string?) Of(TestAnswer answer) => (answer.Status, answer.Code);

    private static string RefreshOf(TestAnswer answer) => answer.Json.GetProperty("refresh_token").GetString()!;

    private static Task<string> HashAsync(InnerServer server, Guid person) =>
        server.ScalarAsync<string>("select password_hash from person where id = $1", person);

    private Task<TestAnswer> TokenAsync(string email, string password) =>
        _server.SendAsync(HttpMethod.Post, "/auth/token", new { email, password });

    private static Task<TestAnswer> RefreshAsync(InnerServer server, string? token) =>
        server.SendAsync(HttpMethod.Post, "/auth/refresh", new { refresh_token = token });
}
