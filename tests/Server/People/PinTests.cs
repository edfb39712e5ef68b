using SightPay.Server.People;
using Xunit;

namespace SightPay.Server.Tests.People;

public sealed class PinTests(InnerServerFixture fixture) : IClassFixture<InnerServerFixture>
{
    private const string Pin = "8392";
    private const string Wrong = "7146";

    private readonly InnerServer _server = fixture.Server;

    private Pins Pins => _server.Get<Pins>();

    [Fact]
    public async Task A_pin_is_set_with_the_password_and_only_its_existence_is_shown()
    {
        var person = await _server.PersonAsync();
        Assert.False(await HasPinAsync(person));
        Assert.Equal(PinVerdict.NotSet, (await Pins.VerifyAsync(person.Id, Pin, default)).Verdict);
        Assert.Equal(204, (await SetAsync(person, Pin)).Status);
        Assert.True(await HasPinAsync(person));
        Assert.Equal(PinVerdict.Right, (await Pins.VerifyAsync(person.Id, Pin, default)).Verdict);
        Assert.Equal(1, await AuditedAsync(person, "pin_set"));
    }

    [Fact]
    public async Task Without_the_password_or_by_somebody_else_no_pin_is_set()
    {
        var person = await _server.PersonAsync();
        Assert.Equal("password_wrong", (await SetAsync(person, Pin, password: "not the password")).Code);
        Assert.Equal(422, (await SetAsync(person, Pin, password: "")).Status);
        Assert.Equal("forbidden", (await SetAsync(person, Pin, by: await _server.PersonAsync())).Code);
        Assert.Equal("forbidden", (await SetAsync(
            person, Pin, by: await _server.PersonWithRolesAsync("admin"))).Code);
        Assert.Equal(401, (await _server.SendAsync(
            HttpMethod.Put, $"/users/{person.Id}/pin", new { pin = Pin, password = InnerServer.Password })).Status);
        Assert.False(await HasPinAsync(person));
    }

    [Fact]
    public async Task Guessing_the_password_is_limited_as_signing_in_is()
    {
        var person = await _server.PersonAsync();
        for (var i = 0; i < 9; i++)
            Assert.Equal("password_wrong", (await SetAsync(person, Pin, password: "not the password")).Code);
        Assert.Equal("too_many_requests", (await SetAsync(person, Pin)).Code);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("123")]
    [InlineData("839201745")]
    [InlineData("83a2")]
    [InlineData("८३९२")]
    [InlineData("0000")]
    [InlineData("77777777")]
    [InlineData("1234")]
    [InlineData("7890")]
    [InlineData("98765432")]
    [InlineData("3210")]
    [InlineData("1212")]
    [InlineData("69696")]
    public async Task A_pin_that_is_none_or_guessed_first_is_refused(string? pin)
    {
        var person = await _server.PersonAsync();
        var answer = await SetAsync(person, pin);
        Assert.Equal(422, answer.Status);
        Assert.True(answer.Json.GetProperty("errors").TryGetProperty("pin", out _));
    }

    [Theory]
    [InlineData("8392")]
    [InlineData("1235")]
    [InlineData("1221")]
    [InlineData("12123")]
    public void A_pin_that_is_not_guessed_first_is_taken(string pin) => Assert.Null(SetPin.WhyNot(pin));

    [Fact]
    public async Task Five_wrong_tries_lock_until_a_new_pin_is_set()
    {
        var person = await PersonWithPinAsync();
        for (var left = 4; left >= 0; left--)
            Assert.Equal(new(PinVerdict.Wrong, left), await Pins.VerifyAsync(person.Id, Wrong, default));
        Assert.Equal(new(PinVerdict.Locked, 0), await Pins.VerifyAsync(person.Id, Pin, default));
        Assert.Equal(1, await AuditedAsync(person, "pin_locked"));
        Assert.Equal(204, (await SetAsync(person, "2846")).Status);
        Assert.Equal(PinVerdict.Right, (await Pins.VerifyAsync(person.Id, "2846", default)).Verdict);
        Assert.Equal(PinVerdict.Wrong, (await Pins.VerifyAsync(person.Id, Pin, default)).Verdict);
    }

