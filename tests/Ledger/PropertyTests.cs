using FsCheck;
using FsCheck.Fluent;
using Npgsql;
using Xunit;
using Xunit.Abstractions;

namespace SightPay.Ledger.Tests;

/// <summary>
/// Random acts against the model, compared after every step: I1 to I9, I13 and I16 of the ledger's README.
/// </summary>
public sealed class PropertyTests(ITestOutputHelper output)
{
    internal sealed record Leg(
        int Kind, int Debit, int Credit, long AmountMinor, int TransferSlot, int HoldSlot, int Minutes);

    internal sealed record ActSpec(int Slot, bool OtherBody, Leg[] Chain, string? After, Leg[] Fallback);

    internal sealed record Step(int AdvanceSeconds, ActSpec[] Acts);

    private static readonly string[] Keys =
        ["ann", "bob", "shop", "provider", "debt", "euro", "closed", "ghost", "brim"];

    private static readonly string?[] Afters = [null, "insufficient_funds", "hold_expired", "account_unknown"];

    private static readonly Gen<long> Amounts = Gen.Frequency(
        (10, Gen.Choose(1, 400).Select(amount => (long)amount)),
        // Round amounts meet the wallets' limits exactly.
        (10, Gen.Choose(1, 6).Select(fifties => 50L * fifties)),
        (2, Gen.Elements(0L, -1L)),
        (1, Gen.Elements(long.MaxValue, long.MaxValue - 20, long.MinValue)));

    private static readonly Gen<Leg> Legs =
        from kind in Gen.Choose(0, 7)
        from debit in Gen.Frequency((8, Gen.Choose(0, 2)), (3, Gen.Choose(0, Keys.Length - 1)))
        from credit in Gen.Frequency((8, Gen.Choose(0, 3)), (3, Gen.Choose(0, Keys.Length - 1)))
        from amount in Amounts
        from transferSlot in Gen.Choose(0, 400)
        from holdSlot in Gen.Choose(0, 400)
        from minutes in Gen.Choose(1, 6)
        select new Leg(kind, debit, credit, amount, transferSlot, holdSlot, minutes);

    private static readonly Gen<ActSpec> Acts =
        from slot in Gen.Choose(0, 60)
        from otherBody in Gen.Frequency((9, Gen.Constant(false)), (1, Gen.Constant(true)))
        from length in Gen.Choose(0, 4)
        from chain in Legs.ArrayOf(length)
        from after in Gen.Elements(Afters)
        from fallbackLength in Gen.Choose(0, 2)
        from fallback in Legs.ArrayOf(fallbackLength)
        select new ActSpec(slot, otherBody, chain, after, fallback);

    private static readonly Gen<Step> Steps =
        from seconds in Gen.Frequency((3, Gen.Constant(0)), (2, Gen.Choose(1, 400)))
        from count in Gen.Choose(1, 10)
        from acts in Acts.ArrayOf(count)
        select new Step(seconds, acts);

    private static readonly Arbitrary<Step[]> Scripts = Arb.From(
        from count in Gen.Choose(1, 14) from steps in Steps.ArrayOf(count) select steps, Shrink);

