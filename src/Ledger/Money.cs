namespace SightPay.Ledger;

/// <summary>An amount in minor units with its ISO 4217 currency; never a float.</summary>
public readonly record struct Money(long AmountMinor, string Currency);
