namespace SightPay.Vision.Models;

/// <summary>
/// Where the build put native libraries, models and (maybe) PostgreSQL: the folder <c>engines/dist</c>, found by
/// walking up from the program's own folder, or beside a published program.
/// </summary>
public static class EnginePaths
{
    /// <exception cref="DirectoryNotFoundException">Says which command makes it.</exception>
    public static string Root => throw new NotImplementedException();

    public static string OnnxRuntime => throw new NotImplementedException();
    public static string Libvips => throw new NotImplementedException();

    /// <summary>Folder of the standard pack's ONNX files.</summary>
    public static string StandardPack => throw new NotImplementedException();

    /// <summary>Group pictures for tests, from a restored package: sample1.jpg .. sample6.jpg.</summary>
    public static string Samples => throw new NotImplementedException();

    /// <summary>PostgreSQL from npm, or null where the build found one on the system.</summary>
    public static string? Postgres => throw new NotImplementedException();
}
