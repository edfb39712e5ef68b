using SightPay.Server.Api;

namespace SightPay.Server.Fuel;

/// <summary>PUT /sites/{id}/tanks/{tank_id}: what a tank holds and how much of it. Its level is changed by deliveries
/// and by measuring, never here.</summary>
internal static class SetTank
{
    internal sealed record Request(string? GradeId, long? CapacityThousandths, int? Version);

    public static async Task<IResult> Handle(string id, string tankId, HttpContext http, SiteChanges changes)
    {
        var request = await RequestBody.JsonAsync<Request>(http, "Send grade_id and capacity_thousandths.");
        var fields = new SiteFields();
        fields.InnerId("tank_id", tankId);
        var capacity = fields.Thousandths("capacity_thousandths", request.CapacityThousandths);
        return await changes.RunAsync(http, id, SiteRight.Manage, request.Version, site =>
        {
            if (site.FindGrade(request.GradeId ?? "") is not { } grade)
                fields.Add("grade_id", "The site sells no such grade.");
            else if (grade.Fuel == FuelKind.Electric)
                fields.Add("grade_id", "No tank holds electricity.");
            var before = site.FindTank(tankId);
            if (before?.LevelThousandths > capacity)
                fields.Add("capacity_thousandths", $"There are {before.LevelThousandths} in it.");
            fields.Demand();
            if (before?.CapacityThousandths == capacity && before.GradeId == request.GradeId) return null;
            if (before is not null && before.GradeId != request.GradeId
                && (before.LevelThousandths > 0 || site.Pumps.Any(pump => pump.Draws(tankId))))
                throw new ProblemException(
                    409, "tank_in_use", "It is not empty, or a nozzle draws from it: another grade would mix with it.");
            return new SiteChange("tank_set", $"tank:{id}/{tankId}",
            [
                SiteChange.Sql(
                    """
                    insert into fuel_tank (site, id, grade, capacity_thousandths) values ($1, $2, $3, $4)
                    on conflict (site, id) do update set grade = excluded.grade,
                        capacity_thousandths = excluded.capacity_thousandths
                    """, id, tankId, request.GradeId, capacity),
            ]);
        });
    }
}
