namespace SightPay.Station.Tests;

/// <summary>Whether cameras can be read here.</summary>
internal static class Ffmpeg
{
    public const string Missing = "ffmpeg is not installed.";

    public static bool IsInstalled { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Any(folder => File.Exists(Path.Combine(folder, "ffmpeg")));
}
