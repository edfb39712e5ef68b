namespace SightPay.Vision.Plates;

/// <summary>Several readings of one plate become one. Pure.</summary>
internal static class PlateVote
{
    // A reader is wrong at one place of a frame, seldom at two; two cars that follow each other differ at nearly all.
    private const int DifferencesMax = 2;

    // What a reading leaves unsaid about a place it may still be.
    private const float Floor = 0.002f;

    // Above it a reader is sure of a character; two sure readings that differ are two plates.
    private const float SureMin = 0.9f;
    private const float OverlapMin = 0.3f;

    /// <summary>
    /// Whether two readings can be of one plate: nearly the same characters in the same order, and where they differ
    /// one of them is unsure, or both were read from the same place. So the neighbours of a fleet stay apart.
    /// </summary>
    public static bool IsSameCar(ReadPlate a, ReadPlate b) =>
        a.Region == b.Region
        && Differences(a.Text, b.Text) <= Math.Min(DifferencesMax, Math.Min(a.Text.Length, b.Text.Length) / 3)
        && (a.Box.Overlap(b.Box) >= OverlapMin || !Contradict(a, b));

    private static bool Contradict(ReadPlate a, ReadPlate b)
    {
        var (x, y) = (ConfusableGlyphs.Fold(a.Text), ConfusableGlyphs.Fold(b.Text));
        for (var i = 0; x.Length == y.Length && i < x.Length; i++)
            if (x[i] != y[i] && MathF.Min(a.Characters[i].Confidence, b.Characters[i].Confidence) >= SureMin)
                return true;
        return false;
    }

    /// <summary>How alike two readings are, for choosing between several; larger is more alike.</summary>
    public static int Agreement(ReadPlate a, ReadPlate b) => -Differences(a.Text, b.Text);

    /// <summary>
    /// Votes over readings of one plate. The length that most readings have, by their confidence, is right; over those
    /// the chances of every place are multiplied, and the grammar has the last word.
    /// </summary>
    /// <param name="readings">At least one, all of one region; the last is the newest and says where the plate is.
    /// </param>
    public static ReadPlate Over(IReadOnlyList<ReadPlate> readings)
    {
        if (readings.Count == 1) return readings[0];
        ReadPlate[] voters =
        [
            .. readings.GroupBy(reading => reading.Text.Length)
                .OrderByDescending(group => group.Sum(reading => reading.Confidence)).ThenByDescending(g => g.Count())
                .First(),
        ];
        var places = Enumerable.Range(0, voters[0].Text.Length).Select(i => Combine(voters, i)).ToArray();
        var costs = new float[places.Length * PlateAlphabet.Size];
        Array.Fill(costs, float.PositiveInfinity);
        for (var i = 0; i < places.Length; i++)
            foreach (var (character, probability) in places[i])
                costs[i * PlateAlphabet.Size + PlateAlphabet.IndexOf(character)] =
                    -MathF.Log(MathF.Max(probability, 1e-9f));
        var fit = PlateGrammar.Of(readings[0].Region)?.Fit(costs);
        var text = fit?.Text ?? voters.MaxBy(voter => voter.Confidence)!.Text;
        return new(text, readings[^1].Region, Characters(text, places), readings[^1].Quad);
    }

    /// <summary>Chances of one place over all voters, normalised.</summary>
    private static Dictionary<char, float> Combine(ReadPlate[] voters, int place)
    {
        var logs = new Dictionary<char, float>();
        foreach (var voter in voters)
            foreach (var candidate in voter.Characters[place].Candidates) logs.TryAdd(candidate.Character, 0);
        foreach (var character in logs.Keys.ToArray())
        {
            // The mean and not the sum of the logarithms: frames resemble each other, ten of them are not ten
            // witnesses. Its double makes two agreeing frames surer than one.
            logs[character] = 2 * voters.Average(voter => MathF.Log(Probability(voter.Characters[place], character)));
        }
        var most = logs.Values.Max();
        var sum = logs.Values.Sum(log => MathF.Exp(log - most));
        return logs.ToDictionary(pair => pair.Key, pair => MathF.Exp(pair.Value - most) / sum);
    }

    private static float Probability(PlateCharacter place, char character)
    {
        foreach (var candidate in place.Candidates)
            if (candidate.Character == character) return MathF.Max(candidate.Probability, Floor);
        return Floor;
    }

    private static PlateCharacter[] Characters(string text, Dictionary<char, float>[] places) =>
    [
        .. text.Select((character, i) => new PlateCharacter(
        [
            new(character, places[i].GetValueOrDefault(character)),
            .. places[i].Where(pair => pair.Key != character).OrderByDescending(pair => pair.Value)
                .ThenBy(pair => pair.Key).Take(3).Select(pair => new CharacterCandidate(pair.Key, pair.Value)),
        ])),
    ];

    /// <summary>Characters to change, add or take away; glyphs that are drawn alike do not differ.</summary>
    private static int Differences(string a, string b)
    {
        var (x, y) = (ConfusableGlyphs.Fold(a), ConfusableGlyphs.Fold(b));
        Span<int> row = stackalloc int[y.Length + 1];
        for (var j = 0; j <= y.Length; j++) row[j] = j;
        for (var i = 1; i <= x.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= y.Length; j++)
            {
                var changed = diagonal + (x[i - 1] == y[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[y.Length];
    }
}
