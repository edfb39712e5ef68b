namespace SightPay.Vision.Runtime;

/// <summary>
/// The library could not do it; the caller says what that means for the sender. The library's own message is left where
/// it is: all threads write into one buffer, so it may be about somebody else's picture.
/// </summary>
internal sealed class VipsException(string step) : Exception($"libvips failed at {step}.");

/// <summary>A picture inside libvips: a plan until its pixels are asked for.</summary>
internal sealed unsafe class VipsImage : IDisposable
{
    private const int Uchar = 0;
    private const int SrgbInterpretation = 22;

    private nint _image;

    private VipsImage(nint image) => _image = image;

    public int Width => Vips.vips_image_get_width(_image);
    public int Height => Vips.vips_image_get_height(_image);

    /// <summary>1 to 8 as EXIF numbers them; 1 is upright.</summary>
    public int Orientation => Vips.vips_image_get_orientation(_image);

    /// <summary>Reads the header. The bytes must stay in place as long as the image is used.</summary>
    public static VipsImage Load(string loader, byte* encoded, int length) => new(
        Call(loader, 0, encoded, length, wantsImage: true, "access", "sequential", "fail_on", "truncated").Image);

    /// <summary>Wraps RGB pixels, which must stay in place as long as the image is used.</summary>
    public static VipsImage Over(byte* pixels, int width, int height)
    {
        Vips.Require();
        var image = Vips.vips_image_new_from_memory(pixels, (nuint)width * (nuint)height * 3, width, height, 3, Uchar);
        return image == 0 ? throw new VipsException("new_from_memory") : new VipsImage(image);
    }

    /// <summary>Whatever the colours are (grey, CMYK, 16 bits, transparent): 8-bit RGB on white.</summary>
    public void ToRgb()
    {
        if (Vips.vips_image_get_interpretation(_image) != SrgbInterpretation)
            Become("colourspace", "space", "srgb");
        if (Vips.vips_image_get_bands(_image) == 4)
            Become("flatten", "background", "255");
        if (Vips.vips_image_get_format(_image) != Uchar)
            Become("cast", "format", "uchar");
        if (Vips.vips_image_get_bands(_image) != 3)
            throw new VipsException("colourspace");
    }

    /// <summary>Decodes: only now are the pixels computed.</summary>
    public byte[] Pixels()
    {
        nuint length;
        var memory = Vips.vips_image_write_to_memory(_image, &length);
        if (memory == 0)
            throw new VipsException("write_to_memory");
        try
        {
            return new ReadOnlySpan<byte>((void*)memory, checked((int)length)).ToArray();
        }
        finally
        {
            Vips.g_free(memory);
        }
    }

    public byte[] Save(string saver, params ReadOnlySpan<string> options) =>
        Call(saver, _image, null, 0, wantsImage: false, options).Encoded!;

    public void Dispose()
    {
        if (_image != 0)
            Vips.g_object_unref(_image);
        _image = 0;
    }

    private void Become(string operation, params ReadOnlySpan<string> options)
    {
        var (next, _) = Call(operation, _image, null, 0, wantsImage: true, options);
        Vips.g_object_unref(_image);
        _image = next;
    }

    /// <summary>One operation: an image or bytes in, options as names and values, an image or bytes out.</summary>
    private static (nint Image, byte[]? Encoded) Call(
        string name, nint image, byte* bytes, int length, bool wantsImage, params ReadOnlySpan<string> options)
    {
        Vips.Require();
        Vips.vips_error_clear();
        var operation = Vips.vips_operation_new(name);
        if (operation == 0)
            throw new VipsException(name);
        try
        {
            if (image != 0)
                SetImage(operation, image);
            if (bytes is not null)
                SetBytes(operation, bytes, length);
            for (var i = 0; i < options.Length; i += 2)
            {
                if (Vips.vips_object_set_argument_from_string(operation, options[i], options[i + 1]) != 0)
                    throw new VipsException(name);
            }
            if (Vips.vips_cache_operation_buildp(&operation) != 0)
                throw new VipsException(name);
            return wantsImage ? (TakeImage(operation), null) : (0, TakeBytes(operation));
        }
        finally
        {
            Vips.vips_object_unref_outputs(operation);
            Vips.g_object_unref(operation);
        }
    }

    private static void SetImage(nint operation, nint image)
    {
        Vips.GValue value = default;
        Vips.g_value_init(&value, Vips.vips_image_get_type());
        Vips.g_value_set_object(&value, image);
        Vips.g_object_set_property(operation, "in", &value);
        Vips.g_value_unset(&value);
    }

    private static void SetBytes(nint operation, byte* bytes, int length)
    {
        Vips.GValue value = default;
        var blob = Vips.vips_blob_new(0, bytes, (nuint)length);
        Vips.g_value_init(&value, Vips.vips_blob_get_type());
        Vips.g_value_set_boxed(&value, blob);
        Vips.vips_area_unref(blob);
        Vips.g_object_set_property(operation, "buffer", &value);
        Vips.g_value_unset(&value);
    }

    private static nint TakeImage(nint operation)
    {
        Vips.GValue value = default;
        Vips.g_value_init(&value, Vips.vips_image_get_type());
        Vips.g_object_get_property(operation, "out", &value);
        var image = Vips.g_object_ref(Vips.g_value_get_object(&value));
        Vips.g_value_unset(&value);
        return image;
    }

    private static byte[] TakeBytes(nint operation)
    {
        Vips.GValue value = default;
        Vips.g_value_init(&value, Vips.vips_blob_get_type());
        Vips.g_object_get_property(operation, "buffer", &value);
        nuint length;
        var data = Vips.vips_blob_get(Vips.g_value_get_boxed(&value), &length);
        var bytes = new ReadOnlySpan<byte>((void*)data, checked((int)length)).ToArray();
        Vips.g_value_unset(&value);
        return bytes;
    }
}
