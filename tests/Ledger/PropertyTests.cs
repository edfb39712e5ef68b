using FsCheck;
using FsCheck.Fluent;
using Npgsql;
using SightPay.Ledger.Commit;
using SightPay.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace SightPay.Ledger.Tests;

/// <summary>
/// Random acts on PostgreSQL, on tables in memory and on the model, all compared after every step: I1 to I10, I13 and
/// I16 of the ledger's README. That the tables in memory behave as PostgreSQL does is what simulations stand on.
/// </summary>
public sealed class PropertyTests(ITestOutputHelper output)
{
    internal sealed record Leg(
        int Kind, int Debit, int Credit, long AmountMinor, int TransferSlot, int HoldSlot, int Minutes);

    internal sealed record ActSpec(
        int Slot, bool OtherBody, int Tally, Leg[] Chain, string? After, Leg[] Fallback);

    internal sealed record Step(int AdvanceSeconds, ActSpec[] Acts);

    private static readonly string[] Keys =
        ["ann", "bob", "shop", "provider", "owed", "debt", "euro", "closed", "ghost", "brim"];

    private static readonly string?[] Afters =
        [null, "insufficient_funds", "hold_expired", "account_unknown", "refund_above_captured"];

    private static readonly Gen<long> Amounts = Gen.Frequency(
        (10, Gen.Choose(1, 400).Select(amount => (long)amount)),
        // Round amounts meet the wallets' limits exactly.
        (10, Gen.Choose(1, 6).Select(fifties => 50L * fifties)),
        (2, Gen.Elements(0L, -1L)),
        (1, Gen.Elements(long.MaxValue, long.MaxValue - 20, long.MinValue)));

