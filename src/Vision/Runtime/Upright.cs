namespace SightPay.Vision.Runtime;

/// <summary>Turns pixels the way the camera's EXIF orientation asks for.</summary>
internal static class Upright
{
    // A square of this side fits the fast cache for reading and writing at once.
    private const int Tile = 32;

    /// <param name="pixels">RGB as stored; taken over.</param>
    /// <param name="orientation">1 to 8; anything else counts as upright.</param>
    public static Picture Turn(byte[] pixels, int width, int height, int orientation)
    {
        if (orientation is < 2 or > 8)
            return new Picture(width, height, pixels);
        var swapsSides = orientation >= 5;
        var (newWidth, newHeight) = swapsSides ? (height, width) : (width, height);
        // Stored pixel (x, y) goes to start + x * stepX + y * stepY, counted in pixels.
        var (start, stepX, stepY) = orientation switch
        {
            2 => (newWidth - 1, -1, newWidth),
            3 => ((newWidth * newHeight) - 1, -1, -newWidth),
            4 => (newWidth * (newHeight - 1), 1, -newWidth),
            5 => (0, newWidth, 1),
            6 => (newWidth - 1, newWidth, -1),
            7 => ((newWidth * newHeight) - 1, -newWidth, -1),
            _ => (newWidth * (newHeight - 1), -newWidth, 1),
        };
        var turned = GC.AllocateUninitializedArray<byte>(pixels.Length);
        for (var top = 0; top < height; top += Tile)
        {
            for (var left = 0; left < width; left += Tile)
            {
                var (bottom, right) = (Math.Min(top + Tile, height), Math.Min(left + Tile, width));
                for (var y = top; y < bottom; y++)
                {
                    var from = ((y * width) + left) * 3;
                    var to = (start + (left * stepX) + (y * stepY)) * 3;
                    for (var x = left; x < right; x++, from += 3, to += stepX * 3)
                    {
                        turned[to] = pixels[from];
                        turned[to + 1] = pixels[from + 1];
                        turned[to + 2] = pixels[from + 2];
                    }
                }
            }
        }
        return new Picture(newWidth, newHeight, turned);
    }
}
