using Xunit;

namespace SightPay.Server.Tests.Payments;

public sealed class OwnLimitTests(InnerServerFixture fixture) : IClassFixture<InnerServerFixture>
{
    private readonly InnerServer _server = fixture.Server;

    [Fact]
    public async Task Lowering_is_free_and_raising_needs_the_password_or_the_pin()
    {
        var person = await _server.PersonAsync();
        Expect((null, null), await ShowAsync(person));
        Expect((500, 2000), await SetAsync(person, new { payment_minor = 500, day_minor = 2000 }));
        Expect((400, 2000), await SetAsync(person, new { payment_minor = 400, day_minor = 2000 }));
        foreach (var looser in new object[]
        {
            new { payment_minor = 401, day_minor = 2000 }, new { payment_minor = 400 }, new { },
            new { payment_minor = 1, day_minor = 2001 },
        })
            Assert.Equal("proof_needed", (await SetAsync(person, looser)).Code);
        Expect((400, 2000), await ShowAsync(person));

        Assert.Equal("password_wrong", (await SetAsync(
            person, new { payment_minor = 900, password = "not the password" })).Code);
        Expect((900, null), await SetAsync(person, new { payment_minor = 900, password = InnerServer.Password }));
        await _server.SendAsync(
            HttpMethod.Put, $"/users/{person.Id}/pin", new { pin = "8392", password = InnerServer.Password }, person);
        Assert.Equal("pin_wrong", (await SetAsync(person, new { payment_minor = 950, pin = "7146" })).Code);
        Expect((null, null), await SetAsync(person, new { pin = "8392" }));
        Assert.Equal(4, await _server.ScalarAsync<long>(
            "select count(*) from audit_entry where subject = $1 and what = 'limits_set'", $"person:{person.Id}"));
    }

    [Fact]
    public async Task Limits_are_the_persons_own_to_set_and_others_to_read()
    {
        var person = await _server.PersonAsync();
        var admin = await _server.PersonWithRolesAsync("admin");
        Assert.Equal(403, (await SetAsync(person, new { day_minor = 1 }, admin)).Status);
        Assert.Equal(403, (await SetAsync(person, new { day_minor = 1 }, await _server.PersonAsync())).Status);
        Assert.Equal(422, (await SetAsync(person, new { day_minor = -1 })).Status);
        Assert.Equal(200, (await _server.GetAsync($"/users/{person.Id}/limits", admin)).Status);
        Assert.Equal(403, (await _server.GetAsync(
            $"/users/{person.Id}/limits", await _server.PersonAsync())).Status);
        Assert.Equal(20_000, (await ShowAsync(person)).Json.GetProperty("day_minor_max").GetInt64());
    }

    private static void Expect((int? Payment, int? Day) own, TestAnswer answer)
    {
        Assert.Equal(200, answer.Status);
        Assert.Equal(own.Payment?.ToString() ?? "", answer.Json.GetProperty("payment_minor").ToString());
        Assert.Equal(own.Day?.ToString() ?? "", answer.Json.GetProperty("day_minor").ToString());
    }

    private Task<TestAnswer> SetAsync(TestPerson of, object body, TestPerson? by = null) =>
        _server.SendAsync(HttpMethod.Put, $"/users/{of.Id}/limits", body, by ?? of);

    private Task<TestAnswer> ShowAsync(TestPerson person) => _server.GetAsync($"/users/{person.Id}/limits", person);
}