    private static readonly Gen<Leg> Legs =
        from kind in Gen.Choose(0, 12)
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
        from tally in Gen.Choose(0, 9)
        from length in Gen.Choose(0, 4)
        from chain in Legs.ArrayOf(length)
        from after in Gen.Elements(Afters)
        from fallbackLength in Gen.Choose(0, 2)
        from fallback in Legs.ArrayOf(fallbackLength)
        select new ActSpec(slot, otherBody, tally, chain, after, fallback);

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
        Assert.True(
            counts is { Committed: > 100, Refused: > 100, Replayed: > 30, OtherBody: > 3, Expired: > 3, TooMuch: > 3 },
            counts.ToString());
    }

    private static async Task RunAsync(Step[] script, ScriptCounts counts)
    {
        await using var bed = await LedgerBed.CreateAsync(
            [new TallyTable(), new NoteLog()], TallyTable.Schema + NoteLog.Schema);
        var memory = new MemoryBed(bed.Clock);
        var model = await OpenAllAsync(bed, memory);
        var slots = new Slots();
        var sent = new List<(Act Act, string Body)>();
        var last = await CountersAsync(bed.Source);
        foreach (var step in script)
        {
            bed.Clock.Advance(TimeSpan.FromSeconds(step.AdvanceSeconds));
            model.Now = bed.Clock.GetUtcNow();
            var expected = new List<ActResult>();
            var actual = new List<Task<ActResult>>();
            var inMemory = new List<Task<ActResult>>();
            foreach (var spec in step.Acts)
            {
                var (id, body, plans) = Build(spec, slots);
                var act = LedgerBed.ActOf(id, body, [.. plans.Select(plan => plan.ToPlan(id))]);
                sent.Add((act, body));
                expected.Add(model.Submit(id, body, plans));
                // Not awaited: the queue keeps the order, and batches form as they like.
                actual.Add(bed.Ledger.SubmitAsync(act, default));
                inMemory.Add(memory.Writer.Enqueue(act));
            }
            await memory.Writer.StepAsync();
            Assert.All(inMemory, result => Assert.True(result.IsCompleted, "A step in memory needs no waiting."));
            Assert.Equal(expected, await Task.WhenAll(inMemory));
            Assert.Equal(expected, await Task.WhenAll(actual));
            expected.ForEach(counts.Add);
            last = await AssertSameAsync(bed, memory, model, last);
        }
        counts.Expired += (int)await bed.ScalarAsync<long>("select count(*) from transfer where kind = 5");
        await AssertReplaysChangeNothingAsync(bed, model, sent);
    }

    private static async Task<LedgerModel> OpenAllAsync(LedgerBed bed, MemoryBed memory)
    {
        var model = new LedgerModel { Now = bed.Clock.GetUtcNow() };
        foreach (var key in Keys.Where(key => key != "ghost"))
        {
            var kind = key switch
            {
                "ann" or "bob" => AccountKind.Wallet,
                "owed" => AccountKind.Receivable,
                _ => AccountKind.Payable,
            };
            var asset = key == "euro" ? "EUR" : "INR";
            await bed.OpenAsync(asset, kind, key);
            memory.Store.Open(key, asset, kind, closed: key == "closed");
            model.Open(key, asset, kind, closed: key == "closed");
        }
        await bed.ExecuteAsync("update account set closed = true where key = 'closed'");
        PlanSpec funds = new(null, "funds", [
            bed.Post("provider", "ann", 1000), bed.Post("provider", "bob", 300),
            bed.Post("debt", "brim", long.MaxValue - 300)]);
        var id = bed.NewId();
        var act = LedgerBed.ActOf(id, "funds", [funds.ToPlan(id)]);
        var expected = model.Submit(act.Id, "funds", [funds]);
        Assert.Equal(expected, await bed.Ledger.SubmitAsync(act, default));
        var inMemory = memory.Writer.Enqueue(act);
        await memory.Writer.StepAsync();
        Assert.Equal(expected, await inMemory);
        return model;
    }

    /// <summary>Ids by their place in the script, so that a shrunk script means the same.</summary>
    private sealed class Slots
    {
        private readonly Dictionary<(string Use, int Slot), Guid> _ids = [];
        private readonly List<int> _holds = [];
        private readonly List<int> _takings = [];

        public Guid IdOf(string use, int slot)
        {
            if (!_ids.TryGetValue((use, slot), out var id)) _ids[(use, slot)] = id = Ids.Next(TimeProvider.System);
            return id;
        }

        public void AddHold(int slot) => _holds.Add(slot);

        public void AddTaking(int slot) => _takings.Add(slot);

        public Guid Hold(int slot) => IdOf("transfer", Near(_holds, slot));

        public Guid Taking(int slot) => IdOf("transfer", Near(_takings, slot));

        /// <summary>Most aim at something that was tried, few into the blue.</summary>
        private static int Near(List<int> slots, int slot) => slots.Count == 0 || slot % 10 == 0
            ? slot
            : slots[^(1 + (slot % Math.Min(6, slots.Count)))];
    }

    private static (Guid Id, string Body, PlanSpec[] Plans) Build(ActSpec spec, Slots slots)
    {
        var tally = $"tally{spec.Tally}";
        var plans = new List<PlanSpec> { new(null, tally, [.. spec.Chain.SelectMany(leg => Transfers(leg, slots))]) };
        if (spec.Fallback.Length > 0)
            plans.Add(new PlanSpec(
                spec.After, tally, [.. spec.Fallback.SelectMany(leg => Transfers(leg, slots))]));
        return (slots.IdOf("act", spec.Slot), spec.OtherBody ? "other" : "body", [.. plans]);
    }

    private static IEnumerable<Transfer> Transfers(Leg leg, Slots slots)
    {
        var id = slots.IdOf("transfer", leg.TransferSlot);
        var (debit, credit, amount) = (Keys[leg.Debit], Keys[leg.Credit], leg.AmountMinor);
        if (leg.Kind is 2 or 3) slots.AddHold(leg.TransferSlot);
        if (leg.Kind is 0 or 1 or 4 or 5) slots.AddTaking(leg.TransferSlot);
        switch (leg.Kind)
        {
            case 0 or 1:
                return [Transfer.Post(id, debit, credit, amount, TransferCode.Purchase)];
            case 2 or 3:
                return [Transfer.Hold(
                    id, debit, credit, amount, TransferCode.Fare, TimeSpan.FromMinutes(leg.Minutes))];
            case 4 or 5:
                return [Transfer.Capture(id, slots.Hold(leg.HoldSlot), amount, TransferCode.Fare)];
            case 6:
                return [Transfer.Void(id, slots.Hold(leg.HoldSlot))];
            case <= 9:
                var code = leg.Kind == 9 ? TransferCode.OverCapture
                    : leg.Minutes == 1 ? TransferCode.ChargebackWon
                    : leg.Minutes == 2 ? TransferCode.Chargeback
                    : leg.Minutes == 3 ? TransferCode.RefundFailed : TransferCode.Refund;
                return [Transfer.Post(id, credit, debit, amount, code) with { RefId = slots.Taking(leg.HoldSlot) }];
            case <= 11:
                var upTo = Transfer.PostUpTo(id, debit, credit, amount, TransferCode.LateCapture);
                return [upTo, Transfer.PostRest(slots.IdOf("rest", leg.TransferSlot), "owed", credit, upTo)];
            default:
                return [Transfer.PostUpTo(id, debit, "owed", amount, TransferCode.DebtCollect)];
        }
    }

    private static async Task<Dictionary<string, long[]>> AssertSameAsync(
        LedgerBed bed, MemoryBed memory, LedgerModel model, Dictionary<string, long[]> last)
    {
        var stored = await CountersAsync(bed.Source);
        foreach (var key in model.Keys)
        {
            var (debitsPending, debitsPosted, creditsPending, creditsPosted) = model.Counters(key);
            Assert.Equal([debitsPending, debitsPosted, creditsPending, creditsPosted], stored[key]);
            var inMemory = memory.Store.Account(key);
            long[] same =
                [inMemory.DebitsPending, inMemory.DebitsPosted, inMemory.CreditsPending, inMemory.CreditsPosted];
            Assert.Equal(stored[key], same);
            Assert.True(stored[key][1] >= last[key][1] && stored[key][3] >= last[key][3], "I6: posted counters grow");
        }
        Assert.Empty(await bed.Ledger.AuditAsync(default));
        Assert.Equal(model.CommittedTransfers,
            await bed.ScalarAsync<long>("select count(*) from transfer where kind <> 5"));
        Assert.Equal(
            await bed.ScalarAsync<string>(
                """
                select coalesce(string_agg(concat_ws(' ', id, case when kind = 5 then null else seq end, act_id, kind,
                    code, amount, hold_id, ref_id), ',' order by kind, id), '') from transfer where kind <> 5
                """),
            memory.DescribeTransfers());
        Assert.Equal(model.DecidedCount, await bed.ScalarAsync<long>("select count(*) from attempt"));
        Assert.Equal(model.DecidedCount, memory.Store.Attempts.Count);
        await AssertSameRowsAsync(bed, memory, model);
        return stored;
    }

    private static async Task AssertSameRowsAsync(LedgerBed bed, MemoryBed memory, LedgerModel model)
    {
        Assert.Equal(
            string.Join(',', model.Tallies),
            await bed.ScalarAsync<string>(
                """select string_agg(key || ':' || count, ',' order by key collate "C") from tally"""));
        Assert.Equal(
            model.Tallies, memory.Store.Tables.States<TallyRow, string, Tally>()
                .Select(tally => $"{tally.Key}:{tally.Value.Count}").Order());
        Assert.Equal(
            string.Join(',', model.Notes),
            await bed.ScalarAsync<string>("select string_agg(text, ',' order by seq) from note"));
        Assert.Equal(model.Notes, memory.Store.Tables.Log<NoteRow>().Select(note => note.Row.Text));
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
        public int TooMuch { get; private set; }

        public void Add(ActResult result)
        {
            if (result.RefusalCode == RefusalCode.RefundAboveCaptured) TooMuch++;
            if (result.Replayed) Replayed++;
            else if (result.End == ActEnd.Committed) Committed++;
            else if (result.End == ActEnd.Refused) Refused++;
            else OtherBody++;
        }

        public override string ToString() =>
            $"committed {Committed}, refused {Refused}, replayed {Replayed}, other body {OtherBody}, "
            + $"expired {Expired}, refunds above what was taken {TooMuch}";
    }

    /// <summary>
    /// The same writer on tables in memory, in small groups: each is decided on what the one before will have stored.
    /// </summary>
    private sealed class MemoryBed
    {
        public MemoryBed(TimeProvider clock) => Writer = LedgerWriter.ByHand(
            Store, new CompanionRegistry([new TallyTable(), new NoteLog()]),
            new LedgerOptions(BatchMax: 3, Clock: clock));

        public MemoryLedgerStore Store { get; } = new();
        public LedgerWriter Writer { get; }

        /// <summary>Expiries get ids of their own making; their effect shows in the counters.</summary>
        public string DescribeTransfers() => string.Join(',', Store.Transfers
            .Where(each => each.Row.Kind != TransferKind.Expire)
            .OrderBy(each => each.Row.Kind).ThenBy(each => each.Row.Id.ToString(), StringComparer.Ordinal)
            .Select(each => string.Join(' ', new object?[]
            {
                each.Row.Id, each.Seq, each.Row.ActId, (short)each.Row.Kind, (short)each.Row.Code,
                each.Row.AmountMinor, each.Row.HoldId, each.Row.RefId,
            }.Where(part => part is not null))));
    }
}
