using SightPay.Vision.Runtime;

namespace SightPay.Server.Stations;

/// <summary>
/// A photo of a car as a camera at a pump sees the car that rolls in: frame after frame of one scene, none like the one
/// before. The car comes nearer, the mast trembles, light and noise change. The same photo gives the same frames.
/// </summary>
public static class SimulatedCamera
{
    private const int Quality = 90;
    private const float ZoomMax = 0.03f;
    private const float ShiftPixels = 3;
    private const float LightMax = 0.06f;
    private const float NoiseMax = 6;

    /// <param name="photo">JPEG, PNG or WebP; what is no picture is shown once, as it is.</param>
    public static IEnumerable<byte[]> Film(byte[] photo, int frames)
    {
        Picture scene;
        try
        {
            scene = PictureCodec.Decode(photo, new PictureLimits());
        }
        catch (PictureException)
        {
            return [photo];
        }
        return Enumerable.Range(0, frames).Select(number => PictureCodec.EncodeJpeg(Frame(scene, number), Quality));
    }

    /// <param name="number">From 0; equal numbers give equal frames.</param>
    internal static Picture Frame(Picture scene, int number)
    {
        var chance = new Random(number);
        var (zoom, light) = (1 + ZoomMax * Swing(chance), 1 + LightMax * Swing(chance));
        var (right, down) = (ShiftPixels * Swing(chance), ShiftPixels * Swing(chance));
        var pixels = new byte[scene.Width * scene.Height * 3];
        for (var (v, at) = (0, 0); v < scene.Height; v++)
        {
            var y = (v - scene.Height / 2f) / zoom + scene.Height / 2f + down;
            for (var u = 0; u < scene.Width; u++)
            {
                var x = (u - scene.Width / 2f) / zoom + scene.Width / 2f + right;
                for (var channel = 0; channel < 3; channel++, at++)
                    pixels[at] = (byte)Math.Clamp(
                        Between(scene, x, y, channel) * light + NoiseMax * Swing(chance), 0, 255);
            }
        }
        return new(scene.Width, scene.Height, pixels);
    }

    private static float Swing(Random chance) => 2 * chance.NextSingle() - 1;

    /// <summary>The picture between its pixels; beside it goes on as it ends.</summary>
    private static float Between(Picture scene, float x, float y, int channel)
    {
        var (left, top) = ((int)MathF.Floor(x), (int)MathF.Floor(y));
        var (right, down) = (x - left, y - top);
        var above = At(left, top) * (1 - right) + At(left + 1, top) * right;
        var below = At(left, top + 1) * (1 - right) + At(left + 1, top + 1) * right;
        return above * (1 - down) + below * down;

        float At(int u, int v) => scene.Pixels[
            (Math.Clamp(v, 0, scene.Height - 1) * scene.Width + Math.Clamp(u, 0, scene.Width - 1)) * 3 + channel];
    }
}
