using System.Net;
using SightPay.Server.Fuel.Simulator;
using Xunit;

namespace SightPay.Server.Tests.Fuel;

/// <summary>Pumps as the command line plays them, against the real server: they know nothing but their key.</summary>
public sealed class SimulatorTests : IAsyncLifetime
{
    private const long FarFaster = 1_000_000;

    private ServerBed _bed = null!;

    public async Task InitializeAsync() => _bed = await ServerBed.StartAsync(seeing: false);

    public async Task DisposeAsync()
    {
        await _bed.AssertBooksAgreeAsync();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task Two_pumps_at_once_fill_up_and_both_deliveries_are_known_to_the_millilitre()
    {
        var (code, told) = await PlayAsync(["F1-P1", "F1-P2"], 20_345);
        Assert.Equal(SimulatePumpVerb.Done, code);
        foreach (var pump in (string[])["F1-P1", "F1-P2"])
        {
            Assert.Contains($"{pump}  nozzle 1 is free, without a limit", told, StringComparison.Ordinal);
            Assert.Contains($"{pump}  hung up: 20.345 l, 214457 on the display", told, StringComparison.Ordinal);
            Assert.Contains($"{pump}  taken: session", told, StringComparison.Ordinal);
        }
        Assert.Equal(2, await SessionsAsync("unclaimed", 20_345, 214_457));
        Assert.Equal(14_500_000 - 2 * 20_345, await LevelAsync());
    }

    /// <summary>The line is cut while fuel flows: what was said meanwhile is told when it is back, and once.</summary>
    [Fact]
    public async Task A_delivery_on_a_cut_line_is_told_when_it_is_back_and_told_again_it_is_the_same()
    {
        var (code, told) = await PlayAsync(
            ["F1-P1"], 9_000, PumpFault.LostLink, PumpFault.Duplicate, PumpFault.ClockSkew);
        Assert.Equal(SimulatePumpVerb.Done, code);
        Assert.Contains("the line is cut", told, StringComparison.Ordinal);
        Assert.DoesNotContain("ANOTHER answer", told, StringComparison.Ordinal);
        Assert.Equal(2, told.Split("told again: the same answer").Length - 1);
        Assert.Equal(1, await SessionsAsync("unclaimed", 9_000, 94_869));
        Assert.Equal(14_500_000 - 9_000, await LevelAsync());
    }

    [Fact]
    public async Task An_amount_that_is_not_what_the_quantity_costs_is_for_people()
    {
        var (code, told) = await PlayAsync(["F1-P1"], 5_000, PumpFault.WrongAmount);
        Assert.Equal(SimulatePumpVerb.Done, code);
        Assert.Contains("people look at it: nothing is charged", told, StringComparison.Ordinal);
        Assert.Equal(1, await _bed.NumberAsync("select count(*) from pump_session where state = 'quarantined'"));
    }

    [Fact]
    public async Task An_end_that_overtakes_its_beginning_is_one_delivery()
    {
        var (code, told) = await PlayAsync(["F1-P2"], 7_000, PumpFault.OutOfOrder);
        Assert.Equal(SimulatePumpVerb.Done, code);
        Assert.Contains("lifted, told too late: already_delivered", told, StringComparison.Ordinal);
        Assert.Equal(1, await _bed.NumberAsync("select count(*) from pump_session"));
        Assert.Equal(1, await SessionsAsync("unclaimed", 7_000, 73_787));
    }

    [Fact]
    public async Task A_closed_pump_gives_nothing_and_a_foreign_key_is_refused()
    {
        using var staff = await _bed.OperatorAsync();
        using (var closed = await staff.PutAsync("/sites/F1/pumps/1", new StringContent(
            """{"closed":true}""", null, "application/json")))
            Assert.Equal(HttpStatusCode.OK, closed.StatusCode);
        var (code, told) = await PlayAsync(["F1-P1"], 1_000);
        Assert.Equal(SimulatePumpVerb.Refused, code);
        Assert.Contains("gives nothing", told, StringComparison.Ordinal);

        var output = new StringWriter();
        Assert.Equal(SimulatePumpVerb.Refused, await RunAsync(output, [("F1-P2", _bed.StationKey("F1-P1"))], 1_000));
        Assert.Contains("403 wrong_station", output.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Answers that are lost on the way: the message is said again under its key, and happens once.</summary>
    [Fact]
    public async Task What_is_lost_on_the_way_happens_once()
    {
        using var lossy = new LossyLine(new SocketsHttpHandler());
        using var http = new HttpClient(lossy) { BaseAddress = _bed.Http.BaseAddress };
        var line = new PumpLine(http, "F1-P1", _bed.StationKey("F1-P1"), TimeProvider.System);
        var device = new PumpDevice("F1-P1", line, 7, TextWriter.Null, TimeProvider.System);
        var fill = await device.FillAsync(Script(3_000), default);
        Assert.True(fill.Heard!.IsGood);
        Assert.True(lossy.Lost >= 2);
        Assert.Equal(1, await SessionsAsync("unclaimed", 3_000, 31_623));
    }

    [Fact]
    public void Keys_come_from_the_command_line_or_from_the_demos_file()
    {
        var file = new FileInfo(Path.Combine(_bed.DataFolder, "demo-credentials.json"));
        Assert.Equal(
            [("F1-P1", _bed.StationKey("F1-P1")), ("F1-P2", _bed.StationKey("F1-P2"))],
            SimulatePumpVerb.PumpsOf([], [], file));
        Assert.Equal([("F1-P2", _bed.StationKey("F1-P2"))], SimulatePumpVerb.PumpsOf(["F1-P2"], [], file));
        Assert.Equal([("A", "1"), ("B", "2")], SimulatePumpVerb.PumpsOf(["A", "B"], ["1", "2"], null));
        Assert.Throws<FormatException>(() => SimulatePumpVerb.PumpsOf(["A", "B"], ["1"], null));
        Assert.Throws<FormatException>(() => SimulatePumpVerb.PumpsOf(["A"], [], null));
        Assert.Throws<FormatException>(() => SimulatePumpVerb.PumpsOf(["F9-P9"], [], file));
        Assert.Equal(new Uri("https://pay.example:8443"), SimulatePumpVerb.ServerOf("https://pay.example:8443"));
        Assert.Throws<FormatException>(() => SimulatePumpVerb.ServerOf("localhost:8000"));
    }

    private static PumpScript Script(long thousandths, params PumpFault[] faults) =>
        new(1, thousandths, FarFaster, null, faults.ToHashSet());

    private async Task<(int Code, string Told)> PlayAsync(string[] pumps, long thousandths, params PumpFault[] faults)
    {
        var output = new StringWriter();
        var code = await RunAsync(
            output, [.. pumps.Select(pump => (pump, _bed.StationKey(pump)))], thousandths, faults);
        return (code, output.ToString());
    }

    private Task<int> RunAsync(
        StringWriter output, (string, string)[] pumps, long thousandths, params PumpFault[] faults) =>
        new SimulatePumpVerb(output, TimeProvider.System).RunAsync(
            new(_bed.Http.BaseAddress!, pumps, Script(thousandths, faults)), default);

    private Task<long> SessionsAsync(string state, long thousandths, long amountMinor) => _bed.NumberAsync(
        $"""
         select count(*) from pump_session
         where state = '{state}' and delivered_thousandths = {thousandths} and bill_minor = {amountMinor}
         """);

    private async Task<long> LevelAsync() => await _bed.NumberAsync(
        "select level_thousandths from fuel_tank where site = 'F1' and id = 'T1'");

    /// <summary>Every request arrives; every first answer is lost.</summary>
    private sealed class LossyLine(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        private readonly HashSet<string> _heard = [];

        public int Lost { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = await base.SendAsync(request, cancellationToken);
            var carried = request.Headers.TryGetValues("Idempotency-Key", out var keys) ? keys.Single() : null;
            if (carried is null || !_heard.Add(carried)) return answer;
            Lost++;
            answer.Dispose();
            throw new HttpRequestException("The answer was lost.");
        }
    }
}
