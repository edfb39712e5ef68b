using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace SightPay.Architecture.Tests;

/// <summary>What the README promises and what the program reads are the same settings.</summary>
public sealed partial class SettingTests
{
    [SkippableFact]
    public void Every_setting_is_documented_and_every_documented_one_is_read()
    {
        var read = Repository.CSharp
            .Where(file => file.Path.StartsWith("src/", StringComparison.Ordinal))
            .SelectMany(file => CodeRules.Parse(file).DescendantNodes().OfType<LiteralExpressionSyntax>())
            .Where(literal => literal.IsKind(SyntaxKind.StringLiteralExpression))
            .Select(literal => literal.Token.ValueText)
            .Where(text => Setting().Match(text) is { Success: true } match && match.Value == text)
            .ToHashSet();
        var documented = Documented();
        Assert.NotEmpty(read);
        Assert.Equal([], read.Except(documented).Order());
        Assert.Equal([], documented.Except(read).Order());
    }

    /// <summary>A setting that is read and then forgotten is what S2 had.</summary>
    [SkippableFact]
    public void Every_setting_has_a_test_that_carries_its_name()
    {
        const string Mark = "Unread_config_";
        var tested = Repository.CSharp.SelectMany(CodeRules.TestMethods)
            .Where(test => test.StartsWith(Mark, StringComparison.Ordinal))
            .SelectMany(test => test[Mark.Length..].Split("_and_"))
            .ToArray();
        Assert.Equal([], Documented().Where(setting =>
            !tested.Any(test => setting.StartsWith(test, StringComparison.Ordinal))).Order());
    }

    private static HashSet<string> Documented()
    {
        var readme = Repository.Files.Single(file => file.Path == "README.md").Text;
        var table = readme[readme.IndexOf("## Configuration", StringComparison.Ordinal)..];
        table = table[..table.IndexOf("\n## ", 3, StringComparison.Ordinal)];
        return [.. Setting().Matches(table).Select(match => match.Value)];
    }

    [GeneratedRegex(
        @"SIGHTPAY_[A-Z0-9_]*[A-Z0-9]|OTEL_[A-Z_]+[A-Z]"
        + "|DATABASE_URL|FACE_RECOGNITION_THRESHOLD|MAX_CONCURRENT_CONNECTIONS")]
    private static partial Regex Setting();
}
