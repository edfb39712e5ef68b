using System.Diagnostics;
using System.Text;

namespace SightPay.Architecture.Tests;

/// <summary>A file under version control, by its path from the root with forward slashes.</summary>
internal sealed record SourceFile(string Path, byte[] Content)
{
    public string Text { get; } = Encoding.UTF8.GetString(Content);
    public string Extension => System.IO.Path.GetExtension(Path);
    public string Folder => System.IO.Path.GetDirectoryName(Path)!.Replace('\\', '/');
    public string Name => System.IO.Path.GetFileName(Path);
    public bool IsBinary => Content.AsSpan(0, Math.Min(Content.Length, 8192)).Contains((byte)0);
    public override string ToString() => Path;
}

/// <summary>The tracked files of the checkout that the tests were built from.</summary>
internal static class Repository
{
    private static readonly Lazy<IReadOnlyList<SourceFile>?> _files = new(Read);

    public static string Root { get; } = FindRoot();

    /// <summary>Skips the calling test where the sources came without version control.</summary>
    public static IReadOnlyList<SourceFile> Files
    {
        get
        {
            Skip.If(_files.Value is null, "There is no git checkout around the tests.");
            return _files.Value!;
        }
    }

    public static IEnumerable<SourceFile> CSharp => Files.Where(file => file.Extension == ".cs");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "SightPay.slnx"))) return folder.FullName;
        throw new DirectoryNotFoundException("SightPay.slnx is in no folder above the tests.");
    }

    private static List<SourceFile>? Read()
    {
        try
        {
            // The checkout may belong to another account than the one that runs the tests.
            var start = new ProcessStartInfo("git", ["-c", "safe.directory=*", "ls-files", "-z"])
            {
                WorkingDirectory = Root, RedirectStandardOutput = true, RedirectStandardError = true,
            };
            using var git = Process.Start(start)!;
            var names = git.StandardOutput.ReadToEnd().Split('\0', StringSplitOptions.RemoveEmptyEntries);
            git.WaitForExit();
            return git.ExitCode != 0 ? null : [.. names
                .Where(name => File.Exists(Path.Combine(Root, name)))
                .Select(name => new SourceFile(name, File.ReadAllBytes(Path.Combine(Root, name))))];
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
