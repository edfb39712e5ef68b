using Npgsql;
using SightPay.Server.Database;
using Xunit;

namespace SightPay.Server.Tests.Database;

public sealed class DatabaseUrlTests
{
    [Theory]
    [InlineData("postgresql://asha:s%40cret@db.example:6432/pay", "db.example", 6432, "asha", "s@cret", "pay")]
    [InlineData("postgres://asha@db.example/pay", "db.example", 5432, "asha", null, "pay")]
    [InlineData("postgresql://asha:a%2Fb%3Ac@[::1]:5433/p%20ay", "::1", 5433, "asha", "a/b:c", "p ay")]
    [InlineData("postgresql://%2Fvar%2Frun%2Fpostgresql/pay", "/var/run/postgresql", 5432, null, null, "pay")]
<<<<<<< HEAD
    [InlineData("postgresql:///pay?host=/var/run/postgresql&user=asha", "/var/run/postgresql", 5432, "asha", null,
        "pay")]
=======
    [InlineData(
        "postgresql:///pay?host=/var/run/postgresql&user=asha", "/var/run/postgresql", 5432, "asha", null, "pay")]
>>>>>>> main
    [InlineData("postgresql://a:b@one:5433,two:5434/pay", "one:5433,two:5434", 5432, "a", "b", "pay")]
    [InlineData("Host=db.example;Port=6432;Username=asha;Password=s@cret;Database=pay", "db.example", 6432, "asha",
        "s@cret", "pay")]
    public void Both_forms_are_read(
        string url, string host, int port, string? user, string? password, string database)
    {
        var parsed = DatabaseUrl.Parse(url);
        Assert.Equal(
            (host, port, user, password, database),
            (parsed.Host, parsed.Port, parsed.Username, parsed.Password, parsed.Database));
    }

    [Theory]
    [InlineData("disable", SslMode.Disable)]
    [InlineData("require", SslMode.Require)]
    [InlineData("verify-full", SslMode.VerifyFull)]
    public void Sslmode_is_kept(string mode, SslMode expected) =>
        Assert.Equal(expected, DatabaseUrl.Parse($"postgresql://db.example/pay?sslmode={mode}").SslMode);

    [Theory]
    [InlineData("postgresql://asha:river-boat@db.example:port/pay")]
    [InlineData("postgresql://asha:river-boat@/pay")]
    [InlineData("postgresql://asha:river-boat@db/pay?sslmode=perhaps")]
    [InlineData("postgresql://asha:river-boat@db/pay?colour=blue")]
    [InlineData("mysql://asha:river-boat@db/pay")]
    [InlineData("host=db user=asha password=river-boat dbname=pay")]
    [InlineData("river-boat")]
    public void Unusable_ones_are_refused_without_showing_the_password(string url)
    {
        var fault = Assert.Throws<StoreException>(() => DatabaseUrl.Parse(url));
        Assert.Contains("DATABASE_URL", fault.Message);
        Assert.DoesNotContain("river-boat", fault.ToString());
    }
}
