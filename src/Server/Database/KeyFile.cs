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
            File.Move(draft, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(draft);
        }
    }

    private static void OnlyForUs(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, mode);
    }
}