    [Fact]
    public async Task An_operator_unlocks_and_is_written_down()
    {
        var person = await PersonWithPinAsync();
        for (var i = 0; i < Pins.TriesMax; i++) await Pins.VerifyAsync(person.Id, Wrong, default);
        var route = $"/users/{person.Id}/pin/unlock";
        Assert.Equal(403, (await _server.SendAsync(HttpMethod.Post, route, by: person)).Status);
        var manager = await _server.PersonWithRolesAsync("manager");
        Assert.Equal(204, (await _server.SendAsync(HttpMethod.Post, route, by: manager)).Status);
        Assert.Equal(204, (await _server.SendAsync(HttpMethod.Post, route, by: manager)).Status);
        Assert.Equal(1, await AuditedAsync(person, "pin_unlocked"));
        Assert.Equal(PinVerdict.Right, (await Pins.VerifyAsync(person.Id, Pin, default)).Verdict);
        Assert.Equal(404, (await _server.SendAsync(
            HttpMethod.Post, $"/users/{Guid.Empty}/pin/unlock", by: manager)).Status);
    }

    [Fact]
    public async Task A_right_pin_forgives_the_wrong_ones_before_it()
    {
        var person = await PersonWithPinAsync();
        for (var round = 0; round < 3; round++)
        {
            for (var i = 1; i < Pins.TriesMax; i++) await Pins.VerifyAsync(person.Id, Wrong, default);
            Assert.Equal(PinVerdict.Right, (await Pins.VerifyAsync(person.Id, Pin, default)).Verdict);
        }
    }

    [Fact]
    public async Task Fifty_wrong_pins_at_once_are_five_tries()
    {
        var person = await PersonWithPinAsync();
        var checks = await Task.WhenAll(Enumerable.Range(0, 50).Select(
            _ => Pins.VerifyAsync(person.Id, Wrong, default)));
        Assert.Equal(5, checks.Count(check => check.Verdict == PinVerdict.Wrong));
        Assert.Equal(45, checks.Count(check => check.Verdict == PinVerdict.Locked));
        Assert.Equal(5, await TriesEverAsync(person));
    }

    [Fact]
    public async Task A_right_pin_among_wrong_ones_never_gives_them_more_than_their_five()
    {
        var person = await PersonWithPinAsync();
        var checks = await Task.WhenAll(Enumerable.Range(0, 50).Select(
            i => Pins.VerifyAsync(person.Id, i == 2 ? Pin : Wrong, default)));
        var right = checks.Count(check => check.Verdict == PinVerdict.Right);
        var wrong = checks.Count(check => check.Verdict == PinVerdict.Wrong);
        Assert.Equal(right + wrong, await TriesEverAsync(person));
        // At most four before a right one, which are forgiven with it, and five after it. A right one that was the
        // fifth may be known only when all others have been turned away: then the five after it are still to be had.
        while ((await Pins.VerifyAsync(person.Id, Wrong, default)).Verdict == PinVerdict.Wrong) wrong++;
        Assert.InRange(wrong, 5, right == 1 ? 9 : 5);
        Assert.Equal(PinVerdict.Locked, (await Pins.VerifyAsync(person.Id, Pin, default)).Verdict);
    }

    [Fact]
    public async Task Who_has_gone_before_the_answer_has_tried_all_the_same()
    {
        var person = await PersonWithPinAsync();
        using var gone = new CancellationTokenSource();
        for (var i = 0; i < 200; i++)
        {
            var verify = Pins.VerifyAsync(person.Id, Wrong, gone.Token);
            if (i == 20) await gone.CancelAsync();
            try
            {
                await verify;
            }
            catch (OperationCanceledException)
            {
                // Left before it was counted, or just after.
            }
        }
        Assert.Equal(5, await TriesEverAsync(person));
    }

