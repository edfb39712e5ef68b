namespace SightPay.Vision.Plates;

/// <summary>
/// The formats of all regions. In a pattern, A is a letter of the region, 9 a digit, * either, n a digit but 0, h the
/// code that plates of the region begin with, every other small letter one of the region's own sets, and every other
/// capital itself; what stands in brackets may be absent.
/// </summary>
internal static class PlateRegions
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private const string Digits = "0123456789";

    /// <summary>The countries of the region "eu". South Africa is among them, since its plates occur in the set that
    /// the region is measured on.</summary>
    private static readonly string[] Europe =
    [
        "pl", "de", "gb", "sk", "cz", "at", "fr", "it", "es", "pt", "nl", "be", "lu", "hu", "ro", "bg", "hr", "si",
        "lt", "lv", "ee", "dk", "se", "no", "fi", "ch", "ie", "gr", "ua", "za",
    ];

    /// <param name="Code">As sites name it.</param>
    /// <param name="Usual">Patterns of what most cars carry.</param>
    private sealed record Country(string Code, params string[] Usual)
    {
        public string[] Rare { get; init; } = [];
        public string[] Chosen { get; init; } = [];
        public string LettersUsed { get; init; } = Letters;

        /// <summary>Codes for h, separated by spaces.</summary>
        public string Heads { get; init; } = "";

        /// <summary>The region's own sets: the small letter, then what it stands for.</summary>
        public string[] Sets { get; init; } = [];
    }

    private static readonly Country[] Countries =
    [
        // A place and a serial; serials have no B, D, I, O, Q, Z. Chosen ones begin with a letter and a digit.
        new("pl", "AA99999", "AA9999s", "AA999ss", "AA9s999", "AA9ss99", "AAAs999", "AAA99ss", "AAA9s99", "AAA99s9",
            "AAA9ss9", "AAAss99", "AAA99999", "AAA9999s", "AAA999ss", "AAAs99ss")
        {
            Rare = ["AA9999", "AA999s", "AA99ss", "AAA9999", "AAA999s", "AAA99s", "AAA9s9", "AAAs99", "AAss999"],
            Chosen = ["A9AAA[A][A]", "A9AA[A]9", "A9A[A][A]99"],
            Sets = ["sACEFGHJKLMNPRSTUVWXY"],
        },
        new("de", "A[A][A]A[A]n[9][9][9]") { Rare = ["A[A][A]A[A]n[9][9][9]e", "An9[9][9][9][9]"], Sets = ["eEH"] },
        // No I and Q in the area, no I, Q in the last three; before 2001 the year was one letter, before 1963 none.
        new("gb", "aa99sss")
        {
            Rare = ["y9[9][9]sss", "sssn[9][9]y", "A[A][A]n[9][9][9]", "n[9][9][9]A[A][A]"],
            Sets = ["aABCDEFGHJKLMNOPRSTUVWXY", "sABCDEFGHJKLMNOPRSTUVWXYZ", "yABCDEFGHJKLMNPRSTVWXY"],
        },
        new("sk", "hh999AA")
        {
            Rare = ["AA999AA"],
            Chosen = ["hhAAA99", "hhAAAA9", "hhAAAAA"],
            Heads = "BA BB BJ BL BN BR BS BT BY CA DK DS DT EC GA GL HC HE IL KA KE KK KM KN KS LC LE LM LV MA MI ML "
                + "MT MY NM NO NR NZ PB PD PE PK PN PO PP PT PU PV RA RK RS RV SA SB SC SE SI SK SL SN SO SP SV TA TC "
                + "TE TI TL TN TO TR TS TT TV VK VT ZA ZC ZH ZI ZL ZM ZT ZV",
        },
        // A digit, the region's letter, a letter or a digit, and four digits; before 2001 letters and then four digits.
        new("cz", "9r99999", "9rA9999")
        {
            Rare = ["AA[A]9999", "EL999AA", "EL99999"],
            Chosen = ["9rA****"],
            Sets = ["rABCEHJKLMPSTUZ"],
        },
        new("at", "A[A]n[9][9][9][9]A", "A[A]n[9][9]AA[A]") { Rare = ["A[A]n[9][9][9][9][9]"] },
        // No I, O, U since 2009.
        new("fr", "ss999ss")
        {
            Rare = ["n[9][9][9]A[A][A]99"],
            Sets = ["sABCDEFGHJKLMNPQRSTVWXYZ"],
        },
        new("it", "ss999ss") { Rare = ["AA999999"], Sets = ["sABCDEFGHJKLMNPRSTVWXYZ"] },
        // Consonants alone, without Q; before 2000 a province.
        new("es", "9999sss")
        {
            Rare = ["p[A]9999A[A]", "p[A]999999"],
            Sets = ["sBCDFGHJKLMNPRSTVWXYZ", "pABCGHJLMOPSTVZ"],
        },
        new("pt", "AA99AA", "99AA99", "9999AA") { Rare = ["AA9999"] },
        new("nl", "AA999A", "A999AA", "AAA99A", "9AAA99", "99AAA9", "99AAAA", "AAAA99", "9AA999", "999AA9", "A99AAA")
        {
            Rare = ["AA9999", "9999AA", "99AA99", "AA99AA"],
        },
        new("be", "nAAA999") { Rare = ["AAA999", "999AAA"] },
        new("lu", "AA9999") { Rare = ["9999[9]"] },
        new("hu", "AAA999", "AAAA999"),
        new("ro", "hh99AAA", "B99AAA", "B999AAA")
        {
            Heads = "AB AG AR BC BH BN BR BT BV BZ CJ CL CS CT CV DB DJ GJ GL GR HD HR IF IL IS MH MM MS NT OT PH SB "
                + "SJ SM SV TL TM TR VL VN VS",
        },
        // Letters that Latin and Cyrillic share.
        new("bg", "A[A]9999AA") { LettersUsed = "ABCEHKMOPTXY" },
        new("hr", "hh999[9]A[A]")
        {
            Heads = "BJ BM CK DA DE DJ DU GS IM KA KC KR KT KZ MA NA NG OG OS PU PZ RI SB SI SK SL ST VK VT VU VZ ZD "
                + "ZG ZU",
        },
        new("si", "hhA9999", "hh99A99", "hh999A9", "hh9999A", "hhAA999", "hh999AA", "hh9AA99", "hh99AA9")
        {
            Chosen = ["hhAAA99", "hhAAAA9", "hhAAAAA"],
            Heads = "CE GO KK KP KR LJ MB MS NM PO SG",
        },
        new("lt", "AAA999"),
        new("lv", "AAn[9][9][9]"),
        new("ee", "999AAA"),
        new("dk", "AA99999"),
        new("se", "AAA999", "AAA99A"),
        new("no", "AA99999") { Rare = ["AA9999"] },
        new("fi", "AAAn[9][9]"),
        new("ch", "hhn[9][9][9][9][9]")
        {
            Heads = "AG AI AR BE BL BS FR GE GL GR JU LU NE NW OW SG SH SO SZ TG TI UR VD VS ZG ZH",
        },
        new("ie", "99[9]An[9][9][9][9][9]", "99[9]AAn[9][9][9][9]"),
        // Letters that Latin and Greek share.
        new("gr", "AAA9999") { LettersUsed = "ABEHIKMNOPTXYZ" },
        new("ua", "AA9999AA") { LettersUsed = "ABCEHIKMOPTX" },
        // A serial and the province's letters; the Cape's old series begin with C and a town.
        new("za", "AA99AAGP", "AAA999GP", "CA[A]n[9][9][9][9][9]", "AAA999EC", "AAA999FS", "AAA999MP", "AAA999NW")
        {
            Rare = ["AAA999L", "AAA999N", "NAn[9][9][9][9]"],
            Chosen = ["A*[*][*][*][*][*]WP", "A*[*][*][*][*][*]GP", "A*[*][*][*][*][*]ZN"],
        },
        // Since 2018 the fifth place is a letter (Mercosul); before it was a digit, and old plates that are changed get
        // one of the first ten letters for it.
        new("br", "AAA9999", "AAA9m99") { Rare = ["AAA9A99"], Sets = ["mABCDEFGHIJ"] },
        // Series of the states; anything else of two to eight characters is a plate that somebody chose.
        new("us", "AAA9999", "9AAA999", "AAA999", "999AAA", "AA99999", "AA9A9A", "A999999", "99999A9", "9999AA9",
            "9AA9999", "9A99999", "999A999", "A99AAA", "AAA99A", "AAA9A99", "AA9999", "9999AA", "AA99AA", "99A99A9",
            "999999", "9999999", "9999AAA", "AA999A", "AA9999A", "A9999A", "999AA", "AAAA999")
        {
            Chosen = ["**[*][*][*][*][*][*]"],
        },
        // A state, the number of its office, a series and four digits; BH plates hold the year and no state.
        new("in", "hh99[A][A][A]9999", "hh9[A][A][A]9999", "99BH9999s[s]")
        {
            Rare = ["hh99A[A][A]n[9][9]", "hh9A[A][A]n[9][9]"],
            Heads = "AN AP AR AS BR CG CH DD DL DN GA GJ HP HR JH JK KA KL LA LD MH ML MN MP MZ NL OD OR PB PY RJ SK "
                + "TN TR TS TG UA UK UP WB",
            Sets = ["sABCDEFGHJKLMNPQRSTUVWXYZ"],
        },
        new("nz", "AAA999", "AAA99[9]") { Rare = ["AA9999"], Chosen = ["*[*][*][*][*][*]"] },
    ];

    /// <summary>A grammar for every region: the countries and the unions of several.</summary>
    public static Dictionary<string, PlateGrammar> All()
    {
        var formats = Countries.ToDictionary(country => country.Code, Formats);
        var grammars = formats.ToDictionary(
            country => country.Key, country => new PlateGrammar(country.Key, [country.Key], country.Value));
        grammars.Add("eu", new("eu", Europe, Europe.SelectMany(code => formats[code])));
        return grammars;
    }

    private static List<PlateFormat> Formats(Country country)
    {
        var heads = country.Heads.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return
        [
            .. All(country.Usual, FormatRank.Usual), .. All(country.Rare, FormatRank.Rare),
            .. All(country.Chosen, FormatRank.Chosen),
        ];

        IEnumerable<PlateFormat> All(string[] patterns, FormatRank rank) =>
            from pattern in patterns
            from plain in WithoutBrackets(pattern)
            let hasHead = plain.StartsWith("hh", StringComparison.Ordinal)
            let places = hasHead ? plain[2..] : plain
            select new PlateFormat(rank, hasHead ? heads : [], [.. places.Select(place => SetOf(country, place))]);
    }

    /// <summary>A pattern with what stands in brackets left out and put in, shortest first.</summary>
    private static IEnumerable<string> WithoutBrackets(string pattern)
    {
        var open = pattern.IndexOf('[');
        if (open < 0) return [pattern];
        var close = pattern.IndexOf(']');
        var (before, inside, behind) = (pattern[..open], pattern[(open + 1)..close], pattern[(close + 1)..]);
        return WithoutBrackets(before + behind).Concat(WithoutBrackets(before + inside + behind));
    }

    private static string SetOf(Country country, char place) => place switch
    {
        'A' => country.LettersUsed,
        '9' => Digits,
        'n' => Digits[1..],
        '*' => country.LettersUsed + Digits,
        _ when char.IsAsciiLetterUpper(place) => place.ToString(),
        _ => country.Sets.Single(set => set[0] == place)[1..],
    };
}
