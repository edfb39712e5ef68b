namespace SightPay.Engines;

/// <summary>The message is one sentence that says what to do.</summary>
internal sealed class RestoreException(string message) : Exception(message);
