using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace SightPay.Architecture.Tests;

/// <summary>Rules on C# source that the compiled form no longer shows.</summary>
internal static class CodeRules
{
    private const int MethodLinesMax = 70;

    private static readonly string[] _vagueFolders = ["Core", "Common", "Shared", "Utils", "Helpers"];
    private static readonly string[] _vagueEnds = ["Helper", "Helpers", "Manager", "Util", "Utils", "Impl", "Dto"];

    /// <summary>
    /// Methods that are longer for a reason. The list only shrinks: a number is the length that was allowed, and an
    /// entry whose method became short, or is gone, fails the test until it is taken out.
    /// </summary>
    public static IReadOnlyDictionary<string, int> LongMethods { get; } = new Dictionary<string, int>();

    public static SyntaxNode Parse(SourceFile file) =>
        CSharpSyntaxTree.ParseText(file.Text, new CSharpParseOptions(LanguageVersion.Preview)).GetRoot();

    /// <summary>Lengths of all methods, local functions and accessors, by <c>file:method</c>.</summary>
    public static IEnumerable<(string Method, int Lines)> Lengths(SourceFile file)
    {
        foreach (var node in Parse(file).DescendantNodes())
        {
            var name = node switch
            {
                MethodDeclarationSyntax method => method.Identifier.Text,
                ConstructorDeclarationSyntax constructor => constructor.Identifier.Text,
                LocalFunctionStatementSyntax local => local.Identifier.Text,
                AccessorDeclarationSyntax accessor => accessor.Keyword.Text,
                _ => null,
            };
            if (name is null) continue;
            var span = node.SyntaxTree.GetLineSpan(node.Span);
            yield return ($"{file}:{name}", span.EndLinePosition.Line - span.StartLinePosition.Line + 1);
        }
    }

    public static IEnumerable<string> TooLong(
        IEnumerable<(string Method, int Lines)> lengths, IReadOnlyDictionary<string, int> allowed)
    {
        var longest = lengths.GroupBy(one => one.Method).ToDictionary(one => one.Key, one => one.Max(it => it.Lines));
        foreach (var (method, lines) in longest)
        {
            var limit = allowed.GetValueOrDefault(method, MethodLinesMax);
            if (lines > limit) yield return $"{method}: {lines} lines, at most {limit}. Give its steps names.";
        }

        foreach (var (method, _) in allowed)
            if (longest.GetValueOrDefault(method) <= MethodLinesMax)
                yield return $"{method}: short by now (or gone). Take it out of LongMethods.";
    }

    public static IEnumerable<string> Leftovers(SourceFile file)
    {
        var root = Parse(file);
        foreach (var trivia in root.DescendantTrivia())
            if (trivia.IsKind(SyntaxKind.RegionDirectiveTrivia))
                yield return $"{At(file, trivia.GetLocation())}: a region; make it a file or a method.";
        foreach (var creation in root.DescendantNodes().OfType<ObjectCreationExpressionSyntax>())
            if (creation.Type.ToString().EndsWith("NotImplementedException", StringComparison.Ordinal))
                yield return $"{At(file, creation.GetLocation())}: not implemented; finish it or take it out.";
    }

    /// <summary>A skipped test says why: somebody must see what was not proved.</summary>
    public static IEnumerable<string> SilentSkips(SourceFile file)
    {
        foreach (var node in Parse(file).DescendantNodes())
        {
            var silent = node switch
            {
                InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax called } call =>
                    called.Expression.ToString() == "Skip" && called.Name.ToString() is "If" or "IfNot"
                    && called.Expression.ToString() == "Skip" && call.ArgumentList.Arguments.Count < 2,
                AttributeArgumentSyntax { NameEquals.Name.Identifier.Text: "Skip" } argument =>
                    argument.Expression.ToString().Trim('"', ' ').Length == 0,
                _ => false,
            };
            if (silent) yield return $"{At(file, node.GetLocation())}: skipped without a reason.";
        }
    }

    /// <summary>src/Server/Transit holds SightPay.Server.Transit and nothing else.</summary>
    public static IEnumerable<string> Namespaces(SourceFile file)
    {
        if (!file.Path.StartsWith("src/", StringComparison.Ordinal)) yield break;
        var expected = "SightPay." + file.Folder["src/".Length..].Replace('/', '.');
        foreach (var space in Parse(file).DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>())
        {
            if (space.Name.ToString() != expected)
                yield return $"{file}: the namespace {space.Name} should be {expected}, as the folder says.";
        }
    }

    public static IEnumerable<string> VagueNames(SourceFile file)
    {
        foreach (var folder in file.Folder.Split('/').Intersect(_vagueFolders))
            yield return $"{file}: the folder {folder} says nothing; name the capability.";
        foreach (var type in Parse(file).DescendantNodes().OfType<BaseTypeDeclarationSyntax>())
        {
            var name = type.Identifier.Text;
            if (_vagueEnds.FirstOrDefault(end => name.EndsWith(end, StringComparison.Ordinal)) is { } end)
                yield return $"{file}: {name}: \"{end}\" says nothing; use a noun of the domain.";
        }
    }

    /// <summary>Names of the methods that a test runner would run.</summary>
    public static IEnumerable<string> TestMethods(SourceFile file) =>
        from method in Parse(file).DescendantNodes().OfType<MethodDeclarationSyntax>()
        where method.AttributeLists.SelectMany(list => list.Attributes).Any(attribute =>
            attribute.Name.ToString() is "Fact" or "Theory" or "SkippableFact" or "SkippableTheory")
        select method.Identifier.Text;

    private static string At(SourceFile file, Location location) =>
        $"{file}:{location.GetLineSpan().StartLinePosition.Line + 1}";
}
