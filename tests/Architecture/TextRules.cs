using System.Text.RegularExpressions;

namespace SightPay.Architecture.Tests;

/// <summary>Rules on the text of any file. Each gives one line per violation, with what to do.</summary>
internal static partial class TextRules
{
    private const int ColumnsMax = 120;
    private const int BytesMax = 512 * 1024;

    private static readonly HashSet<string> _wrapped = [".cs", ".ts", ".tsx", ".mjs", ".sql", ".sh", ".css", ".md"];

    private static readonly HashSet<string> _pictures = [".png", ".ico", ".woff2"];

    // Written in halves, so that this file does not break its own rules.
    private static readonly string[] _marks = ["TO" + "DO", "FIX" + "ME", "HA" + "CK", "X" + "XX"];

    private static readonly string[] _machinePaths =
        ["/ro" + "ot/", "/wo" + "rk/", "C:\\Us" + "ers", "/Us" + "ers/"];

    public static IEnumerable<string> Lines(SourceFile file)
    {
        var inFence = false;
        foreach (var (line, number) in NumberedLines(file))
        {
            var at = $"{file}:{number}";
            if (file.Extension == ".md" && line.StartsWith("```", StringComparison.Ordinal)) inFence = !inFence;
            if (line.Contains('\t')) yield return $"{at}: a tab; indent with spaces.";
            if (line.Length > 0 && line[^1] is ' ' or '\r') yield return $"{at}: trailing blanks.";
            if (_wrapped.Contains(file.Extension) && line.Length > ColumnsMax && !CannotWrap(file, line))
                yield return $"{at}: {line.Length} columns; wrap at {ColumnsMax}.";
            if (IsConflict(line)) yield return $"{at}: a merge was left half done.";
            if (Mark(line) is { } mark) yield return $"{at}: a leftover mark ({mark}); do it or write an issue.";
            if (MachinePaths(file).FirstOrDefault(path => ContainsPath(line, path)) is { } machine)
                yield return $"{at}: {machine} is the path of one machine.";
        }

        if (inFence) yield return $"{file}: a code block is never closed.";
        // NuGet writes its lock files without a last line break.
        if (file.Text.Length > 0 && !file.Text.EndsWith('\n') && file.Name != "packages.lock.json")
            yield return $"{file}: ends without a line break.";
        if (file.Text.StartsWith('\uFEFF')) yield return $"{file}: starts with a byte order mark.";
    }

    private static bool IsConflict(string line) =>
        line.StartsWith("<<<<<<< ", StringComparison.Ordinal) || line.StartsWith(">>>>>>> ", StringComparison.Ordinal);

    public static IEnumerable<string> Size(SourceFile file)
    {
        if (file.Content.Length > BytesMax) yield return $"{file}: {file.Content.Length} bytes; at most {BytesMax}.";
        var isPictureOfThePages =
            _pictures.Contains(file.Extension) && file.Path.StartsWith("web/", StringComparison.Ordinal);
        if (file.IsBinary && !isPictureOfThePages)
            yield return $"{file}: a binary file; build it, restore it or draw it at run time.";
    }

    public static IEnumerable<string> Titles(SourceFile file)
    {
        if (file.Extension != ".md") yield break;
        var inFence = false;
        var titles = 0;
        foreach (var (line, _) in NumberedLines(file))
        {
            if (line.StartsWith("```", StringComparison.Ordinal)) inFence = !inFence;
            if (!inFence && line.StartsWith("# ", StringComparison.Ordinal)) titles++;
        }

        if (titles != 1)
            yield return $"{file}: {titles} titles; one line starts with a single #.";
        else if (!file.Text.StartsWith("# ", StringComparison.Ordinal))
            yield return $"{file}: the title comes first.";
    }

    /// <summary>Links inside the repository must lead somewhere.</summary>
    public static IEnumerable<string> Links(SourceFile file, string root)
    {
        if (file.Extension != ".md") yield break;
        foreach (var target in Link().Matches(file.Text).Select(match => match.Groups[1].Value.Split('#')[0]))
        {
            if (target.Length == 0 || target.Contains(':')) continue;
            var path = Path.Combine(root, file.Folder, target);
            if (!File.Exists(path) && !Directory.Exists(path)) yield return $"{file}: the link to {target} is dead.";
        }
    }

