using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SightPay.Server.Database;

/// <summary>The few calls of the operating system that running a PostgreSQL of our own takes.</summary>
internal static partial class Posix
{
    public const int Interrupt = 2;
    public const int Quit = 3;

    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    public const UnixFileMode OwnerFolder = OwnerOnly | UnixFileMode.UserExecute;

    /// <summary>Others may pass through but not list.</summary>
    public const UnixFileMode PassThroughFolder =
        OwnerFolder | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public const UnixFileMode ReadableFolder =
        PassThroughFolder | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public const UnixFileMode ReadableFile = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public static bool IsRoot => EffectiveUser() == 0;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Signal(int process, int signal);

    /// <summary>Gives a file a second name, atomically; fails when the name is taken.</summary>
    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Link(string existing, string name);

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ChangeOwner(string path, uint user, uint group);

    /// <summary>
    /// A command that inherits nothing of our environment (it may hold secrets) and starts in a folder that every
    /// account may enter.
    /// </summary>
    public static ProcessStartInfo Command(IReadOnlyList<string> words)
    {
        var info = new ProcessStartInfo(words[0], words.Skip(1)) { WorkingDirectory = "/" };
        info.Environment.Clear();
        info.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH") is { Length: > 0 } path
            ? path
            : "/usr/local/bin:/usr/bin:/bin";
        info.Environment["LC_ALL"] = "C";
        return info;
    }

    /// <summary>Runs a command to its end; returns its exit code and everything it printed.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        IReadOnlyList<string> words, CancellationToken ct)
    {
        var info = Command(words);
        info.RedirectStandardInput = info.RedirectStandardOutput = info.RedirectStandardError = true;
        using var process = Process.Start(info)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(ct);
        var errors = process.StandardError.ReadToEndAsync(ct);
        try
        {
            await process.WaitForExitAsync(ct);
            return (process.ExitCode, await output + await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }
    }

    /// <summary>The path without links, as the kernel shows it.</summary>
    public static string RealPath(string path)
    {
        var resolved = ResolvePath(path, 0);
        if (resolved == 0)
            throw new DirectoryNotFoundException($"{path} cannot be resolved.");
        try
        {
            return Marshal.PtrToStringUTF8(resolved)!;
        }
        finally
        {
            Free(resolved);
        }
    }

    [LibraryImport("libc", EntryPoint = "realpath", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint ResolvePath(string path, nint buffer);

    [LibraryImport("libc", EntryPoint = "free")]
    private static partial void Free(nint pointer);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();
}
