using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SightPay.Vision.Models;

namespace SightPay.Vision.Runtime;

/// <summary>
/// The entries of libvips and GObject that the codec uses. Operations are made by name and their arguments set as
/// text, since functions with a variable number of arguments cannot be called from here.
/// </summary>
internal static unsafe partial class Vips
{
    private const string Library = "sightpay-vips";
    private static readonly Lazy<bool> Started = new(Start);

    /// <summary>Loads and hardens the library before its first use.</summary>
    public static void Require() => _ = Started.Value;

    private static bool Start()
    {
        var path = EnginePaths.Libvips;
        nint handle;
        try
        {
            handle = NativeLibrary.Load(path);
        }
        catch (Exception fault) when (fault is DllNotFoundException or BadImageFormatException)
        {
            throw new InvalidOperationException(
                $"libvips does not load from {path}: {fault.Message} It needs a 64-bit glibc system.", fault);
        }
        NativeLibrary.SetDllImportResolver(typeof(Vips).Assembly, (name, _, _) => name == Library ? handle : 0);
        // First of all: a damaged picture otherwise prints more than a hundred thousand warnings.
        g_log_set_default_handler((nint)(delegate* unmanaged[Cdecl]<nint, int, nint, nint, void>)&Quiet, 0);
        if (vips_init("sightpay") != 0)
        {
            throw new InvalidOperationException(
                "libvips does not start: " + Marshal.PtrToStringUTF8(vips_error_buffer())?.Trim());
        }
        vips_concurrency_set(1);
        // The cache knows inputs by their address: with a reused buffer it would return the previous picture.
        vips_cache_set_max(0);
        vips_cache_set_max_mem(0);
        vips_operation_block_set("VipsForeignLoad", 1);
        foreach (var allowed in (ReadOnlySpan<string>)["Jpeg", "Png", "Webp"])
            vips_operation_block_set("VipsForeignLoad" + allowed, 0);
        return true;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Quiet(nint domain, int level, nint message, nint data)
    {
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct GValue
    {
        public nuint Type;
        public long First;
        public long Second;
    }

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int vips_init(string program);

    [LibraryImport(Library)]
    private static partial void g_log_set_default_handler(nint handler, nint data);

    [LibraryImport(Library)]
    private static partial void vips_concurrency_set(int threads);

    [LibraryImport(Library)]
    private static partial void vips_cache_set_max(int operations);

    [LibraryImport(Library)]
    private static partial void vips_cache_set_max_mem(nuint bytes);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial void vips_operation_block_set(string name, int state);

    [LibraryImport(Library)]
    private static partial nint vips_error_buffer();

    [LibraryImport(Library)]
    public static partial void vips_error_clear();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint vips_operation_new(string name);

    [LibraryImport(Library)]
    public static partial int vips_cache_operation_buildp(nint* operation);

    [LibraryImport(Library)]
    public static partial void vips_object_unref_outputs(nint operation);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int vips_object_set_argument_from_string(nint target, string name, string value);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void g_object_set_property(nint target, string name, GValue* value);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void g_object_get_property(nint target, string name, GValue* value);

    [LibraryImport(Library)]
    public static partial nint g_value_init(GValue* value, nuint type);

    [LibraryImport(Library)]
    public static partial void g_value_unset(GValue* value);

    [LibraryImport(Library)]
    public static partial void g_value_set_object(GValue* value, nint target);

    [LibraryImport(Library)]
    public static partial nint g_value_get_object(GValue* value);

    [LibraryImport(Library)]
    public static partial void g_value_set_boxed(GValue* value, nint boxed);

    [LibraryImport(Library)]
    public static partial nint g_value_get_boxed(GValue* value);

    [LibraryImport(Library)]
    public static partial nint g_object_ref(nint target);

    [LibraryImport(Library)]
    public static partial void g_object_unref(nint target);

    [LibraryImport(Library)]
    public static partial void g_free(nint memory);

    [LibraryImport(Library)]
    public static partial nuint vips_image_get_type();

    [LibraryImport(Library)]
    public static partial nuint vips_blob_get_type();

    [LibraryImport(Library)]
    public static partial nint vips_blob_new(nint free, void* data, nuint length);

    [LibraryImport(Library)]
    public static partial nint vips_blob_get(nint blob, nuint* length);

    [LibraryImport(Library)]
    public static partial nint vips_area_unref(nint area);

    [LibraryImport(Library)]
    public static partial int vips_image_get_width(nint image);

    [LibraryImport(Library)]
    public static partial int vips_image_get_height(nint image);

    [LibraryImport(Library)]
    public static partial int vips_image_get_bands(nint image);

    [LibraryImport(Library)]
    public static partial int vips_image_get_format(nint image);

    [LibraryImport(Library)]
    public static partial int vips_image_get_interpretation(nint image);

    [LibraryImport(Library)]
    public static partial int vips_image_get_orientation(nint image);

    [LibraryImport(Library)]
    public static partial nint vips_image_write_to_memory(nint image, nuint* length);

    [LibraryImport(Library)]
    public static partial nint vips_image_new_from_memory(
        void* data, nuint length, int width, int height, int bands, int format);

    /// <summary>Bytes that pictures under way hold; tests see that nothing leaks.</summary>
    [LibraryImport(Library)]
    public static partial nuint vips_tracked_get_mem();
}
