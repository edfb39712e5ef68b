using System.Security.Cryptography;

namespace SightPay.Server.Database;

/// <summary>
/// Keys that a start makes once and keeps in the data folder, where only the server's account may read.
/// </summary>
public static class KeyFile
{
    /// <summary>Reads <c>keys/{name}</c>; makes it when there is none.</summary>
    public static byte[] Open(string dataFolder, string name, Func<byte[]> make)
    {
        var folder = Path.Combine(dataFolder, "keys");
        var path = Path.Combine(folder, name);
        MakeFolder(folder);
        if (!File.Exists(path)) Make(path, make());
        OnlyForUs(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return File.ReadAllBytes(path);
    }

    /// <summary>Makes a folder that only the server's account may enter.</summary>
    public static void MakeFolder(string folder)
    {
        Directory.CreateDirectory(folder);
        OnlyForUs(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static void Make(string path, byte[] content)
    {
        // Written whole under another name first: a start that is killed half-way leaves no half key, and of two
        // starts at once the second finds the first one's file.
        var draft = $"{path}.{RandomNumberGenerator.GetHexString(8)}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(draft, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        try
        {
            Publish(draft, path);
        }
        catch (IOException) when (File.Exists(path))
        {
            // The other start was first: its key is the key.
        }
        finally
        {
            File.Delete(draft);
        }
    }

    /// <summary>
    /// Gives the draft its name unless the name is taken. A move that does not overwrite looks first and renames
    /// afterwards on Unix, so two starts could both see the name free and the second replace the first one's key; a
    /// hard link is made or refused in one step. Only a file system without hard links is moved on.
    /// </summary>
    private static void Publish(string draft, string path)
    {
        if (!OperatingSystem.IsWindows() && Posix.Link(draft, path) == 0) return;
        File.Move(draft, path, overwrite: false);
    }

    private static void OnlyForUs(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, mode);
    }
}
