using SightPay.Ledger;
using Xunit;

namespace SightPay.Server.Tests.People;

public sealed class SignUpTests(InnerServerFixture fixture) : IClassFixture<InnerServerFixture>
{
    private readonly InnerServer _server = fixture.Server;

    [Fact]
    public async Task Sign_up_answers_with_the_person_and_an_empty_wallet()
    {
        var answer = await SignUpAsync("shape@example.org");
        Assert.Equal(201, answer.Status);
        Assert.NotEqual(Guid.Empty, answer.Json.GetProperty("id").GetGuid());
        Assert.Equal("Asha Sen", answer.Json.GetProperty("name").GetString());
        Assert.Equal("shape@example.org", answer.Json.GetProperty("email").GetString());
        Assert.Equal(0, answer.Json.GetProperty("wallet").GetProperty("amount_minor").GetInt64());
        Assert.Equal("INR", answer.Json.GetProperty("wallet").GetProperty("currency").GetString());
    }

    [Fact]
    public async Task Sign_up_opens_the_ledger_accounts_with_the_person()
    {
        var id = (await SignUpAsync("accounts@example.org")).Json.GetProperty("id").GetGuid();
        var ledger = _server.Get<GeneralLedger>();
        var wallet = await ledger.AccountAsync($"wallet:{id}", default);
        Assert.Equal(AccountKind.Wallet, wallet!.Kind);
        Assert.Equal(AccountFlags.NoOverdraft, wallet.Flags);
        Assert.Equal(AccountKind.Receivable, (await ledger.AccountAsync($"receivable:{id}", default))!.Kind);
    }

    /// <summary>Fault of S2: the client named the balance that its new account began with.</summary>
    [Fact]
    public async Task Fault_S2_caller_chosen_balance_is_ignored()
    {
        var answer = await _server.SendAsync(HttpMethod.Post, "/users", new
        {
            name = "Greedy", email = "greedy@example.org", password = InnerServer.Password, balance = 1_000_000,
            wallet = new { amount_minor = 1_000_000, currency = "INR" }, roles = new[] { "admin" },
            id = Guid.Empty,
        });
        Assert.Equal(201, answer.Status);
        Assert.Equal(0, answer.Json.GetProperty("wallet").GetProperty("amount_minor").GetInt64());
        Assert.Equal(["customer"], answer.Json.GetProperty("roles").EnumerateArray().Select(role => role.GetString()));
        var person = await _server.SignInAsync(answer.Json.GetProperty("id").GetGuid(), "greedy@example.org");
        var wallet = await _server.GetAsync("/wallet", person);
        Assert.Equal(0, wallet.Json.GetProperty("balance_minor").GetInt64());
    }

    public static TheoryData<string?, string?, string?, string> UnusableFields => new()
    {
        { "", "a@example.org", "long enough", "name" },
        { "   ", "a@example.org", "long enough", "name" },
        { null, "a@example.org", "long enough", "name" },
        { new string('n', 101), "a@example.org", "long enough", "name" },
        { "line\nbreak", "a@example.org", "long enough", "name" },
        { "Asha", null, "long enough", "email" },
        { "Asha", "", "long enough", "email" },
        { "Asha", "nobody", "long enough", "email" },
        { "Asha", "two words@example.org", "long enough", "email" },
        { "Asha", "Asha <asha@example.org>", "long enough", "email" },
        { "Asha", new string('e', 250) + "@example.org", "long enough", "email" },
        { "Asha", "a@example.org", null, "password" },
        { "Asha", "a@example.org", "7 chars", "password" },
        { "Asha", "a@example.org", new string('p', 129), "password" },
    };

    [Theory]
    [MemberData(nameof(UnusableFields))]
    public async Task Unusable_fields_are_named(string? name, string? email, string? password, string field)
    {
        var answer = await _server.SendAsync(HttpMethod.Post, "/users", new { name, email, password });
        Assert.Equal(422, answer.Status);
        Assert.Equal("fields_invalid", answer.Code);
        Assert.Equal([field], answer.Json.GetProperty("errors").EnumerateObject().Select(error => error.Name));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(128)]
    public async Task Passwords_of_8_to_128_characters_are_taken_without_further_rules(int length) =>
        Assert.Equal(201, (await SignUpAsync($"length{length}@example.org", new string('a', length))).Status);

    [Fact]
    public async Task An_address_in_other_letters_is_taken()
    {
        Assert.Equal(201, (await SignUpAsync("Taken@Example.org")).Status);
        var again = await SignUpAsync("taken@example.ORG");
        Assert.Equal(409, again.Status);
        Assert.Equal("email_taken", again.Code);
    }

