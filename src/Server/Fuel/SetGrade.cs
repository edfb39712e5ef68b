using SightPay.Server.Api;

namespace SightPay.Server.Fuel;

/// <summary>PUT /sites/{id}/grades/{grade_id}: what a site sells. Once it has a price, its fuel and its unit stay: what
/// was sold was measured in it.</summary>
internal static class SetGrade
{
    internal sealed record Request(string? Name, string? Fuel, string? Unit, int? Version)
    {
        public override string ToString() => nameof(Request);
    }

    public static async Task<IResult> Handle(string id, string gradeId, HttpContext http, SiteChanges changes)
    {
        var request = await RequestBody.JsonAsync<Request>(http, "Send name, fuel and unit.");
        var fields = new SiteFields();
        fields.InnerId("grade_id", gradeId);
        var grade = new Grade(
            gradeId, fields.Name("name", request.Name), fields.Word<FuelKind>("fuel", request.Fuel),
            fields.Word<FuelUnit>("unit", request.Unit));
        return await changes.RunAsync(http, id, SiteRight.Manage, request.Version, site =>
        {
            fields.Demand();
            if ((grade.Fuel == FuelKind.Electric) != (grade.Unit == FuelUnit.KilowattHour))
                fields.Add("unit", "Electricity is counted in kilowatt hours, and nothing else is.");
            fields.Demand();
            var before = site.FindGrade(gradeId);
            if (before == grade) return null;
            var measuredOtherwise = before is not null && (before.Fuel, before.Unit) != (grade.Fuel, grade.Unit);
            if (measuredOtherwise && (site.Prices.Has(gradeId) || site.Tanks.Any(tank => tank.GradeId == gradeId)))
                throw new ProblemException(
                    409, "grade_in_use",
                    "This grade has a price or a tank, so its fuel and unit stay. Make a new grade instead.");
            return new SiteChange("grade_set", $"grade:{id}/{gradeId}",
            [
                SiteChange.Sql(
                    """
                    insert into fuel_grade (site, id, name, fuel, unit) values ($1, $2, $3, $4, $5)
                    on conflict (site, id) do update set name = excluded.name, fuel = excluded.fuel,
                        unit = excluded.unit
                    """, id, gradeId, grade.Name, Words.Of(grade.Fuel), Words.Of(grade.Unit)),
            ]);
        });
    }
}
