using SightPay.Server.Api;
using SightPay.Server.Events;

namespace SightPay.Server.Fuel;

/// <summary>Owner and staff of a site follow what happens on it.</summary>
internal sealed class SiteTopics(SiteStaff staff) : ILiveTopics
{
    public async Task<IEnumerable<string>> OfAsync(Caller caller, CancellationToken ct) =>
        (await staff.OwnAsync(caller, ct)).Keys.Select(OutboxRow.SiteTopic);
}
