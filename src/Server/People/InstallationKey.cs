using System.Security.Cryptography;
using System.Text;

namespace SightPay.Server.People;

/// <summary>
/// The installation's own key: 32 random bytes in the data folder that only the server's account may read. Every other
/// lasting key is derived from it or wrapped by it, so a stolen database alone opens nothing.
/// </summary>
public sealed class InstallationKey
{
    private const int Bytes = 32;
    private readonly byte[] _key;

    public InstallationKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != Bytes)
            throw new ArgumentException($"An installation key has {Bytes} bytes, not {key.Length}.", nameof(key));
        _key = key.ToArray();
    }

    /// <summary>A key for one purpose; the same purpose always gives the same key.</summary>
    public byte[] Derive(string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, Bytes, info: Encoding.UTF8.GetBytes("sightpay:" + purpose));

    /// <summary>Reads <c>keys/installation.key</c>; makes it when there is none.</summary>
    /// <exception cref="InvalidOperationException">The file is not a key.</exception>
    public static InstallationKey Open(string dataFolder)
    {
        var folder = Path.Combine(dataFolder, "keys");
        var path = Path.Combine(folder, "installation.key");
        MakeFolder(folder);
        if (!File.Exists(path)) Make(path);
        OnlyForUs(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var key = File.ReadAllBytes(path);
        if (key.Length != Bytes)
            throw new InvalidOperationException(
                $"{path} is damaged: {key.Length} bytes instead of {Bytes}. Put the file back from a backup; without "
                + "it the enrolled faces cannot be read.");
        return new InstallationKey(key);
    }

    /// <summary>Makes a folder that only the server's account may enter.</summary>
    internal static void MakeFolder(string folder)
    {
        Directory.CreateDirectory(folder);
        OnlyForUs(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static void Make(string path)
    {
        // Written whole under another name first: a start that is killed half-way leaves no half key, and of two
        // starts at once the second finds the first one's file.
        var draft = $"{path}.{RandomNumberGenerator.GetHexString(8)}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(draft, options))
        {
            file.Write(RandomNumberGenerator.GetBytes(Bytes));
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

    public override string ToString() => "[installation key]";
}
