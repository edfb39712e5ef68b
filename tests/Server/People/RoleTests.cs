using Xunit;

namespace SightPay.Server.Tests.People;

public sealed class RoleTests : IAsyncLifetime
{
    private InnerServer _server = null!;
    private TestPerson _admin = null!;

    public async Task InitializeAsync()
    {
        _server = await InnerServer.StartAsync();
        _admin = await _server.PersonWithRolesAsync("customer", "admin");
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task An_admin_makes_a_second_operator_whose_session_knows_it_at_once()
    {
        var person = await _server.PersonAsync();
        Assert.Equal(403, (await _server.GetAsync("/users", person)).Status);
        var answer = await SetAsync(person, _admin, "manager", "customer");
        Assert.Equal(200, answer.Status);
        Assert.Equal(["customer", "manager"], Roles(answer));
        Assert.Equal(200, (await _server.GetAsync("/users", person)).Status);

        Assert.Equal(200, (await SetAsync(person, _admin, "customer")).Status);
        Assert.Equal(403, (await _server.GetAsync("/users", person)).Status);
        var log = (await _server.GetAsync($"/audit?subject=person:{person.Id}", _admin)).Json.GetProperty("items");
        Assert.Equal(
            ["role_manager_taken", "role_manager_given"],
            log.EnumerateArray().Select(entry => entry.GetProperty("what").GetString()));
    }

    [Fact]
    public async Task Only_admins_give_roles_and_only_known_ones()
    {
        var person = await _server.PersonAsync();
        Assert.Equal(403, (await SetAsync(person, person, "admin")).Status);
        Assert.Equal(403, (await SetAsync(person, await _server.PersonWithRolesAsync("manager"), "admin")).Status);
        Assert.Equal(422, (await SetAsync(person, _admin, "emperor")).Status);
        Assert.Equal(422, (await SetAsync(person, _admin)).Status);
        Assert.Equal(404, (await _server.SendAsync(
            HttpMethod.Put, $"/users/{Guid.Empty}/roles", new { roles = new[] { "admin" } }, _admin)).Status);
    }

    [Fact]
    public async Task The_last_admin_stays()
    {
        Assert.Equal("last_admin", (await SetAsync(_admin, _admin, "customer")).Code);
        var second = await _server.PersonAsync();
        Assert.Equal(200, (await SetAsync(second, _admin, "admin")).Status);
        Assert.Equal(200, (await SetAsync(_admin, second, "customer")).Status);
        Assert.Equal("last_admin", (await SetAsync(second, second, "customer")).Code);
    }

    [Fact]
    public async Task Of_two_admins_who_dismiss_each_other_at_once_one_stays()
    {
        for (var round = 0; round < 5; round++)
        {
            await _server.ExecuteAsync("update person set roles = '{customer}' where 'admin' = any(roles)");
            var (one, two) = (
                await _server.PersonWithRolesAsync("admin"), await _server.PersonWithRolesAsync("admin"));
            var answers = await Task.WhenAll(SetAsync(two, one, "customer"), SetAsync(one, two, "customer"));
            Assert.Single(answers, answer => answer.Status == 200);
            Assert.Equal(1, await _server.ScalarAsync<long>(
                "select count(*) from person where 'admin' = any(roles)"));
        }
    }

    [Fact]
    public async Task An_auditor_reads_and_does_not_write()
    {
        var person = await _server.PersonAsync();
        var auditor = await _server.PersonWithRolesAsync("auditor");
        Assert.Equal(200, (await _server.GetAsync("/users", auditor)).Status);
        Assert.Equal(200, (await _server.GetAsync($"/users/{person.Id}", auditor)).Status);
        Assert.Equal(200, (await _server.GetAsync($"/users/{person.Id}/consents", auditor)).Status);
        Assert.Equal(404, (await _server.GetAsync($"/users/{Guid.Empty}", auditor)).Status);
        foreach (var route in (string[])["/approvals", "/disputes", $"/wallet/statement?user_id={person.Id}"])
        {
            Assert.Equal(200, (await _server.GetAsync(route, auditor)).Status);
            Assert.Equal(403, (await _server.GetAsync(route, await _server.PersonAsync())).Status);
        }
        Assert.Equal(403, (await _server.SendAsync(
            HttpMethod.Post, $"/approvals/{Guid.Empty}/approve", null, auditor)).Status);
        Assert.Equal(403, (await _server.SendAsync(
            HttpMethod.Post, $"/users/{person.Id}/consents", new { purpose = "face" }, auditor)).Status);
        Assert.Equal(403, (await _server.SendAsync(
            HttpMethod.Delete, $"/users/{person.Id}/consents/face", null, auditor)).Status);
        Assert.Equal(403, (await _server.SendAsync(
            HttpMethod.Post, $"/users/{person.Id}/pin/unlock", null, auditor)).Status);
        Assert.Equal(403, (await SetAsync(auditor, auditor, "admin")).Status);
    }

    private Task<TestAnswer> SetAsync(TestPerson of, TestPerson by, params string[] roles) =>
        _server.SendAsync(HttpMethod.Put, $"/users/{of.Id}/roles", new { roles }, by);

    private static IEnumerable<string?> Roles(TestAnswer answer) =>
        answer.Json.GetProperty("roles").EnumerateArray().Select(role => role.GetString());
}