    [Fact]
    public async Task Of_twenty_sign_ups_with_one_address_at_once_one_wins()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i =>
            SignUpAsync(i % 2 == 0 ? "race@example.org" : "RACE@example.org")));
        Assert.Single(answers, answer => answer.Status == 201);
        Assert.All(answers.Where(answer => answer.Status != 201), answer => Assert.Equal("email_taken", answer.Code));
        Assert.Equal(1, await _server.ScalarAsync<long>(
            "select count(*) from person where email_key = 'race@example.org'"));
    }

    [Fact]
    public async Task The_same_key_and_body_give_the_same_person()
    {
        var first = await SignUpAsync("keyed@example.org", key: "sign-up-1");
        var second = await SignUpAsync("keyed@example.org", key: "sign-up-1");
        Assert.Equal(201, first.Status);
        Assert.Equal((first.Status, first.Text), (second.Status, second.Text));
    }

    [Fact]
    public async Task Equal_sign_ups_with_one_key_at_once_all_get_the_same_person()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            SignUpAsync("keyrace@example.org", key: "sign-up-race")));
        Assert.Single(answers.Select(answer => (answer.Status, answer.Text)).Distinct());
        Assert.Equal(201, answers[0].Status);
    }

    [Theory]
    [InlineData("Asha Sen", "reused-b@example.org", InnerServer.Password)]
    [InlineData("Asha Sen", "reused-a@example.org", "another password")]
    [InlineData("Other Name", "reused-a@example.org", InnerServer.Password)]
    public async Task The_same_key_with_another_body_is_refused(string name, string email, string password)
    {
        await SignUpAsync("reused-a@example.org", key: "sign-up-reused");
        var answer = await _server.SendAsync(
            HttpMethod.Post, "/users", new { name, email, password }, key: "sign-up-reused");
        Assert.Equal((422, "idempotency_key_reused"), (answer.Status, answer.Code));
        Assert.Equal(0, await _server.ScalarAsync<long>(
            "select count(*) from person where email_key = 'reused-b@example.org'"));
    }

    [Fact]
    public async Task An_unusable_key_is_refused()
    {
        var answer = await SignUpAsync("badkey@example.org", key: new string('k', 256));
        Assert.Equal((400, "idempotency_key_invalid"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task Too_many_sign_ups_from_one_address_have_to_wait()
    {
        await using var strict = await InnerServer.StartAsync(new() { SignUpsPerHour = 3 });
        for (var i = 0; i < 3; i++) await strict.PersonAsync();
        var answer = await strict.SendAsync(HttpMethod.Post, "/users",
            new { name = "Late", email = "late@example.org", password = InnerServer.Password });
        Assert.Equal(429, answer.Status);
        Assert.True(answer.Json.GetProperty("retryable").GetBoolean());
        Assert.True(answer.RetryAfter > TimeSpan.Zero);
        strict.Clock.Advance(TimeSpan.FromHours(1));
        await strict.PersonAsync();
    }

    /// <summary>Fault of S1: the answer to a registration repeated the password.</summary>
    [Fact]
    public async Task Fault_S1_password_echo_is_gone_from_answers_and_logs()
    {
        const string Word = "Xyzzy-Plugh-42";
        var texts = new List<string>
        {
            (await SignUpAsync("echo@example.org", Word)).Text,
            (await SignUpAsync("echo@example.org", Word)).Text,
            (await SignUpAsync("not an address", Word)).Text,
        };
        var token = await _server.SendAsync(
            HttpMethod.Post, "/auth/token", new { email = "echo@example.org", password = Word });
        texts.Add(token.Text);
        texts.Add((await _server.SendAsync(
            HttpMethod.Post, "/auth/token", new { email = "nobody@example.org", password = Word })).Text);
        var person = new TestPerson(
            token.Json.GetProperty("user").GetProperty("id").GetGuid(), "",
            token.Json.GetProperty("access_token").GetString()!, "");
        texts.Add((await _server.GetAsync($"/users/{person.Id}", person)).Text);
        Assert.All(texts, text => Assert.DoesNotContain(Word, text));
        Assert.All(texts, text => Assert.DoesNotContain("password_hash", text));
        Assert.DoesNotContain(Word, _server.Log);
        Assert.DoesNotContain("echo@example.org", _server.Log, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(person.AccessToken, _server.Log);
        var stored = await _server.ScalarAsync<string>(
            "select string_agg(p::text, ' ') from person p where email_key = 'echo@example.org'");
        Assert.DoesNotContain(Word, stored);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"name\":1,\"email\":true,\"password\":[]}")]
    public async Task A_body_that_is_not_the_object_asked_for_is_a_client_error(string body)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var answer = await _server.Http.PostAsync("/users", content);
        Assert.InRange((int)answer.StatusCode, 400, 422);
    }

    private Task<TestAnswer> SignUpAsync(string email, string password = InnerServer.Password, string? key = null) =>
        _server.SendAsync(HttpMethod.Post, "/users", new { name = "Asha Sen", email, password }, key: key);
}
