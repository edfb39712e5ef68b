using Npgsql;
using SightPay.Ledger;

namespace SightPay.Server.Receipts;

/// <param name="Payer">Null for nobody, and once the payer is forgotten.</param>
public sealed record ReceiptSummary(
    Guid Id, string Kind, DateTimeOffset At, Money Amount, Guid? Payer, string Payee, Guid Subject, Guid? Corrects,
    string? Text)
{
    public override string ToString() => $"receipt {Id}";
}

/// <summary>What other slices may ask of the receipts.</summary>
public sealed class ReceiptBook(NpgsqlDataSource database)
{
    private const int AboutMax = 1000;

    /// <summary>The receipts of a payment, journey, top-up or refund, newest first.</summary>
    public async Task<IReadOnlyList<ReceiptSummary>> FindBySubjectAsync(Guid subject, CancellationToken ct)
    {
        var found = await new ReceiptStore(database).ListAsync(null, subject, null, AboutMax, ct);
        return [.. found.Select(placed => Summary(placed.Receipt))];
    }

    /// <summary>
    /// Takes a person from all their receipts, in the transaction that erases them. What is in the log stays provable
    /// by whoever kept it; that it was theirs can be shown only with a copy they kept. Again does no harm.
    /// </summary>
    public static async Task ForgetPayerAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, Guid person, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            update receipt set payer = null, payer_salt = null,
                payer_commitment = sha256(payer_salt || convert_to(payer::text, 'UTF8'))
            where payer = $1
            """, connection, transaction)
        {
            Parameters = { new() { Value = person } },
        };
        await command.ExecuteNonQueryAsync(ct);
    }

    internal static ReceiptSummary Summary(Receipt receipt) => new(
        receipt.Id, receipt.Kind, receipt.At, receipt.Amount, receipt.Payer?.Person, receipt.Payee, receipt.Subject,
        receipt.Corrects, receipt.Text);
}
