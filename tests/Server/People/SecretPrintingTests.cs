using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using SightPay.Server.Api;
using SightPay.Server.People;
using Xunit;

namespace SightPay.Server.Tests.People;

/// <summary>Logs one of every request type of the server and searches the output.</summary>
public sealed class SecretPrintingTests(InnerServerFixture fixture) : IClassFixture<InnerServerFixture>
{
    private const string Canary = "canary-9f2c";

    public static TheoryData<Type> RequestTypes => [.. typeof(Person).Assembly.GetTypes()
        .Where(type => type.Name.EndsWith("Request", StringComparison.Ordinal)
            && type is { IsAbstract: false, IsInterface: false } && type.GetConstructors().Length > 0)];

    [Theory]
    [MemberData(nameof(RequestTypes))]
    public void A_logged_request_shows_no_secret(Type type)
    {
        var log = fixture.Server.Get<ILoggerFactory>().CreateLogger("test");
        var request = Make(type);
        log.LogInformation("Received {Request}", request);
        log.LogInformation("Received {@Request}", request);
        Assert.DoesNotContain(Canary, fixture.Server.Log);
        Assert.DoesNotContain(Canary, $"{request}");
    }

    [Fact]
    public void The_search_would_find_a_secret()
    {
        Assert.Contains(Canary, $"{new Careless(Canary)}");
        Assert.NotEmpty(RequestTypes);
    }

    [Fact]
    public void A_secret_is_read_from_json_and_never_written()
    {
        var request = JsonSerializer.Deserialize<SignInRequest>(
            $$"""{"email":"a@example.org","password":"{{Canary}}"}""", ApiJson.Options)!;
        Assert.Equal(Canary, request.Password!.Reveal());
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(request, ApiJson.Options));
        Assert.DoesNotContain(Canary, request.Password.ToString());
    }

    /// <summary>Fills what can be secret or personal with the canary, numbers and the rest with nothing.</summary>
    private static object Make(Type type)
    {
        var constructor = type.GetConstructors().MaxBy(each => each.GetParameters().Length)!;
        return constructor.Invoke([.. constructor.GetParameters().Select(Value)]);
    }

    private static object? Value(ParameterInfo parameter)
    {
        var personal = parameter.Name is "Email" or "Name" or "Phone" or "Plate";
        if (parameter.ParameterType == typeof(Secret)) return new Secret(Canary);
        if (parameter.ParameterType == typeof(string)) return personal ? Canary : "";
        return parameter.ParameterType.IsValueType ? Activator.CreateInstance(parameter.ParameterType) : null;
    }

    private sealed record Careless(string Password);
}
