using Npgsql;
using SightPay.Server.People;
using SightPay.Server.Receipts;

namespace SightPay.Server.Wallets;

/// <summary>A person who is erased is forgotten by their receipts, which stay provable.</summary>
/// <remarks>Here because People and Receipts, which share a ring, do not know each other.</remarks>
internal sealed class ReceiptPersonData : IPersonData
{
    public Task EraseAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, CancellationToken ct) =>
        ReceiptBook.ForgetPayerAsync(connection, transaction, person, ct);
}
