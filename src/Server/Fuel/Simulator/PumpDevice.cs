using System.Text.Json.Nodes;
using SightPay.Server.Api;
using SightPay.Server.Plates;
using SightPay.Server.Stations;

namespace SightPay.Server.Fuel.Simulator;

/// <summary>What may go wrong between a pump and the server.</summary>
internal enum PumpFault
{
    /// <summary>The end of the delivery is told three times, once under a key of its own.</summary>
    Duplicate,

    /// <summary>The amount is not what the quantity costs.</summary>
    WrongAmount,

    /// <summary>The end of the delivery is told before its beginning.</summary>
    OutOfOrder,

    /// <summary>The line is cut while fuel flows; what was to be said waits.</summary>
    LostLink,

    /// <summary>The pump's clock is three hours ahead.</summary>
    ClockSkew,
}

/// <param name="Thousandths">How much the driver wants; the pump stops earlier when its limit says so.</param>
/// <param name="ThousandthsASecond">How fast it flows.</param>
/// <param name="Picture">What its camera sees first; null: nothing.</param>
internal sealed record PumpScript(
    int Nozzle, long Thousandths, long ThousandthsASecond, byte[]? Picture, IReadOnlySet<PumpFault> Faults);

/// <summary>How a fill ended.</summary>
/// <param name="Thousandths">On the meter.</param>
/// <param name="AmountMinor">On the display.</param>
/// <param name="Heard">What the server said to the end of the delivery; null: the nozzle gave nothing.</param>
internal sealed record PumpFill(string Pump, bool Authorised, long Thousandths, long AmountMinor, PumpHeard? Heard);

