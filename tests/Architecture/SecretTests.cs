using System.Reflection;
using System.Runtime.CompilerServices;
using SightPay.Vision.Faces;

namespace SightPay.Architecture.Tests;

/// <summary>
/// A C# record prints every member, so one careless log line would spread a password. Types that hold secrets say
/// themselves what may be printed.
/// </summary>
public sealed class SecretTests
{
    private static readonly string[] _secretWords =
        ["Password", "Token", "Secret", "Email", "Phone", "Pin", "StationKey", "ApiKey", "Embedding", "LinkCode"];

    [Theory]
    [InlineData("sightpay")]
    [InlineData("SightPay.Vision")]
    [InlineData("SightPay.Ledger")]
    [InlineData("sightpay-station")]
    public void Types_that_hold_secrets_do_not_print_them(string assembly) => RingTests.Empty(
        from type in Assembly.Load(assembly).GetTypes()
        from member in PrintedSecrets(type)
        select $"{type.FullName} prints {member}: override ToString without it.");

    [Fact]
    public void A_template_prints_its_name_only() =>
        Assert.Equal("FaceTemplate", new FaceTemplate("pack", [0.5f, 0.25f]).ToString());

    [Fact]
    public void A_template_refuses_json() => Assert.ThrowsAny<NotSupportedException>(
        () => System.Text.Json.JsonSerializer.Serialize(new FaceTemplate("pack", [0.5f, 0.25f])));

    [Fact]
    public void A_person_prints_no_address_and_no_name()
    {
        var person = new Server.People.Person(Guid.Empty, "Asha Sen", "asha@example.org", new HashSet<string>());
        Assert.DoesNotContain("asha", person.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_careless_record_is_found()
    {
        Assert.Equal(["Password"], PrintedSecrets(typeof(Careless)));
        Assert.Equal(["RefreshToken"], PrintedSecrets(typeof(CarelessStruct)));
        Assert.Empty(PrintedSecrets(typeof(Careful)));
        Assert.Empty(PrintedSecrets(typeof(Harmless)));
    }

    private static IEnumerable<string> PrintedSecrets(Type type)
    {
        const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        var print = type.GetMethod("PrintMembers", Own, [typeof(System.Text.StringBuilder)]);
        var text = type.GetMethod("ToString", Own | BindingFlags.DeclaredOnly, Type.EmptyTypes);
        if (print is null || !IsCompilerMade(print) || (text is not null && !IsCompilerMade(text))) return [];
        return type.GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .Where(property => property.PropertyType == typeof(string) && IsSecret(property.Name))
            .Select(property => property.Name);
    }

    private static bool IsCompilerMade(MethodInfo method) =>
        method.GetCustomAttribute<CompilerGeneratedAttribute>() is not null;

    private static bool IsSecret(string name) => _secretWords.Any(word =>
        name.EndsWith(word, StringComparison.Ordinal) || name.StartsWith(word, StringComparison.Ordinal));

    private sealed record Careless(string Name, string Password);

    private readonly record struct CarelessStruct(string RefreshToken, int ExpiresIn);

    private sealed record Careful(string Name, string Password)
    {
        public override string ToString() => "Careful";
    }

    private sealed record Harmless(string Name, int PasswordLengthMin);
}
