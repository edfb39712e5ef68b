namespace SightPay.Vision.Models.Import;

/// <summary>A model file is not one that the importer knows. Nothing was written.</summary>
public sealed class ModelImportException(string message) : Exception(message);