    [Fact]
    public async Task Of_two_lookalikes_the_pin_names_one_and_costs_the_other_nothing()
    {
        var (asha, ravi) = (await PersonWithPinAsync(), await PersonWithPinAsync("5081"));
        var nobody = await _server.PersonAsync();
        Guid[] candidates = [asha.Id, ravi.Id, nobody.Id];
        for (var i = 0; i < 8; i++) Assert.Equal(asha.Id, await Pins.MatchOneAsync(candidates, Pin, default));
        Assert.Equal(ravi.Id, await Pins.MatchOneAsync(candidates, "5081", default));

        for (var i = 0; i < Pins.TriesMax; i++) Assert.Null(await Pins.MatchOneAsync(candidates, Wrong, default));
        Assert.Equal(PinVerdict.Locked, (await Pins.VerifyAsync(asha.Id, Pin, default)).Verdict);
        Assert.Equal(PinVerdict.Locked, (await Pins.VerifyAsync(ravi.Id, "5081", default)).Verdict);
        Assert.Equal(1, await AuditedAsync(ravi, "pin_locked"));
    }

    [Fact]
    public async Task A_pin_that_two_lookalikes_share_names_neither()
    {
        var (one, two) = (await PersonWithPinAsync(), await PersonWithPinAsync());
        Assert.Null(await Pins.MatchOneAsync([one.Id, two.Id], Pin, default));
    }

    [Fact]
    public async Task A_hash_copied_to_somebody_else_opens_nothing()
    {
        var (owner, thief) = (await PersonWithPinAsync(), await PersonWithPinAsync("5081"));
        await _server.ExecuteAsync(
            "update person_pin set hash = (select hash from person_pin where person_id = $2) where person_id = $1",
            owner.Id, thief.Id);
        Assert.Equal(PinVerdict.Wrong, (await Pins.VerifyAsync(owner.Id, "5081", default)).Verdict);
    }

    [Fact]
    public async Task New_pins_are_limited_so_that_ones_own_is_no_probe()
    {
        var person = await _server.PersonAsync();
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(204, (await SetAsync(person, Pin)).Status);
            _server.Clock.Advance(TimeSpan.FromMinutes(1));
        }
        Assert.Equal("too_many_requests", (await SetAsync(person, Pin)).Code);
    }

    [Fact]
    public async Task A_pin_is_in_no_log_and_no_row()
    {
        const string Telling = "83920174";
        var person = await PersonWithPinAsync(Telling);
        await Pins.VerifyAsync(person.Id, Telling, default);
        await SetAsync(person, Telling, password: "not the password");
        Assert.DoesNotContain(Telling, _server.Log);
        Assert.DoesNotContain(Telling, await _server.ScalarAsync<string>(
            "select row_to_json(p)::text from person_pin p where person_id = $1", person.Id));
        Assert.Equal("[secret]", $"{new SetPinRequest(new(Telling), null).Pin}");
        Assert.Equal(nameof(SetPinRequest), new SetPinRequest(new(Telling), new(Telling)).ToString());
    }

    private async Task<TestPerson> PersonWithPinAsync(string pin = Pin)
    {
        var person = await _server.PersonAsync();
        Assert.Equal(204, (await SetAsync(person, pin)).Status);
        return person;
    }

    private Task<TestAnswer> SetAsync(
        TestPerson of, string? pin, string password = InnerServer.Password, TestPerson? by = null) =>
        _server.SendAsync(HttpMethod.Put, $"/users/{of.Id}/pin", new { pin, password }, by ?? of);

    private async Task<bool> HasPinAsync(TestPerson person) =>
        (await _server.GetAsync($"/users/{person.Id}", person)).Json.GetProperty("has_pin").GetBoolean();

    private Task<long> TriesEverAsync(TestPerson person) => _server.ScalarAsync<long>(
        "select tries_ever from person_pin where person_id = $1", person.Id);

    private Task<long> AuditedAsync(TestPerson person, string what) => _server.ScalarAsync<long>(
        "select count(*) from audit_entry where subject = $1 and what = $2", $"person:{person.Id}", what);
}
