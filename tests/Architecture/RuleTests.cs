using System.Text;

namespace SightPay.Architecture.Tests;

/// <summary>Each tidy rule on a file that breaks it and on one that keeps it.</summary>
public sealed class RuleTests
{
    private static readonly string _mark = "TO" + "DO";

    [Fact]
    public void Untidy_lines_are_found()
    {
        Finds(TextRules.Lines, "src/A.cs", "a\tb\n", "a tab");
        Finds(TextRules.Lines, "src/A.cs", "word \n", "trailing blanks");
        Finds(TextRules.Lines, "src/A.cs", "word\r\n", "trailing blanks");
        Finds(TextRules.Lines, "src/A.cs", new string('x', 121) + "\n", "121 columns");
        Finds(TextRules.Lines, "README.md", new string('x', 121) + "\n", "121 columns");
        Finds(TextRules.Lines, "src/A.cs", $"// {_mark}: later\n", "leftover mark");
        Finds(TextRules.Lines, "README.md", "<<<<<<< HEAD\n", "half done");
        Finds(TextRules.Lines, "src/A.cs", ">>>>>>> other\n", "half done");
        Finds(TextRules.Lines, "src/A.cs", "word", "without a line break");
        Finds(TextRules.Lines, "src/A.cs", "\uFEFFword\n", "byte order mark");
        Finds(TextRules.Lines, "README.md", "```\nnever closed\n", "never closed");
        Finds(TextRules.Lines, "src/A.cs", "see /ho" + "me/ann/data\n", "path of one machine");
    }

    [Fact]
    public void Tidy_lines_are_left_in_peace()
    {
        Accepts(TextRules.Lines, "src/A.cs", new string('x', 120) + "\n");
        Accepts(TextRules.Lines, "README.md", "| " + new string('x', 200) + " |\n");
        Accepts(TextRules.Lines, "web/src/Icon.tsx", $"  home: \"M4 10.5{new string('1', 120)}z\",\n");
        Finds(TextRules.Lines, "web/src/Icon.tsx", $"  home: \"{new string('x', 120)}\",\n", "columns");
        Accepts(TextRules.Lines, "web/package-lock.json", new string('x', 200) + "\n");
        Accepts(TextRules.Lines, "src/A.cs", $"var {_mark}s = methods.{_mark.ToLowerInvariant()};\n");
        Accepts(TextRules.Lines, "tests/A.cs", "(\"HOME\", \"/ho" + "me/asha\")\n");
        Accepts(TextRules.Lines, "deploy/Dockerfile", "COPY . /src/ho" + "me/x\n");
    }

    [Fact]
    public void Large_and_binary_files_are_found()
    {
        Finds(TextRules.Size, "web/a.json", new string('x', 512 * 1024 + 1), "bytes; at most");
        Finds(TextRules.Size, "tests/face.jpg", "\0\u0001", "a binary file");
        Accepts(TextRules.Size, "web/public/icon.png", "\0\u0001");
        Accepts(TextRules.Size, "web/a.json", new string('x', 512 * 1024));
    }

    [Fact]
    public void Pages_without_their_one_title_are_found()
    {
        Finds(TextRules.Titles, "a.md", "## Only a section\n", "0 titles");
        Finds(TextRules.Titles, "a.md", "# One\n# Two\n", "2 titles");
        Finds(TextRules.Titles, "a.md", "text\n# One\n", "comes first");
        Accepts(TextRules.Titles, "a.md", "# One\n```\n# a comment\n```\n");
    }

    [Fact]
    public void Dead_links_are_found()
    {
        IEnumerable<string> Rule(SourceFile file) => TextRules.Links(file, Repository.Root);
        Finds(Rule, "README.md", "# A\n[gone](decisions/9999-gone.md)\n", "is dead");
        Accepts(Rule, "README.md", "# A\n[here](LICENSE) [away](https://example.org/x) [below](#part)\n");
    }

    [Fact]
    public void Download_addresses_in_lock_files_are_found()
    {
        const string Line = "\"resolved\": \"https://registry.example.org/a/-/a-1.0.0.tgz\"\n";
        Finds(TextRules.Locks, "web/package-lock.json", Line, "a download address");
        Accepts(TextRules.Locks, "web/package-lock.json", "\"integrity\": \"sha512-abc\"\n");
        Accepts(TextRules.Locks, "web/notes.json", Line);
    }

    [Fact]
    public void Gaps_between_migrations_are_found()
    {
        Assert.Single(TextRules.Migrations([File("src/A/Schema/0001_a.sql"), File("src/A/Schema/0003_c.sql")]));
        Assert.Single(TextRules.Migrations([File("src/A/Schema/0001_a.sql"), File("src/A/Schema/0001_b.sql")]));
        Assert.Single(TextRules.Migrations([File("src/A/Schema/first.sql")]));
        Assert.Empty(TextRules.Migrations([
            File("src/A/Schema/0001_a.sql"), File("src/A/Schema/0002_b.sql"), File("src/B/Schema/0001_a.sql")]));
    }

