using System.Diagnostics;
using SightPay.Vision.Runtime;

namespace SightPay.Vision.Plates;

/// <summary>The search for plates in one picture: ever closer looks, until one is read clearly.</summary>
internal sealed class PlateSearch(
    PlatePipeline pipeline, PlatePipeline.Desk desk, Picture picture, PlateGrammar grammar, List<NetworkRun>? runs)
{
    private const float ScoreMin = 2;

    // Writing that is none is read otherwise each time.
    private const int AgreeingMin = 2;
    private const float ScoreClear = 5;
    private const float DoubtClear = 1;

    // Two readings that say the same, sure of every place, are not outvoted by a third one.
    private const float SureMin = 0.9f;

    // What scores less after the first reading is not read again, and beside a clear plate not what is no plate yet.
    private const float ScoreWorthy = -4;
    private const float ScoreWorthyBeside = 0;

    // A car behind the one at the pump shows a plate of half the size.
    private const float BehindShare = 0.5f;

    // Bounds on what one look may cost. So many lines are read at once: as many as cores that a site has.
    private const int AtOnce = 2;
    private const int ReadsMax = 10;
    private const int WorthyMax = 3;
    private const int PairsMax = 4;

    // Two lines of a plate are no wider than this together.
    private const float SquareAspectMax = 2.2f;

    // A single glyph is no plate, nor is a sentence.
    private const float AspectMin = 1.2f;
    private const float AspectMax = 10;
    private const float HeightMin = 7;

    // Writing of this height in its canvas is bounded best: the map's edge is a pixel sharp, and nets were trained so.
    private const float CanvasHeight = 28;
    private const float CanvasHeightLeast = 20;
    private const float CanvasHeightMost = 48;

    private int _step;

    private static readonly int[] Looks = [640, 960, 1280];

    // Ends and edges that are cut off or left on, in heights of the writing. Each alone misses other plates: narrow
    // ones leave the country band out, wide ones hold a first letter that stands apart, trimmed ones leave out what is
    // written above and below. Measured with `bench plates`: alone 81, 78 and 79 %, all three voting 88 %.
    private static readonly (float Ends, float Edges)[] Crops = [(-0.08f, 0), (0.25f, 0), (0, -0.1f)];

    // From the writing to the whole plate: where nothing is written above and below it, and where a state is.
    private static readonly (float Ends, float Edges)[] PlateCrops = [(0.3f, 0.2f), (0.4f, 0.6f)];

    public PlateReading Run()
    {
        desk.Candidates.Clear();
        var (finding, reading) = (TimeSpan.Zero, TimeSpan.Zero);
        var longSide = Math.Max(picture.Width, picture.Height);
        foreach (var look in Looks)
        {
            // Enlarging a picture further shows nothing new.
            if (look > Looks[0] && look * 3 / 4 > longSide) break;
            var started = Stopwatch.GetTimestamp();
            Find(PicturePart.Whole(picture), look);
            finding += Stopwatch.GetElapsedTime(started);
            started = Stopwatch.GetTimestamp();
            ReadFound(look / (float)longSide);
            reading += Stopwatch.GetElapsedTime(started);
            if (desk.Candidates.Exists(IsClear)) break;
            started = Stopwatch.GetTimestamp();
            ReadPairs(look / (float)longSide);
            reading += Stopwatch.GetElapsedTime(started);
            if (desk.Candidates.Exists(IsClear)) break;
        }
        return new(Plates(), picture.Width, picture.Height, finding.TotalMilliseconds, reading.TotalMilliseconds);
    }

    private static bool IsClear(PlateCandidate candidate) =>
        candidate is { Agreeing: > 1, Score: >= ScoreClear, Best: { } best } && best.Text.Doubt <= DoubtClear;

    private void Find(PicturePart part, int look)
    {
        var shape = pipeline.Detector.Find(picture, part, look, desk.Scaler, desk.Map, desk.Found);
        runs?.Add(new(pipeline.Detector.Network, shape, _step++));
    }

    /// <summary>Reads what was found once, and what may be a plate several times.</summary>
    private void ReadFound(float canvasScale)
    {
        desk.Lines.Clear();
        foreach (var writing in desk.Found)
            if (writing.Height >= HeightMin) desk.Lines.Add(writing);
        desk.Lines.Sort(static (a, b) => Promise(b).CompareTo(Promise(a)));
        ReadOnce();
        desk.Worthy.Sort(static (a, b) => b.Score.CompareTo(a.Score));
        var (isClear, heightMin) = (false, 0f);
        for (var i = 0; i < desk.Worthy.Count && i < WorthyMax; i++)
        {
            var candidate = desk.Worthy[i];
            if (candidate.Writing.Height < heightMin || (isClear && candidate.Score < ScoreWorthyBeside)) continue;
            Joined(candidate.Writing);
            Confirm(candidate, canvasScale);
            if (!IsClear(candidate)) continue;
            (isClear, heightMin) = (true, MathF.Max(heightMin, candidate.Writing.Height * BehindShare));
        }
    }

    /// <summary>Reads each line once, the most promising first; what turns out likelier a plate than not becomes
    /// worthy. Beside a clear plate those are not read that a car far behind it would have.</summary>
    private void ReadOnce()
    {
        desk.Worthy.Clear();
        var (heightMin, end) = (0f, Math.Min(desk.Lines.Count, ReadsMax));
        for (var next = 0; next < end;)
        {
            desk.Once.Clear();
            for (; next < end && desk.Once.Count < AtOnce; next++)
            {
                var line = desk.Lines[next];
                if (line.Height < heightMin || line.Width < AspectMin * line.Height
                    || line.Width > AspectMax * line.Height) continue;
                desk.Once.Add(new(line));
                desk.Jobs.Add(new(desk.Once[^1], Crops[0]));
            }
            Work();
            foreach (var candidate in desk.Once)
            {
                if (candidate.Score >= ScoreWorthy) desk.Worthy.Add(candidate);
                if (IsPromising(candidate))
                    heightMin = MathF.Max(heightMin, candidate.Writing.Height * BehindShare);
            }
        }
    }

    private static bool IsPromising(PlateCandidate candidate) =>
        candidate.Score >= ScoreClear && candidate.Best!.Value.Text.Confidence >= SureMin;

    /// <summary>Whether no further reading would change what it says.</summary>
    private static bool IsSettled(PlateCandidate candidate) =>
        IsPromising(candidate) && candidate.Agreeing > 1 && candidate.Agreeing == candidate.Reads.Count;

    /// <summary>Reads it again until it is settled or all crops were read.</summary>
    private void Confirm(PlateCandidate candidate, float canvasScale)
    {
        var crops = Crops.AsSpan(1);
        if (IsPromising(candidate))
        {
            // The reader of whole plates costs a quarter of the other one.
            AddPlateJobs(candidate);
            if (desk.Jobs.Count == 0)
            {
                desk.Jobs.Add(new(candidate, crops[0]));
                crops = crops[1..];
            }
            Work();
            if (!IsSettled(candidate)) LookCloser(candidate, canvasScale);
        }
        else
        {
            LookCloser(candidate, canvasScale);
            AddPlateJobs(candidate);
        }
        if (!IsSettled(candidate))
        {
            foreach (var crop in crops) desk.Jobs.Add(new(candidate, crop));
            Work();
        }
        if (Whole(candidate) is { } whole) Keep(whole);
        else Keep(candidate);
    }

    /// <summary>The plate of which only a part was found as writing; null when it was all of it, or the rest cannot be
    /// read.</summary>
    private PlateCandidate? Whole(PlateCandidate part)
    {
        if (part.Best is not { } best || part.Score < ScoreMin) return null;
        var writing = part.Writing;
        var (left, right) = PlateEnds.Of(picture, writing, best.Text.Text.Length).Missing;
        if (left == 0 && right == 0) return null;
        var glyph = 1f / best.Text.Text.Length;
        var (from, to) = (-left * glyph, 1 + right * glyph);
        var whole = new PlateCandidate(writing with
        {
            Quad = new(writing.At(from, 0), writing.At(to, 0), writing.At(to, 1), writing.At(from, 1)),
        });
        foreach (var crop in Crops) desk.Jobs.Add(new(whole, crop));
        AddPlateJobs(whole);
        Work();
        return whole.Score >= ScoreMin && whole.Agreeing >= AgreeingMin
            && whole.Best!.Value.Text.Text.Length > best.Text.Text.Length
            && whole.Best.Value.Text.Text.Contains(best.Text.Text, StringComparison.Ordinal)
                ? whole
                : null;
    }

    /// <summary>A letter or a group that stands apart on the same line was found as writing of its own; without it
    /// the rest may be somebody else's plate.</summary>
    private void Joined(Writing writing)
    {
        var joined = writing;
        foreach (var other in desk.Lines)
            if (other != writing && other.IsBeside(joined)) joined = joined.Beside(other);
        if (joined == writing) return;
        ReadAll(new(joined));
    }

    private void ReadAll(PlateCandidate candidate)
    {
        foreach (var crop in Crops) desk.Jobs.Add(new(candidate, crop));
        AddPlateJobs(candidate);
        Work();
        Keep(candidate);
    }

    /// <summary>Reads plates of two lines: writing right above other writing, and writing that is two lines high.
    /// </summary>
    private void ReadPairs(float canvasScale)
    {
        desk.Worthy.Clear();
        var found = desk.Lines;
        for (var i = 0; i < found.Count && i < ReadsMax; i++)
        {
            var isSquare = found[i].Width < SquareAspectMax * found[i].Height;
            if (isSquare && found[i].Height * canvasScale >= CanvasHeightLeast)
                desk.Worthy.Add(new(found[i]) { Lines = found[i].Halves() });
            for (var j = 0; j < found.Count && j < ReadsMax; j++)
                if (found[i].IsAbove(found[j]))
                    desk.Worthy.Add(new(found[i].With(found[j])) { Lines = (found[i], found[j]) });
        }
        desk.Worthy.Sort(static (a, b) => Promise(b.Writing).CompareTo(Promise(a.Writing)));
        for (var i = 0; i < desk.Worthy.Count && i < PairsMax; i++) ReadAll(desk.Worthy[i]);
    }

    /// <summary>How likely writing is a plate before it is read: of a plate's shape, large, clear.</summary>
    private static float Promise(Writing writing)
    {
        var aspect = writing.Width / writing.Height;
        var shape = aspect is > 1.1f and < 7 ? 1 : 0.3f;
        return shape * writing.Score * MathF.Sqrt(writing.Width * writing.Height);
    }

    /// <summary>Bounds writing anew that was very small or very large in its canvas.</summary>
    private void LookCloser(PlateCandidate candidate, float canvasScale)
    {
        var writing = candidate.Writing;
        if (writing.Height * canvasScale is >= CanvasHeightLeast and <= CanvasHeightMost) return;
        var box = writing.Quad.Bounds;
        var (width, height) = PpOcrDetector.Close;
        var factor = MathF.Max(writing.Height / CanvasHeight, box.Width * 1.25f / width);
        Find(Around(box.Centre, width * factor, height * factor), width);
        var best = candidate.Writing;
        var overlap = 0.25f;
        foreach (var found in desk.Found)
        {
            var shared = found.Quad.Bounds.Overlap(box);
            if (shared > overlap) (best, overlap) = (found, shared);
        }
        // What ends earlier than before was cut.
        if (best == candidate.Writing || best.Width < 0.9f * candidate.Writing.Width) return;
        candidate.Writing = best;
        desk.Jobs.Add(new(candidate, Crops[0]));
    }

    private PicturePart Around(PlatePoint centre, float width, float height)
    {
        var (w, h) = (Math.Clamp((int)width, 1, picture.Width), Math.Clamp((int)height, 1, picture.Height));
        return new(
            Math.Clamp((int)(centre.X - w / 2f), 0, picture.Width - w),
            Math.Clamp((int)(centre.Y - h / 2f), 0, picture.Height - h), w, h);
    }

    private void AddPlateJobs(PlateCandidate candidate)
    {
        if (pipeline.PlateReader is null) return;
        foreach (var crop in PlateCrops) desk.Jobs.Add(new(candidate, crop) { IsWholePlate = true });
    }

    /// <summary>Does the jobs on the desk, several at once, and gives their readings to the candidates in the jobs'
    /// order.</summary>
    private void Work()
    {
        desk.Prepare();
        SharedWork.Run(pipeline.Threads, desk.Jobs.Count, Do);
        for (var i = 0; i < desk.Jobs.Count; i++)
        {
            if (runs is not null) Note(desk.Jobs[i], desk.Seats[i]);
            if (desk.Seats[i].Read is { } read) desk.Jobs[i].Candidate.Add(read);
        }
        desk.Jobs.Clear();
        _step++;
    }

    private void Note(PlatePipeline.ReadJob job, PlatePipeline.Seat seat)
    {
        var network = job.IsWholePlate ? pipeline.PlateReader!.Network : pipeline.Reader.Network;
        runs!.Add(new(network, seat.Shapes.First, _step));
        if (!job.IsWholePlate && job.Candidate.Lines is not null) runs.Add(new(network, seat.Shapes.Second, _step));
    }

    private void Do(int i)
    {
        var (job, seat) = (desk.Jobs[i], desk.Seats[i]);
        var (candidate, (ends, edges)) = (job.Candidate, job.Crop);
        var reader = pipeline.Reader;
        seat.Shapes = default;
        if (job.IsWholePlate) pipeline.PlateReader!.Read(picture, candidate.Writing.Grown(ends, edges), seat.Line);
        else if (candidate.Lines is { } lines)
        {
            seat.Shapes = (
                reader.Read(picture, lines.Upper.Grown(ends, edges), seat.Line),
                reader.Read(picture, lines.Lower.Grown(ends, edges), seat.Below));
            seat.Line.Append(seat.Below);
        }
        else seat.Shapes = (reader.Read(picture, candidate.Writing.Grown(ends, edges), seat.Line), 0);
        seat.Read = seat.Finder.Find(seat.Line, grammar) is { } text
            ? new(text, PlateJudge.Score(
                candidate.Writing, seat.Line, text, candidate.Lines is null ? 1 : 2, picture.Width, picture.Height))
            : null;
    }

    /// <summary>The same place seen by a closer look: the better explanation stays.</summary>
    private void Keep(PlateCandidate candidate)
    {
        if (candidate.Best is null) return;
        var box = candidate.Writing.Quad.Bounds;
        var same = desk.Candidates.FindIndex(other => other.Writing.Quad.Bounds.Overlap(box) > 0.3f);
        if (same < 0) desk.Candidates.Add(candidate);
        else
        {
            var (better, other) = candidate.Score > desk.Candidates[same].Score
                ? (candidate, desk.Candidates[same])
                : (desk.Candidates[same], candidate);
            foreach (var read in other.Reads) better.Add(read);
            desk.Candidates[same] = better;
        }
    }

    private ReadPlate[] Plates()
    {
        var (width, height, region) = (picture.Width, picture.Height, grammar.Region);
        var plates = desk.Candidates.FindAll(static candidate =>
            candidate.Score >= ScoreMin && candidate.Agreeing >= AgreeingMin);
        if (plates.Count == 0) return [];
        plates.Sort((a, b) => Foremost(b).CompareTo(Foremost(a)));
        var heightMin = plates[0].Writing.Height * BehindShare;
        return
        [
            .. plates.Where(plate => plate.Writing.Height >= heightMin).Select(plate =>
                new ReadPlate(plate.Best!.Value.Text.Text, region, Characters(plate), plate.Writing.Quad)),
        ];

        IReadOnlyList<PlateCharacter> Characters(PlateCandidate plate) => plate.Lines is null
            ? PlateEnds.Of(picture, plate.Writing, plate.Best!.Value.Text.Text.Length)
                .Doubted(plate.Best.Value.Text.Characters)
            : plate.Best!.Value.Text.Characters;

        // Large, central and surely a plate.
        float Foremost(PlateCandidate plate)
        {
            var centre = plate.Writing.Quad.Bounds.Centre;
            var off = MathF.Abs(centre.X / width - 0.5f) + MathF.Abs(centre.Y / height - 0.5f);
            return plate.Writing.Height * (1 - 0.5f * off) * MathF.Min(plate.Score, ScoreClear);
        }
    }
}
