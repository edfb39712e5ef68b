using SightPay.Ledger;
using SightPay.Server.Database;

namespace SightPay.Server.Receipts;

public static class ReceiptsSlice
{
    public static SliceSchema Schema => SliceSchema.Of("Receipts");

    public static IServiceCollection AddReceipts(this IServiceCollection services)
    {
        services.AddSingleton<ICompanionWriter, ReceiptWriter>();
        return services;
    }
}