/// <summary>A pump: a car before its camera, a nozzle, a meter, and a number for each delivery.</summary>
internal sealed class PumpDevice(
    string pump, PumpLine line, long seq, TextWriter output, TimeProvider clock)
{
    private static readonly TimeSpan _skew = TimeSpan.FromHours(3);
    private static readonly TimeSpan _meterEvery = TimeSpan.FromMilliseconds(500);

    /// <summary>So often a charger asks for more before it stops at its limit.</summary>
    private const int AsksAtLimit = 6;

    public async Task<PumpFill> FillAsync(PumpScript script, CancellationToken ct)
    {
        line.OnSilence = () => Tell("no answer from the server: asked again until there is one");
        if (script.Faults.Contains(PumpFault.ClockSkew)) line.Skew = _skew;
        if (script.Picture is { } picture) await LookAsync(picture, ct);
        return script.Faults.Contains(PumpFault.OutOfOrder)
            ? await FillBackwardsAsync(script, ct)
            : await FillInOrderAsync(script, ct);
    }

    /// <summary>The car rolls in: as many frames of it as a plate needs to pay by itself.</summary>
    private async Task LookAsync(byte[] picture, CancellationToken ct)
    {
        var told = "";
        foreach (var frame in SimulatedCamera.Film(picture, PlateRules.AgreeingFramesMin))
        {
            var seen = await line.ShowAsync(frame, ct);
            var (body, state) = (seen.Body, seen.Body["session"]?["state"]);
            var words = seen.IsGood
                ? $"camera: {body["decision"]} ({body["reason"]}) {body["plate"]} {state}".TrimEnd()
                : $"camera: {seen.Problem}";
            if (words != told) Tell(told = words);
        }
    }

    private async Task<PumpFill> FillInOrderAsync(PumpScript script, CancellationToken ct)
    {
        var lifted = await line.SayAsync(Lift(script), ct);
        if (!lifted.IsGood || (bool?)lifted.Body["authorised"] != true)
        {
            Tell($"nozzle {script.Nozzle} gives nothing: {lifted.Body["text"] ?? lifted.Problem}");
            return new PumpFill(pump, false, 0, 0, null);
        }
        var price = PriceOf(lifted.Body);
        var most = (long?)lifted.Body["max_volume_thousandths"] ?? long.MaxValue;
        Tell(most == long.MaxValue
            ? $"nozzle {script.Nozzle} is free, without a limit"
            : $"nozzle {script.Nozzle} is free up to {Number(most)} {UnitOf(price)}");
        if (script.Faults.Contains(PumpFault.LostLink)) line.Cut();
        var poured = await PourAsync(script, price, most, ct);
        return await HangUpAsync(script, price, poured, ct);
    }

    /// <summary>Fuel flows, and twice a second the meter is told. What is lost of that is not missed.</summary>
    /// <param name="most">It stops there; a charger's limit is raised as it goes.</param>
    private async Task<long> PourAsync(PumpScript script, UnitPrice price, long most, CancellationToken ct)
    {
        var perStep = Math.Max(1, (long)(script.ThousandthsASecond * _meterEvery.TotalSeconds));
        var (poured, asked) = (0L, 0);
        while (poured < script.Thousandths)
        {
            await Task.Delay(_meterEvery, clock, ct);
            var before = poured;
            poured = Math.Min(Math.Min(most, script.Thousandths), poured + perStep);
            var heard = await line.MentionAsync(Meter("pouring", script, poured, Cost(price, poured)), ct);
            if ((long?)heard?.Body["max_volume_thousandths"] is { } raised && raised > most)
            {
                (most, asked) = (raised, 0);
                Tell($"may go on up to {Number(most)} {UnitOf(price)}");
            }
            else if (poured == before && (price.Unit != FuelUnit.KilowattHour || ++asked >= AsksAtLimit)) break;
        }
        return poured;
    }

    private async Task<PumpFill> HangUpAsync(PumpScript script, UnitPrice price, long poured, CancellationToken ct)
    {
        var amount = Cost(price, poured);
        var message = Meter(
            "delivered", script, poured, script.Faults.Contains(PumpFault.WrongAmount) ? amount + 500 : amount);
        Tell($"hung up: {Number(poured)} {UnitOf(price)}, {amount} on the display");
        var key = Ledger.Ids.Next(clock).ToString();
        var saying = line.SayAsync(message, ct, key);
        if (line.IsCut)
        {
            Tell("the line is cut: the delivery waits to be told");
            await Task.Delay(_meterEvery * 4, clock, ct);
            line.Restore();
        }
        var heard = await saying;
        Tell(Words(heard));
        if (script.Faults.Contains(PumpFault.Duplicate))
        {
            foreach (var again in (string?[])[key, null])
            {
                var repeated = await line.SayAsync(message, ct, again);
                Tell(JsonNode.DeepEquals(repeated.Body, heard.Body)
                    ? "told again: the same answer"
                    : $"told again: ANOTHER answer, {repeated.Body.ToJsonString(ApiJson.Options)}");
            }
        }
        return new PumpFill(pump, true, poured, amount, heard);
    }

    /// <summary>The messages overtake each other. What such a fill costs, the pump knows from the server's prices.
    /// </summary>
    private async Task<PumpFill> FillBackwardsAsync(PumpScript script, CancellationToken ct)
    {
        var self = await line.SelfAsync(ct);
        var nozzle = self.Body["nozzles"]?.AsArray().FirstOrDefault(each => (int?)each?["number"] == script.Nozzle);
        if (nozzle?["unit_price"] is null)
        {
            Tell($"nozzle {script.Nozzle} sells nothing: {self.Problem}");
            return new PumpFill(pump, false, 0, 0, null);
        }
        var price = PriceOf(nozzle.AsObject());
        var fill = await HangUpAsync(script, price, script.Thousandths, ct);
        var lifted = await line.SayAsync(Lift(script), ct);
        Tell($"lifted, told too late: {lifted.Body["reason"] ?? lifted.Problem}");
        return fill;
    }

    private JsonObject Lift(PumpScript script) => new()
    {
        ["type"] = "nozzle_lifted", ["seq"] = seq, ["nozzle"] = script.Nozzle,
    };

    private JsonObject Meter(string type, PumpScript script, long thousandths, long amountMinor) => new()
    {
        ["type"] = type, ["seq"] = seq, ["nozzle"] = script.Nozzle, ["volume_thousandths"] = thousandths,
        ["amount_minor"] = amountMinor,
    };

    private static UnitPrice PriceOf(JsonObject said) => new(
        (long?)said["unit_price"] ?? 0, SightPay.Server.Api.Words.Read<FuelUnit>((string?)said["unit"] ?? "litre"));

    private static long Cost(UnitPrice price, long thousandths) => price.AmountOf(new(thousandths, price.Unit));

    private static string Words(PumpHeard heard) => !heard.IsGood
        ? $"refused: {heard.Problem}"
        : (bool?)heard.Body["quarantined"] == true
            ? "people look at it: nothing is charged"
            : heard.Body["session_id"] is { } session
                ? $"taken: session {session}, {heard.Body["amount_minor"]} due"
                : "taken: nothing was delivered";

    private static string Number(long thousandths) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{thousandths / 1000m:0.###}");

    private static string UnitOf(UnitPrice price) => price.Unit switch
    {
        FuelUnit.Litre => "l", FuelUnit.UsGallon => "gal", _ => "kWh",
    };

    private void Tell(string what) => output.WriteLine($"{pump}  {what}");
}
