using System.Data;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using SightPay.Server.Books;
using Xunit;

namespace SightPay.Server.Tests.Fuel;

/// <summary>What a test of the forecourt looks at behind the server's back.</summary>
internal static class TestForecourt
{
    public static async Task ExecuteAsync(this ServerBed bed, string sql)
    {
        await using var command = bed.Database.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public static async Task<long> NumberAsync(this ServerBed bed, string sql)
    {
        await using var command = bed.Database.DataSource.CreateCommand(sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    /// <summary>Ledger, payments, sessions and receipts say the same.</summary>
    public static async Task AssertBooksAgreeAsync(this ServerBed bed)
    {
        await using var connection = await bed.Database.DataSource.OpenConnectionAsync();
        await using var moment = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead);
        var books = new OpenBooks(connection, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        foreach (var check in bed.Services.GetServices<IBooksCheck>())
        {
            books.Check = check.Name;
            await check.RunAsync(books, default);
        }
        Assert.Empty(books.Differences.Select(difference => $"{difference.Check}: {difference.Text}"));
    }
}
