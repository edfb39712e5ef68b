using SightPay.Server.People;
using Xunit;

namespace SightPay.Server.Tests.People;

public sealed class PersonsTests
{
    [Theory]
    [InlineData("Asha Sen", "Asha S.")]
    [InlineData("  Asha   Rani  Sen ", "Asha S.")]
    [InlineData("Asha", "Asha")]
    [InlineData("আশা সেন", "আশা সে.")]
    public void Gates_show_the_first_name_and_an_initial(string name, string shown) =>
        Assert.Equal(shown, new Person(Guid.Empty, name, "asha@example.org", new HashSet<string>()).DisplayName);

    [Fact]
    public async Task The_first_operator_is_opened_once()
    {
        await using var server = await InnerServer.StartAsync();
        var persons = server.Get<Persons>();
        var opened = await Task.WhenAll(Enumerable.Range(0, 4).Select(i =>
            persons.OpenOperatorAsync($"boss{i}@example.org", InnerServer.Password, "Boss", default)));
        Assert.Single(opened, first => first);
        Assert.False(await persons.OpenOperatorAsync("late@example.org", InnerServer.Password, "Late", default));
        var id = await server.ScalarAsync<Guid>("select id from person where 'admin' = any(roles)");
        var boss = await server.SignInAsync(id, (await persons.FindAsync(id, default))!.Email);
        Assert.Equal(200, (await server.GetAsync("/users", boss)).Status);
        Assert.Null(await persons.FindAsync(Guid.Empty, default));
    }

    [Fact]
    public async Task A_customers_address_does_not_become_the_operators()
    {
        await using var server = await InnerServer.StartAsync();
        var person = await server.PersonAsync();
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => server.Get<Persons>()
            .OpenOperatorAsync(person.Email, InnerServer.Password, "Boss", default));
        Assert.Contains("another address", fault.Message);
        Assert.DoesNotContain(person.Email, fault.Message);
    }
}
