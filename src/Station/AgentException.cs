namespace SightPay.Station;

/// <summary>The agent cannot go on as it was told; the message is for whoever set it up and says what to do.</summary>
internal sealed class AgentException(string message, Exception? inner = null) : Exception(message, inner);
