// Small slices that break the rings on purpose, so that the checker itself is tested. Nothing here runs.
namespace Sample.Vision
{
    internal sealed record Face(int Width);
}

namespace Sample.Ledger
{
    internal sealed record Account(long Id);
}

namespace Sample.Ledger.Inner
{
    internal sealed record Drawer(long Id);
}

namespace Sample.Stray
{
    internal sealed class Lost;
}

namespace Sample.Server.Database
{
    internal sealed class CountsMoney
    {
        public static Ledger.Account Open() => new(1);
    }
}

namespace Sample.Server.People.Inner
{
    internal sealed record Secret(string Word);
}

namespace Sample.Server.People
{
    internal sealed record Human(string Name)
    {
        public int Length => new Inner.Secret(Name).Word.Length;
    }

    internal sealed class AsksTransit
    {
        public static object Find() => Transit.Gate.First;
    }

    internal sealed class AsksInLambda
    {
        public static Func<int> Later(int by) => () => Transit.Gate.First.Number + by;
    }

    internal sealed class AsksLater
    {
        public static async Task<int> FindAsync()
        {
            await Task.Yield();
            return Transit.Gate.First.Number;
        }
    }

    internal sealed class OpensTheLedgersDrawer
    {
        public static bool IsDrawer(object thing) => thing is Ledger.Inner.Drawer;
    }
}

namespace Sample.Server.Audit
{
    internal sealed record Entry(string What);

    internal sealed class LooksPeopleUp
    {
        public static int Length(object thing) => ((People.Human)thing).Length;
    }
}

namespace Sample.Server.Receipts
{
    internal sealed record Receipt(Audit.Entry Written);
}

namespace Sample.Server.Faces
{
    internal sealed record Recognised(Vision.Face Face, People.Human Who, Ledger.Account Wallet);
}

namespace Sample.Server.Retail
{
    internal sealed record Shop(string Name);
}

namespace Sample.Server.Transit
{
    internal sealed record Gate(int Number)
    {
        public static Gate First { get; } = new(1);
    }

    internal sealed class BuysForTheShop
    {
        public static int Count(List<Retail.Shop> shops) => shops.Count;
    }

    internal sealed class LooksAtPixels
    {
        public static int Width(object face) => ((Vision.Face)face).Width;
    }

    internal sealed class PeepsIntoPeople
    {
        public static string Word(object thing)
        {
            var secret = thing as People.Inner.Secret;
            return secret?.Word ?? "";
        }
    }
}

namespace Sample.Server.Surprise
{
    internal sealed class Unknown;
}

namespace Sample.Server.Web
{
    internal sealed record Page(Transit.Gate Gate, Retail.Shop Shop, People.Human Human);
}