    [Fact]
    public void Any_script_of_acts_ends_as_the_model_says()
    {
        var counts = new ScriptCounts();
        // A failure prints the seed and the shrunk script; Config.WithReplay plays it again.
        Prop.ForAll(Scripts, script => RunAsync(script, counts))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(40).WithQuietOnSuccess(true));
        output.WriteLine(counts.ToString());
        // A generator that never reaches the rules proves nothing.
        Assert.True(counts is { Committed: > 100, Refused: > 100, Replayed: > 30, OtherBody: > 3, Expired: > 3 },
            counts.ToString());
    }

    private static async Task RunAsync(Step[] script, ScriptCounts counts)
    {
        await using var bed = await LedgerBed.CreateAsync();
        var model = await OpenBothAsync(bed);
        var ids = new Dictionary<(string Use, int Slot), Guid>();
        var holdSlots = new List<int>();
        var sent = new List<(Act Act, string Body)>();
        var last = await CountersAsync(bed.Source);
        foreach (var step in script)
        {
            bed.Clock.Advance(TimeSpan.FromSeconds(step.AdvanceSeconds));
            model.Now = bed.Clock.GetUtcNow();
            var expected = new List<ActResult>();
            var actual = new List<Task<ActResult>>();
            foreach (var spec in step.Acts)
            {
                var (id, body, plans) = Build(spec, ids, holdSlots);
                var act = LedgerBed.ActOf(id, body, [.. plans.Select(plan => plan.ToPlan())]);
                sent.Add((act, body));
                expected.Add(model.Submit(id, body, plans));
                // Not awaited: the queue keeps the order, and batches form as they like.
                actual.Add(bed.Ledger.SubmitAsync(act, default));
            }
            Assert.Equal(expected, await Task.WhenAll(actual));
            expected.ForEach(counts.Add);
            last = await AssertSameAsync(bed, model, last);
        }
        counts.Expired += (int)await bed.ScalarAsync<long>("select count(*) from transfer where kind = 5");
        await AssertReplaysChangeNothingAsync(bed, model, sent);
    }

    private static async Task<LedgerModel> OpenBothAsync(LedgerBed bed)
    {
        var model = new LedgerModel { Now = bed.Clock.GetUtcNow() };
        foreach (var key in Keys.Where(key => key != "ghost"))
        {
            var wallet = key is "ann" or "bob";
            var asset = key == "euro" ? "EUR" : "INR";
            await bed.OpenAsync(asset, wallet ? AccountKind.Wallet : AccountKind.Payable, key);
            model.Open(key, asset, noOverdraft: wallet, closed: key == "closed");
        }
        await bed.ExecuteAsync("update account set closed = true where key = 'closed'");
        PlanSpec funds = new(null, [
            bed.Post("provider", "ann", 1000), bed.Post("provider", "bob", 300),
            bed.Post("debt", "brim", long.MaxValue - 300)]);
        var act = LedgerBed.ActOf(bed.NewId(), "funds", [funds.ToPlan()]);
        Assert.Equal(model.Submit(act.Id, "funds", [funds]), await bed.Ledger.SubmitAsync(act, default));
        return model;
    }

    private static (Guid Id, string Body, PlanSpec[] Plans) Build(
        ActSpec spec, Dictionary<(string Use, int Slot), Guid> ids, List<int> holdSlots)
    {
        Guid IdOf(string use, int slot)
        {
            if (!ids.TryGetValue((use, slot), out var id))
                ids[(use, slot)] = id = Ids.Next(TimeProvider.System);
            return id;
        }
        Transfer ToTransfer(Leg leg)
        {
            var id = IdOf("transfer", leg.TransferSlot);
            // Most resolutions aim at a hold that was tried, few into the blue.
            var holdSlot = holdSlots.Count == 0 || leg.HoldSlot % 10 == 0
                ? leg.HoldSlot : holdSlots[^(1 + (leg.HoldSlot % Math.Min(6, holdSlots.Count)))];
            if (leg.Kind is 2 or 3) holdSlots.Add(leg.TransferSlot);
            return leg.Kind switch
            {
                0 or 1 => Transfer.Post(id, Keys[leg.Debit], Keys[leg.Credit], leg.AmountMinor, TransferCode.Purchase),
                2 or 3 => Transfer.Hold(id, Keys[leg.Debit], Keys[leg.Credit], leg.AmountMinor, TransferCode.Fare,
                    TimeSpan.FromMinutes(leg.Minutes)),
                4 or 5 => Transfer.Capture(id, IdOf("transfer", holdSlot), leg.AmountMinor, TransferCode.Fare),
                _ => Transfer.Void(id, IdOf("transfer", holdSlot)),
            };
        }
        var plans = new List<PlanSpec> { new(null, [.. spec.Chain.Select(ToTransfer)]) };
        if (spec.Fallback.Length > 0) plans.Add(new PlanSpec(spec.After, [.. spec.Fallback.Select(ToTransfer)]));
        return (IdOf("act", spec.Slot), spec.OtherBody ? "other" : "body", [.. plans]);
    }

    private static async Task<Dictionary<string, long[]>> AssertSameAsync(
        LedgerBed bed, LedgerModel model, Dictionary<string, long[]> last)
    {
        var stored = await CountersAsync(bed.Source);
        foreach (var key in model.Keys)
        {
            var (debitsPending, debitsPosted, creditsPending, creditsPosted) = model.Counters(key);
            Assert.Equal([debitsPending, debitsPosted, creditsPending, creditsPosted], stored[key]);
            Assert.True(stored[key][1] >= last[key][1] && stored[key][3] >= last[key][3], "I6: posted counters grow");
        }
        Assert.Empty(await bed.Ledger.AuditAsync(default));
        Assert.Equal(model.CommittedTransfers,
            await bed.ScalarAsync<long>("select count(*) from transfer where kind <> 5"));
        Assert.Equal(model.DecidedCount, await bed.ScalarAsync<long>("select count(*) from attempt"));
        return stored;
    }

    private static async Task AssertReplaysChangeNothingAsync(
        LedgerBed bed, LedgerModel model, List<(Act Act, string Body)> sent)
    {
        var before = await bed.MoneyStateAsync();
        var random = new Random(sent.Count);
        var replays = sent.Concat(sent).ToArray();
        random.Shuffle(replays);
        var answers = await Task.WhenAll(replays.Select(replay => bed.Ledger.SubmitAsync(replay.Act, default)));
        for (var i = 0; i < replays.Length; i++)
            Assert.Equal(model.Submit(replays[i].Act.Id, replays[i].Body, []), answers[i]);
        Assert.Equal(before, await bed.MoneyStateAsync());
    }

    private static async Task<Dictionary<string, long[]>> CountersAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand(
            "select key, array[debits_pending, debits_posted, credits_pending, credits_posted] from account");
        await using var reader = await command.ExecuteReaderAsync();
        var counters = new Dictionary<string, long[]>();
        while (await reader.ReadAsync()) counters.Add(reader.GetString(0), reader.GetFieldValue<long[]>(1));
        return counters;
    }

    /// <summary>Fewer steps first, then fewer acts in a step.</summary>
    private static IEnumerable<Step[]> Shrink(Step[] script)
    {
        if (script.Length > 1)
        {
            yield return script[..(script.Length / 2)];
            for (var i = 0; i < script.Length; i++) yield return [.. script[..i], .. script[(i + 1)..]];
        }
        for (var i = 0; i < script.Length; i++)
            for (var j = 0; script[i].Acts.Length > 1 && j < script[i].Acts.Length; j++)
            {
                Step[] fewer = [.. script];
                fewer[i] = script[i] with { Acts = [.. script[i].Acts[..j], .. script[i].Acts[(j + 1)..]] };
                yield return fewer;
            }
    }

    private sealed class ScriptCounts
    {
        public int Committed { get; private set; }
        public int Refused { get; private set; }
        public int Replayed { get; private set; }
        public int OtherBody { get; private set; }
        public int Expired { get; set; }

        public void Add(ActResult result)
        {
            if (result.Replayed) Replayed++;
            else if (result.End == ActEnd.Committed) Committed++;
            else if (result.End == ActEnd.Refused) Refused++;
            else OtherBody++;
        }

        public override string ToString() =>
            $"committed {Committed}, refused {Refused}, replayed {Replayed}, other body {OtherBody}, expired {Expired}";
    }
}
