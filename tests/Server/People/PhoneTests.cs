using SightPay.Server.Api;
using SightPay.Server.People;
using Xunit;

namespace SightPay.Server.Tests.People;

public sealed class PhoneTests(InnerServerFixture fixture) : IClassFixture<InnerServerFixture>
{
    private readonly InnerServer _server = fixture.Server;

    private Phones Phones => _server.Get<Phones>();

    [Theory]
    [InlineData("+91 98300-12345", "+919830012345")]
    [InlineData("0048 (601) 234.567", "+48601234567")]
    [InlineData("+1 2125550100", "+12125550100")]
    [InlineData("98300 12345", null)]
    [InlineData("+0 98300 12345", null)]
    [InlineData("+91 98300 1234x", null)]
    [InlineData("+1234567", null)]
    [InlineData("+1234567890123456", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void Numbers_are_kept_in_one_form(string? written, string? kept) =>
        Assert.Equal(kept, Phones.Normalise(written));

    [Fact]
    public async Task A_number_is_sealed_and_only_its_existence_is_shown()
    {
        var person = await PersonWithPhoneAsync("+91 98300 12345");
        var shown = await _server.GetAsync($"/users/{person.Id}", person);
        Assert.True(shown.Json.GetProperty("has_phone").GetBoolean());
        Assert.DoesNotContain("12345", shown.Text);
        Assert.DoesNotContain("9830012345", _server.Log);
        Assert.DoesNotContain("9830012345", await _server.ScalarAsync<string>(
            "select encode(phone, 'escape') from person where id = $1", person.Id));
        Assert.Equal("+919830012345", await Phones.FindAsync(person.Id, default));
        Assert.Equal(1, await _server.ScalarAsync<long>(
            "select count(*) from audit_entry where subject = $1 and what = 'phone_set'", $"person:{person.Id}"));
    }

    [Fact]
    public async Task A_number_that_is_none_is_refused_and_nobody_sets_anothers()
    {
        var person = await _server.PersonAsync();
        var refused = await SetAsync(person, "98300 12345", person);
        Assert.Equal(422, refused.Status);
        Assert.True(refused.Json.GetProperty("errors").TryGetProperty("phone", out _));
        Assert.Equal(403, (await SetAsync(person, "+919830012345", await _server.PersonAsync())).Status);
        Assert.Equal(403, (await SetAsync(
            person, "+919830012345", await _server.PersonWithRolesAsync("admin"))).Status);
    }

    [Fact]
    public async Task The_last_digits_name_one_of_a_few_or_nobody()
    {
        var (asha, ravi) = (await PersonWithPhoneAsync("+919830012345"), await PersonWithPhoneAsync("+48601234567"));
        var twin = await PersonWithPhoneAsync("+918888812345");
        Guid[] two = [asha.Id, ravi.Id, (await _server.PersonAsync()).Id];
        Assert.Equal(asha.Id, await Phones.MatchOneAsync(two, "2345", default));
        Assert.Equal(ravi.Id, await Phones.MatchOneAsync(two, "4567", default));
        Assert.Null(await Phones.MatchOneAsync(two, "0000", default));
        Assert.Null(await Phones.MatchOneAsync([asha.Id, twin.Id], "2345", default));
    }

    [Fact]
    public async Task Trying_digits_is_limited()
    {
        var person = await PersonWithPhoneAsync("+919830012345");
        for (var i = 0; i < 10; i++) Assert.Null(await Phones.MatchOneAsync([person.Id], $"900{i}", default));
        await Assert.ThrowsAsync<ProblemException>(() => Phones.MatchOneAsync([person.Id], "2345", default));
    }

    private async Task<TestPerson> PersonWithPhoneAsync(string phone)
    {
        var person = await _server.PersonAsync();
        Assert.Equal(204, (await SetAsync(person, phone, person)).Status);
        return person;
    }

    private Task<TestAnswer> SetAsync(TestPerson of, string phone, TestPerson by) =>
        _server.SendAsync(HttpMethod.Put, $"/users/{of.Id}/phone", new { phone }, by);
}
