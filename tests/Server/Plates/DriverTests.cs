using System.Net;
using System.Net.Http.Json;
using SightPay.Server.Plates;
using Xunit;

namespace SightPay.Server.Tests.Plates;

/// <summary>Family and fleet: who else may fill a vehicle up, and how much they may spend.</summary>
public sealed class DriverTests : IAsyncLifetime
{
    private ServerBed _bed = null!;
    private TestRider _asha = null!;
    private TestRider _binod = null!;
    private Guid _vehicle;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(seeing: false);
        _asha = await TestRider.SignUpAsync(_bed, "Asha Roy");
        _binod = await TestRider.SignUpAsync(_bed, "Binod Das");
        _vehicle = (Guid)(await _asha.RegisterAsync("WB02AK1234"))["id"]!;
    }

    public async Task DisposeAsync()
    {
        _asha.Dispose();
        _binod.Dispose();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task Whoever_is_named_drives_once_they_accept_and_until_it_is_ended()
    {
        var named = await InviteAsync(_binod.Email.ToUpperInvariant(), 20_000, 50_000).CreatedAsync();
        Assert.Equal(_binod.Email, (string)named["drivers"]![0]!["who"]!);
        Assert.Null(await _bed.Get<Vehicles>().DriverAsync(_vehicle, _binod.Id, default));
        var invited = Assert.Single(await _binod.VehiclesAsync())!;
        Assert.Equal(("invited", "Asha R."), ((string)invited["role"]!, (string)invited["owner_name"]!));
        Assert.Empty(await _bed.Get<Vehicles>().OfAsync(_binod.Id, default));

        var accepted = await _binod.Http.PostAsync(Driver("/accept"), null).OkAsync();
        Assert.Equal("driver", (string)accepted["role"]!);
        var driver = await _bed.Get<Vehicles>().DriverAsync(_vehicle, _binod.Id, default);
        Assert.Equal((20_000, 50_000), (driver!.MaxMinor, driver.DayMaxMinor));
        Assert.Equal([_vehicle], (await _bed.Get<Vehicles>().OfAsync(_binod.Id, default)).Select(each => each.Id));
        var shown = Assert.Single(await _asha.VehiclesAsync())!["drivers"]![0]!;
        Assert.Equal(("Binod D.", true), ((string)shown["who"]!, (bool)shown["accepted"]!));

        await _binod.Http.DeleteAsync(Driver()).GoneAsync();
        Assert.Null(await _bed.Get<Vehicles>().DriverAsync(_vehicle, _binod.Id, default));
        Assert.Equal("vehicle_not_found", await _binod.Http.PostAsync(Driver("/accept"), null)
            .ProblemAsync(HttpStatusCode.NotFound));
    }

    [Fact]
    public async Task Limits_are_the_owners_to_set_and_need_a_proof_to_be_raised()
    {
        await InviteAsync(_binod.Email, 20_000, 50_000).CreatedAsync();
        await _binod.Http.PostAsync(Driver("/accept"), null).OkAsync();
        Task<HttpResponseMessage> Limit(TestRider by, long max, long day, string? password = null) =>
            by.Http.PutAsJsonAsync(Driver(), new { max_minor = max, day_max_minor = day, password });
        Assert.Equal("forbidden", await Limit(_binod, 90_000, 90_000, TestRider.Password)
            .ProblemAsync(HttpStatusCode.Forbidden));
        Assert.Equal("proof_needed", await Limit(_asha, 20_001, 50_000).ProblemAsync(HttpStatusCode.Forbidden));
        await Limit(_asha, 10_000, 10_000).OkAsync();
        await Limit(_asha, 30_000, 60_000, TestRider.Password).OkAsync();
        var driver = await _bed.Get<Vehicles>().DriverAsync(_vehicle, _binod.Id, default);
        // The yes that was said stays said.
        Assert.Equal((30_000, 60_000), (driver!.MaxMinor, driver.DayMaxMinor));
        Assert.Equal("driver_not_found", await _asha.Http.PutAsJsonAsync(
            $"/vehicles/{_vehicle}/drivers/{Guid.Empty}", new { max_minor = 1, day_max_minor = 1 })
            .ProblemAsync(HttpStatusCode.NotFound));
    }

    [Fact]
    public async Task Limits_that_make_no_sense_are_refused()
    {
        (long Max, long Day, string Field)[] bad =
        [
            (0, 100, "max_minor"), (200, 100, "day_max_minor"), (2_000_000, 2_000_000, "max_minor"),
            (100, 9_000_000, "day_max_minor"),
        ];
        foreach (var (max, day, field) in bad)
        {
            using var answer = await InviteAsync(_binod.Email, max, day);
            var problem = await ServerBed.ReadAsync(answer, HttpStatusCode.UnprocessableEntity);
            Assert.True(problem["errors"]!.AsObject().ContainsKey(field), $"{max}, {day}: {problem.ToJsonString()}");
        }
        Assert.Empty(await _binod.VehiclesAsync());
    }

    [Fact]
    public async Task Nobody_invites_strangers_themselves_or_to_the_car_of_others()
    {
        Assert.Equal("user_not_found", await InviteAsync("nobody@example.org", 1, 1)
            .ProblemAsync(HttpStatusCode.NotFound));
        Assert.Equal("own_vehicle", await InviteAsync(_asha.Email, 1, 1).ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal("vehicle_not_found", await _binod.Http.PostAsJsonAsync($"/vehicles/{_vehicle}/drivers", new
        {
            email = _binod.Email, max_minor = 1, day_max_minor = 1, password = TestRider.Password,
        }).ProblemAsync(HttpStatusCode.NotFound));
        Assert.Equal("proof_needed", await _asha.Http.PostAsJsonAsync($"/vehicles/{_vehicle}/drivers", new
        {
            email = _binod.Email, max_minor = 1, day_max_minor = 1,
        }).ProblemAsync(HttpStatusCode.Forbidden));
        // Nobody says yes for somebody else.
        await InviteAsync(_binod.Email, 1, 1).CreatedAsync();
        Assert.Equal("forbidden", await _asha.Http.PostAsync(Driver("/accept"), null)
            .ProblemAsync(HttpStatusCode.Forbidden));
    }

    [Fact]
    public async Task Drivers_leave_with_the_vehicle_and_with_themselves()
    {
        await InviteAsync(_binod.Email, 1, 1).CreatedAsync();
        await _binod.Http.PostAsync(Driver("/accept"), null).OkAsync();
        await _asha.Http.DeleteAsync($"/vehicles/{_vehicle}").GoneAsync();
        Assert.Empty(await _binod.VehiclesAsync());
        Assert.Null(await _bed.Get<Vehicles>().DriverAsync(_vehicle, _binod.Id, default));
    }

    private Task<HttpResponseMessage> InviteAsync(string email, long maxMinor, long dayMaxMinor) =>
        _asha.Http.PostAsJsonAsync($"/vehicles/{_vehicle}/drivers", new
        {
            email, max_minor = maxMinor, day_max_minor = dayMaxMinor, password = TestRider.Password,
        });

    private string Driver(string then = "") => $"/vehicles/{_vehicle}/drivers/{_binod.Id}{then}";
}
