using System.Security.Cryptography;
using Npgsql;
using NpgsqlTypes;
using SightPay.Ledger;

namespace SightPay.Server.Receipts;

/// <summary>
/// The receipt of a settled payment: it becomes the next leaf of the receipt log in the commit that moves the money.
/// </summary>
/// <param name="Id">Minted by the planner of the act.</param>
/// <param name="Kind">One of <see cref="ReceiptKind"/>.</param>
/// <param name="Payer">Whose receipt it is. The leaf holds only a salted commitment to them.</param>
/// <param name="Payee">Merchant id, operator, or name of the provider.</param>
/// <param name="Amount">What was settled; zero for a free journey.</param>
/// <param name="Subject">Id of the payment, top-up, journey or refund.</param>
/// <param name="Corrects">Subject of the receipt that this one takes back.</param>
/// <param name="Text">One line of at most 200 characters. It can never be erased, so it names no person.</param>
public sealed record ReceiptRow(
    Guid Id, string Kind, Guid? Payer, string Payee, Money Amount, Guid Subject, Guid? Corrects = null,
    string? Text = null) : CompanionRow
{
    public const int TextMax = 200;

    /// <exception cref="ArgumentException">A bug of the slice that planned it.</exception>
    internal void DemandWhole()
    {
        Demand(Id != Guid.Empty && Subject != Guid.Empty, "A receipt has an id and a subject.");
        Demand(ReceiptKind.All.Contains(Kind), $"There is no kind of receipt named {Kind}.");
        Demand(Payer != Guid.Empty && Corrects != Guid.Empty, "An empty id is no payer and no subject.");
        Demand(Amount.AmountMinor >= 0, "A receipt's amount is never negative; what is taken back has its own kind.");
        Demand(Amount.Currency is { Length: 3 }, "A receipt's amount has a currency.");
        Demand(IsLine(Payee, 1), "A receipt has a payee, named in one short line.");
        Demand(Text is null || IsLine(Text, 1), "A receipt's text is one short line, or null.");
    }

    private static bool IsLine(string text, int lengthMin) =>
        text.Length >= lengthMin && text.Length <= TextMax && !text.Any(char.IsControl);

    private static void Demand(bool condition, string message)
    {
        if (!condition) throw new ArgumentException(message);
    }
}

/// <summary>What was settled. The words are in the leaves, so they never change.</summary>
public static class ReceiptKind
{
    public const string Purchase = "purchase";
    public const string TopUp = "top_up";
    public const string Fare = "fare";
    public const string Fuel = "fuel";
    public const string Refund = "refund";
    public const string Chargeback = "chargeback";
    public const string Correction = "correction";

    public static readonly IReadOnlySet<string> All = new HashSet<string>
    {
        Purchase, TopUp, Fare, Fuel, Refund, Chargeback, Correction,
    };
}

/// <summary>
/// Writes the receipts of a group of acts in the commit of the acts, numbered without a gap: the numbers go on from the
/// greatest one stored, and only the ledger's writer, which holds the ledger's lock, writes here. A batch that is
/// rolled back leaves no gap, since it took no number from anywhere.
/// </summary>
internal sealed class ReceiptWriter : CompanionLog<ReceiptRow>
{
    private const string Insert =
        """
        insert into receipt (seq, amount_minor, at, id, subject, corrects, payer, salt, leaf, payer_salt, kind,
            payee, currency, text)
        select coalesce((select max(seq) from receipt), -1) + unnest($14), unnest($1), unnest($2), unnest($3),
            unnest($4), unnest($5), unnest($6), unnest($7), unnest($8), unnest($9), unnest($10), unnest($11),
            unnest($12), unnest($13)
        """;

    protected override void Demand(ReceiptRow row) => row.DemandWhole();

    protected override void Write(NpgsqlBatch batch, IReadOnlyList<(ReceiptRow Row, DateTimeOffset At)> rows)
    {
        var receipts = Seal(rows);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Insert)
        {
            Parameters =
            {
                receipts.Column(NpgsqlDbType.Bigint, receipt => receipt.Amount.AmountMinor),
                receipts.Column(NpgsqlDbType.TimestampTz, receipt => receipt.At.UtcDateTime),
                receipts.Column(NpgsqlDbType.Uuid, receipt => receipt.Id),
                receipts.Column(NpgsqlDbType.Uuid, receipt => receipt.Subject),
                receipts.Column(NpgsqlDbType.Uuid, receipt => receipt.Corrects),
                receipts.Column(NpgsqlDbType.Uuid, receipt => receipt.Payer?.Person),
                receipts.Column(NpgsqlDbType.Bytea, receipt => receipt.Salt),
                receipts.Column(NpgsqlDbType.Bytea, receipt => receipt.LeafHash()),
                receipts.Column(NpgsqlDbType.Bytea, receipt => receipt.Payer?.Salt),
                receipts.Column(NpgsqlDbType.Text, receipt => receipt.Kind),
                receipts.Column(NpgsqlDbType.Text, receipt => receipt.Payee),
                receipts.Column(NpgsqlDbType.Text, receipt => receipt.Amount.Currency),
                receipts.Column(NpgsqlDbType.Text, receipt => receipt.Text),
                new NpgsqlParameter<long[]> { TypedValue = Places(receipts.Length) },
            },
        });
    }

    private static long[] Places(int count)
    {
        var places = new long[count];
        for (var i = 0; i < count; i++) places[i] = i + 1;
        return places;
    }

    /// <summary>Gives every receipt its salts: chance for the whole batch is drawn at once.</summary>
    private static Receipt[] Seal(IReadOnlyList<(ReceiptRow Row, DateTimeOffset At)> rows)
    {
        var chance = RandomNumberGenerator.GetBytes(rows.Count * 2 * Receipt.SaltBytes);
        var receipts = new Receipt[rows.Count];
        for (var i = 0; i < receipts.Length; i++)
        {
            var (row, at) = rows[i];
            var salts = chance.AsSpan(i * 2 * Receipt.SaltBytes, 2 * Receipt.SaltBytes);
            var payer = row.Payer is { } person
                ? new Payer(person, salts[Receipt.SaltBytes..].ToArray())
                : null;
            receipts[i] = new Receipt(
                row.Id, row.Kind, at, row.Amount, payer, payer?.Commitment(), row.Payee, row.Subject,
                row.Corrects, row.Text, salts[..Receipt.SaltBytes].ToArray());
        }
        return receipts;
    }
}
