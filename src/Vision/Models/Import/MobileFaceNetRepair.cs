using System.Security.Cryptography;

namespace SightPay.Vision.Models.Import;

/// <summary>
/// Mends the MobileFaceNet of human-models 3.0.4. Its weights are good, its graph is damaged twice: 16 of 17 depthwise
/// convolutions carry a fused Relu although a PReLU written as relu(x) + a(x - |x|) follows, and the constants of all
/// 33 such PReLUs have the wrong sign. As shipped it gives nearly the same vector for everybody.
/// </summary>
internal static class MobileFaceNetRepair
{
    private const string KnownGraph = "bfbf27662ca1080dfd1b0a884aa166c135c1b7746b57385ecb44268828beb82a";
    private const string KnownWeights = "c60e392478df0a2fd756f9a230c9935a04d136e9d3bf12e99a850d4802806089";

    /// <exception cref="ModelImportException">The files are another version: a repair could damage it.</exception>
    public static void RequireKnownVersion(byte[] json, byte[] weights)
    {
        if (Hash(json) == KnownGraph && Hash(weights) == KnownWeights)
            return;
        throw new ModelImportException(
            "This mobilefacenet is not the one of human-models 3.0.4. Its repair was proved for that version only; "
            + "check the new one before its hash is added.");
    }

    /// <summary>The graph with whole PReLU nodes in place of their parts, and without the stray Relus.</summary>
    public static TfGraph Apply(TfGraph graph)
    {
        var byName = graph.Nodes.ToDictionary(node => node.Name);
        var weights = new Dictionary<string, WeightTensor>(graph.Weights);
        var parts = new HashSet<string>();
        var whole = new Dictionary<string, TfNode>();
        foreach (var sum in graph.Nodes.Where(node => node.Op == "Add" && node.Name.EndsWith("/add")))
        {
            var scope = sum.Name[..^"add".Length];
            var preActivation = PreActivation(byName, sum, scope);
            var mul = weights[scope + "mul"];
            weights[scope + "slope"] = mul with { Values = [.. mul.Values.Select(value => -2 * value)] };
            whole[sum.Name] = new TfNode(sum.Name, "Prelu", [preActivation, scope + "slope"]);
            parts.UnionWith([scope + "Relu", scope + "Abs", scope + "sub", scope + "mul_1", scope + "mul"]);
        }
        var strayRelus = graph.Nodes.Count(IsDepthwiseWithRelu);
        if (whole.Count != 33 || strayRelus != 16)
            throw new ModelImportException($"mobilefacenet has {whole.Count} PReLUs and {strayRelus} stray Relus.");
        var nodes = graph.Nodes.Where(node => !parts.Contains(node.Name)).SelectMany(Mended);
        return new TfGraph([.. nodes], weights);

        IEnumerable<TfNode> Mended(TfNode node)
        {
            if (whole.TryGetValue(node.Name, out var prelu))
                return [new TfNode(prelu.Inputs[1], "Const", []), prelu];
            return [IsDepthwiseWithRelu(node) ? node with { Fused = ["BiasAdd"] } : node];
        }
    }

    /// <summary>What a PReLU written in parts is applied to; both sides of its sum must lead there.</summary>
    private static string PreActivation(Dictionary<string, TfNode> byName, TfNode sum, string scope)
    {
        var x = Input(scope + "Abs", "Abs", 0);
        var positive = sum.Inputs[0] == x ? x : Input(sum.Inputs[0], "Relu", 0);
        var isWritten = positive == x && sum.Inputs[1] == scope + "mul_1"
            && Input(scope + "sub", "Sub", 0) == x && Input(scope + "sub", "Sub", 1) == scope + "Abs"
            && Input(scope + "mul_1", "Mul", 0) == scope + "sub" && Input(scope + "mul_1", "Mul", 1) == scope + "mul";
        return isWritten ? x : throw new ModelImportException($"mobilefacenet has an unknown form at {sum.Name}.");

        string Input(string name, string op, int index) =>
            byName.TryGetValue(name, out var node) && node.Op == op && node.Inputs.Length > index
                ? node.Inputs[index]
                : throw new ModelImportException($"mobilefacenet has no {op} where the repair expects {name}.");
    }

    private static bool IsDepthwiseWithRelu(TfNode node) =>
        node.Op == "FusedDepthwiseConv2dNative" && node.Fused.AsSpan().SequenceEqual(["BiasAdd", "Relu"]);

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
