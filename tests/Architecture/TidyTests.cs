namespace SightPay.Architecture.Tests;

/// <summary>The house rules over all files under version control.</summary>
public sealed class TidyTests
{
    [SkippableFact]
    public void Lines_are_tidy() => RingTests.Empty(Repository.Files.SelectMany(TextRules.Lines));

    [SkippableFact]
    public void No_large_or_binary_files() => RingTests.Empty(Repository.Files.SelectMany(TextRules.Size));

    [SkippableFact]
    public void Each_page_has_one_title() => RingTests.Empty(Repository.Files.SelectMany(TextRules.Titles));

    [SkippableFact]
    public void Links_between_pages_lead_somewhere() =>
        RingTests.Empty(Repository.Files.SelectMany(file => TextRules.Links(file, Repository.Root)));

    [SkippableFact]
    public void Lock_files_record_no_download_address() =>
        RingTests.Empty(Repository.Files.SelectMany(TextRules.Locks));

    [SkippableFact]
    public void Migrations_are_numbered_without_gaps() => RingTests.Empty(TextRules.Migrations(Repository.Files));

    [SkippableFact]
    public void Decisions_are_numbered_and_indexed() => RingTests.Empty(TextRules.Decisions(Repository.Files));

    [SkippableFact]
    public void Functions_are_short() => RingTests.Empty(
        CodeRules.TooLong(Repository.CSharp.SelectMany(CodeRules.Lengths), CodeRules.LongMethods));

    [SkippableFact]
    public void Nothing_is_left_unfinished() =>
        RingTests.Empty(Repository.CSharp.SelectMany(CodeRules.Leftovers));

    [SkippableFact]
    public void Every_skipped_test_says_why() =>
        RingTests.Empty(Repository.CSharp.SelectMany(CodeRules.SilentSkips));

    [SkippableFact]
    public void Namespaces_follow_folders() => RingTests.Empty(Repository.CSharp.SelectMany(CodeRules.Namespaces));

    [SkippableFact]
    public void Names_say_something() => RingTests.Empty(Repository.CSharp.SelectMany(CodeRules.VagueNames));

    [SkippableFact]
    public void Test_folders_mirror_source_folders() => RingTests.Empty(
        from file in Repository.Files
        let parts = file.Path.Split('/')
        where parts is ["tests", "Vision" or "Ledger" or "Server", _, _, ..]
        let source = $"src/{parts[1]}/{parts[2]}"
        where !Directory.Exists(Path.Combine(Repository.Root, source))
        select $"{file}: there is no {source} to test.");

    [SkippableFact]
    public void The_readme_and_ci_run_the_same_commands()
    {
        var readme = Repository.Files.Single(file => file.Path == "README.md").Text.Split('\n');
        Assert.Contains("dotnet run --project src/Server", readme);
        Assert.Contains("dotnet test", readme);
        var ci = Repository.Files.Single(file => file.Path == ".ci/run").Text;
        Assert.Contains("dotnet test", ci, StringComparison.Ordinal);
    }
}