    /// <summary>A lock file that names servers ties everybody to them.</summary>
    public static IEnumerable<string> Locks(SourceFile file)
    {
        if (file.Name is not ("package-lock.json" or "packages.lock.json")) yield break;
        foreach (var (line, number) in NumberedLines(file))
            if (Download().IsMatch(line)) yield return $"{file}:{number}: a download address; see .npmrc.";
    }

    /// <summary>Migrations are append-only: NNNN_name.sql from 0001, without gaps or twins.</summary>
    public static IEnumerable<string> Migrations(IEnumerable<SourceFile> files)
    {
        var folders = files.Where(file => file.Folder.EndsWith("/Schema", StringComparison.Ordinal))
            .GroupBy(file => file.Folder);
        foreach (var folder in folders)
        {
            var expected = 1;
            foreach (var file in folder.OrderBy(file => file.Name, StringComparer.Ordinal))
            {
                if (!Migration().IsMatch(file.Name))
                    yield return $"{file}: a migration is named NNNN_words.sql.";
                else if (!file.Name.StartsWith($"{expected:0000}_", StringComparison.Ordinal))
                    yield return $"{file}: number {expected:0000} comes here.";
                expected++;
            }
        }
    }

    /// <summary>Every decision has a number of its own and stands in the index.</summary>
    public static IEnumerable<string> Decisions(IEnumerable<SourceFile> files)
    {
        var decisions = files.Where(file => file.Folder == "decisions").ToArray();
        var index = decisions.SingleOrDefault(file => file.Name == "README.md")?.Text ?? "";
        var numbers = new HashSet<string>();
        foreach (var file in decisions.Where(file => file.Name != "README.md").OrderBy(file => file.Name))
        {
            if (!Decision().IsMatch(file.Name)) yield return $"{file}: a decision is named NNNN-words.md.";
            else if (!numbers.Add(file.Name[..4])) yield return $"{file}: the number is taken.";
            if (!index.Contains($"({file.Name})", StringComparison.Ordinal))
                yield return $"{file}: missing from decisions/README.md.";
        }
    }

    /// <summary>Tables of a page, and outlines of icons, which are one long word.</summary>
    private static bool CannotWrap(SourceFile file, string line) =>
        file.Extension == ".md" ? line.StartsWith('|') : file.Extension == ".tsx" && Outline().IsMatch(line);

    /// <summary>Tests may make a home up.</summary>
    private static IEnumerable<string> MachinePaths(SourceFile file) =>
        file.Path.StartsWith("tests/", StringComparison.Ordinal) ? _machinePaths : [.. _machinePaths, "/ho" + "me/"];

    private static string? Mark(string line) =>
        _marks.FirstOrDefault(mark => Regex.IsMatch(line, $@"\b{mark}\b"));

    /// <summary>The path counts at the start of a word only: <c>/app/root/</c> is nobody's home.</summary>
    private static bool ContainsPath(string line, string path)
    {
        var at = line.IndexOf(path, StringComparison.Ordinal);
        if (at <= 0) return at == 0;
        return !char.IsLetterOrDigit(line[at - 1]) && line[at - 1] is not ('.' or '/' or '}' or '*');
    }

    private static IEnumerable<(string Line, int Number)> NumberedLines(SourceFile file)
    {
        if (file.IsBinary) yield break;
        var number = 0;
        foreach (var line in file.Text.Split('\n')) yield return (line, ++number);
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"""[Mm][\d\s.,a-zA-Z-]{80,}""")]
    private static partial Regex Outline();

    [GeneratedRegex(@"https?://[^""\s]+/.+\.(tgz|nupkg)")]
    private static partial Regex Download();

    [GeneratedRegex(@"^\d{4}-[a-z0-9-]+\.md$")]
    private static partial Regex Decision();

    [GeneratedRegex(@"^\d{4}_[a-z0-9_]+\.sql$")]
    private static partial Regex Migration();
}
