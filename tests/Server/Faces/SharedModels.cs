using Xunit;

namespace SightPay.Server.Tests.Faces;

/// <summary>The published files of the precise pack, which lie beside the repository or nowhere.</summary>
internal static class SharedModels
{
    /// <summary>Their folder; skips the test by name where it is absent.</summary>
    public static string Require()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "models");
            if (Directory.Exists(candidate)) return candidate;
        }
        Skip.If(true, "../shared/models is not there.");
        return "";
    }
}
