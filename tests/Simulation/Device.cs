using SightPay.Ledger;

namespace SightPay.Simulation.Tests;

/// <summary>
/// A till, a phone or a bank: it has one wish at a time, repeats it under the same id until it is answered, and checks
/// that it is never told two different things.
/// </summary>
internal sealed class Device(World world, Random random, int wishes)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(400);
    private readonly Dictionary<Guid, Answer> _answers = [];
    private Wish? _wish;
    private int _left = wishes;

    public IReadOnlyDictionary<Guid, Answer> Answers => _answers;
    public bool IsDone => _wish is null && _left == 0;
    public Wish? Unanswered => _wish;

    public void Begin()
    {
        if (_left == 0) return;
        _left--;
        _wish = Think();
        Send(_wish);
    }

    private Wish Think()
    {
        var person = world.Persons[random.Next(world.Persons.Count)];
        var id = world.Clock.NextId();
        var kind = (WishKind)random.Next(Enum.GetValues<WishKind>().Length);
        // Small sums, so that wallets run dry and captures meet their limits.
        var amount = random.Next(20) == 0 ? random.NextInt64(-3, 1) : random.Next(1, 12) * 25L;
        if (kind == WishKind.TopUp) return new Wish(id, kind, person, amount * 4, null, false);
        if (kind == WishKind.Chargeback && world.TopUps.Count > 0)
        {
            var (topUp, owner) = world.TopUps[random.Next(world.TopUps.Count)];
            return new Wish(id, kind, owner, amount, topUp, false);
        }
        if (kind is WishKind.Ask or WishKind.PayNow or WishKind.Chargeback || world.Payments.Count == 0)
            return new Wish(
                id, kind == WishKind.PayNow ? kind : WishKind.Ask, person, amount, null, random.Next(2) == 0);
        // Mostly the latest ones, so that several devices meet at one payment.
        var newest = Math.Min(world.Payments.Count, random.Next(1, 6));
        var (payment, payer) = world.Payments[^newest];
        return new Wish(id, kind, payer, amount, payment, false);
    }

    private void Send(Wish wish)
    {
        world.Network.Carry(() => world.Server.Take(
            wish, reply => world.Network.Carry(() => Hear(wish, reply))));
        world.Happenings.In(Patience, () =>
        {
            if (_wish == wish) Send(wish);
        });
    }

    private void Hear(Wish wish, Reply reply)
    {
        if (reply.Answer is not { } answer) return;
        if (_answers.TryGetValue(wish.Id, out var before))
        {
            world.Must(before == answer, $"{wish.Kind} {wish.Id} was told {before}, and later {answer}.");
            return;
        }
        _answers.Add(wish.Id, answer);
        world.Trace($"{wish.Kind} {wish.Id} {answer.Status}");
        if (answer.Status == 201 && wish.Kind is WishKind.Ask or WishKind.PayNow)
            world.Payments.Add((wish.Id, wish.Person));
        if (answer.Status == 201 && wish.Kind == WishKind.TopUp) world.TopUps.Add((wish.Id, wish.Person));
        if (_wish != wish) return;
        _wish = null;
        world.Happenings.In(TimeSpan.FromMilliseconds(random.Next(1, random.Next(8) == 0 ? 200_000 : 300)), Begin);
    }
}