    [Fact]
    public void Decisions_that_the_index_misses_are_found()
    {
        var index = File("decisions/README.md", "[one](0001-one.md)\n");
        Assert.Empty(TextRules.Decisions([index, File("decisions/0001-one.md")]));
        Assert.Single(TextRules.Decisions([index, File("decisions/0001-one.md"), File("decisions/0002-two.md")]));
        Assert.Single(TextRules.Decisions([
            File("decisions/README.md", "(0002-a.md) (0002-b.md)"), File("decisions/0002-a.md"),
            File("decisions/0002-b.md")]));
        Assert.Single(TextRules.Decisions([File("decisions/README.md", "(two.md)"), File("decisions/two.md")]));
    }

    [Fact]
    public void Long_functions_are_found_and_the_list_of_exceptions_only_shrinks()
    {
        var body = string.Concat(Enumerable.Repeat("        Call();\n", 80));
        var file = File(
            "src/A.cs", $"class A\n{{\n    void Long()\n    {{\n{body}    }}\n    void Short() {{ }}\n}}\n");
        var lengths = CodeRules.Lengths(file).ToArray();
        Assert.Contains(("src/A.cs:Long", 83), lengths);
        Assert.Contains("src/A.cs:Long: 83 lines", Assert.Single(CodeRules.TooLong(lengths, None())));
        Assert.Empty(CodeRules.TooLong(lengths, new Dictionary<string, int> { ["src/A.cs:Long"] = 83 }));
        Assert.Single(CodeRules.TooLong(lengths, new Dictionary<string, int> { ["src/A.cs:Long"] = 82 }));
        Assert.Contains("Take it out", Assert.Single(CodeRules.TooLong(
            lengths, new Dictionary<string, int> { ["src/A.cs:Long"] = 83, ["src/A.cs:Short"] = 90 })));
        Assert.Contains("Take it out", Assert.Single(CodeRules.TooLong(
            lengths, new Dictionary<string, int> { ["src/A.cs:Long"] = 83, ["src/B.cs:Gone"] = 90 })));
    }

    [Fact]
    public void Unfinished_code_is_found()
    {
        Finds(CodeRules.Leftovers, "A.cs", "#region x\nclass A;\n#endregion\n", "a region");
        Finds(CodeRules.Leftovers, "A.cs", "class A { int B() => throw new NotImplementedException(); }",
            "not implemented");
        Finds(CodeRules.Leftovers, "A.cs", "class A { int B() => throw new System.NotImplementedException(\"x\"); }",
            "not implemented");
        Accepts(CodeRules.Leftovers, "A.cs", "class A { string B() => \"#region NotImplementedException\"; }");
    }

    [Fact]
    public void Silent_skips_are_found()
    {
        Finds(CodeRules.SilentSkips, "A.cs", "class A { void B() { Skip.If(true); } }", "without a reason");
        Finds(CodeRules.SilentSkips, "A.cs", "class A { void B() { Skip.IfNot(true); } }", "without a reason");
        Finds(CodeRules.SilentSkips, "A.cs", "class A { [Fact(Skip = \" \")] void B() { } }", "without a reason");
        Accepts(CodeRules.SilentSkips, "A.cs", "class A { void B() { Skip.If(true, \"no camera\"); list.Skip(1); } }");
        Accepts(CodeRules.SilentSkips, "A.cs", "class A { [Fact(Skip = \"needs a camera\")] void B() { } }");
    }

    [Fact]
    public void Namespaces_beside_their_folder_are_found()
    {
        Finds(CodeRules.Namespaces, "src/Server/Transit/A.cs", "namespace SightPay.Server.Retail;\nclass A;\n",
            "should be SightPay.Server.Transit");
        Accepts(CodeRules.Namespaces, "src/Server/Transit/A.cs", "namespace SightPay.Server.Transit;\nclass A;\n");
        Accepts(CodeRules.Namespaces, "tests/Server/A.cs", "namespace Anything;\nclass A;\n");
    }

    [Fact]
    public void Names_that_say_nothing_are_found()
    {
        Finds(CodeRules.VagueNames, "src/Server/Utils/A.cs", "class A;", "the folder Utils");
        Finds(CodeRules.VagueNames, "src/Server/Faces/A.cs", "class FaceManager;", "\"Manager\"");
        Accepts(CodeRules.VagueNames, "src/Server/Faces/A.cs", "class Enrol;");
    }

    [Fact]
    public void Test_methods_are_found() => Assert.Equal(
        ["One", "Two"],
        CodeRules.TestMethods(
            File("A.cs", "class A { [Fact] void One() { } [SkippableTheory] void Two() { } void No() { } }")));

    private static void Finds(Func<SourceFile, IEnumerable<string>> rule, string path, string text, string complaint) =>
        Assert.Contains(complaint, Assert.Single(rule(File(path, text))), StringComparison.Ordinal);

    private static void Accepts(Func<SourceFile, IEnumerable<string>> rule, string path, string text) =>
        Assert.Empty(rule(File(path, text)));

    private static SourceFile File(string path, string text = "") => new(path, Encoding.UTF8.GetBytes(text));

    private static Dictionary<string, int> None() => [];
}
