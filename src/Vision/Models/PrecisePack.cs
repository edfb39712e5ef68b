using SightPay.Vision.Models.Import;
using SightPay.Vision.Models.OpenVino;

namespace SightPay.Vision.Models;

/// <summary>
/// The pack that is added by a command: which files it is made of, where they come from, and what becomes of them. Its
/// pipeline also uses networks of the standard pack, which is always there.
/// </summary>
public static class PrecisePack
{
    public const string Name = "precise";

    // Part of the id of every template: another file, alignment or joining of networks is another version.
    private const string Version = "1";

    private const string Apache = "Apache-2.0";
    private const string Mit = "MIT";
    private const string OpenCvZoo = "https://media.githubusercontent.com/media/opencv/opencv_zoo/main/models/";
    private const string OpenModelZoo =
        "https://storage.openvinotoolkit.org/repositories/open_model_zoo/2023.0/models_bin/1/";

    private const string ReidName = "face-reidentification-retail-0095";

    private static readonly PublishedFile YuNet = new(
        "face_detection_yunet_2023mar.onnx", 232_589,
        "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4", Mit, "YuNet 2023mar, OpenCV Zoo",
        [new(OpenCvZoo + "face_detection_yunet/face_detection_yunet_2023mar.onnx")]);

    private static readonly PublishedFile ReidLayers = Intel(
        ReidName, ".xml", 350_427, "ce53d2c9c08c0bd1c1660fb8a5b6d0e3e4ec19eb92f1036d2d83a85e83082dce");

    private static readonly PublishedFile ReidWeights = Intel(
        ReidName, ".bin", 2_213_628, "241229ca3d206321868d46ce74a3c0b06c49cea58db7dc70b2e842ff287545d1");

    // The authors publish PyTorch weights; others converted them, so several places are asked for this one file.
    private static readonly PublishedFile MiniFasNet = new(
        "2.7_80x80_MiniFASNetV2.onnx", 1_744_126,
        "f0616a1c7123d4978623910241b812943d2d5bba032eac26cc0416764517ef4a", Apache,
        "MiniFASNetV2, Silent-Face-Anti-Spoofing",
        [
            new("https://github.com/minivision-ai/Silent-Face-Anti-Spoofing/raw/master/resources/anti_spoof_models/"
                + "2.7_80x80_MiniFASNetV2.onnx"),
            new("https://huggingface.co/hash-ash/Silent-Face-Anti-Spoofing-ONNX/resolve/main/"
                + "2.7_80x80_MiniFASNetV2.onnx"),
            new("https://github.com/QingHeYang/Silent-Face-Anti-Spoofing-onnx/raw/main/onnx/"
                + "2.7_80x80_MiniFASNetV2.onnx"),
        ]);

    private static readonly PublishedFile PlateReader = PlateOcr(
        "cct_xs_v1_global.onnx", 2_113_942, "c1ae2ae031b10f8ab7ed6e3cdaf8d9c753477e299dbad3579c8f705a7d882134");

    private static readonly PublishedFile PlateReaderConfig = PlateOcr(
        "cct_xs_v1_global_plate_config.yaml", 773,
        "8ade332ef026520a3360a7c154cc10be664bee25482f3997bce34a7007b4786e");

    public static string Id => $"{Name}-{Version}";

    /// <summary>What is asked for when the pack is added.</summary>
    public static IReadOnlyList<PublishedFile> Files { get; } =
    [
        YuNet, ReidLayers, ReidWeights, MiniFasNet, PlateReader, PlateReaderConfig,
    ];

    /// <summary>The pack's folder: names of its files, their bytes, and the manifest that describes them.</summary>
    /// <param name="taken">Bytes by name; all were compared with their hashes.</param>
    /// <exception cref="ModelImportException">A network cannot be converted: a fault of ours.</exception>
    internal static (PackManifest Manifest, IReadOnlyDictionary<string, byte[]> Files) Make(
        IReadOnlyDictionary<string, byte[]> taken)
    {
        var files = new Dictionary<string, byte[]>();
        var entries = new List<PackEntry>
        {
            Kept("yunet", YuNet, [1, 3, 640, 640], YuNetOutputs()),
            Converted(ReidName, ReidLayers, ReidWeights, new("image", [-1, 128, 128, 3]), new("embedding", [-1, 256])),
            Kept("minifasnet-v2", MiniFasNet, [-1, 3, 80, 80], new() { ["output"] = [-1, 3] }),
            PlateReaderEntry(),
            Kept("cct-xs-v1-config", PlateReaderConfig, [], []),
        };
        return (new PackManifest(Name, Version, entries), files);

        PackEntry Kept(string name, PublishedFile file, int[] input, Dictionary<string, int[]> outputs)
        {
            files[file.Name] = taken[file.Name];
            return Entry(name, file.Name, file, input, outputs);
        }

        PackEntry PlateReaderEntry()
        {
            const string Name = "cct-xs-v1";
            files[Name + ".onnx"] = OnnxInputType.BytesToFloats(taken[PlateReader.Name]);
            return Entry(
                Name, Name + ".onnx", PlateReader, [-1, 64, 128, 3], new() { ["Identity:0"] = [-1, 9, 37] });
        }

        PackEntry Converted(
            string name, PublishedFile layers, PublishedFile weights, TensorName input, TensorName output)
        {
            var graph = OpenVinoGraph.Read(taken[layers.Name], taken[weights.Name]);
            files[name + ".onnx"] = OpenVinoConverter.Convert(graph, name, input, output);
            return Entry(
                name, name + ".onnx", layers, input.Shape, new() { [output.Name] = output.Shape });
        }

        PackEntry Entry(
            string name, string file, PublishedFile origin, int[] input, Dictionary<string, int[]> outputs) =>
            new(
                name, file, ModelPack.HashOf(files[file]), files[file].Length, origin.Licence, origin.Work, Version,
                input, outputs);
    }

    private static Dictionary<string, int[]> YuNetOutputs()
    {
        var outputs = new Dictionary<string, int[]>();
        foreach (var (stride, cells) in ((int, int)[])[(8, 6_400), (16, 1_600), (32, 400)])
        {
            (outputs[$"cls_{stride}"], outputs[$"obj_{stride}"]) = ([1, cells, 1], [1, cells, 1]);
            (outputs[$"bbox_{stride}"], outputs[$"kps_{stride}"]) = ([1, cells, 4], [1, cells, 10]);
        }
        return outputs;
    }

    private static PublishedFile Intel(string network, string extension, long sizeBytes, string sha256) => new(
        network + extension, sizeBytes, sha256, Apache, $"{network} FP16, Open Model Zoo",
        [new($"{OpenModelZoo}{network}/FP16/{network}{extension}")]);

    private static PublishedFile PlateOcr(string name, long sizeBytes, string sha256) => new(
        name, sizeBytes, sha256, Mit, "CCT-XS v1 global, fast-plate-ocr",
        [new("https://github.com/ankandrew/fast-plate-ocr/releases/download/arg-plates/" + name)]);
}
