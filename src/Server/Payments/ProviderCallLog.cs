using Npgsql;
using SightPay.Server.Api;

namespace SightPay.Server.Payments;

/// <summary>What a provider is asked to do.</summary>
internal enum ProviderAct
{
    Create,
    Cancel,
    Refund,
}

/// <summary>How far a call has come, as it is written down.</summary>
internal enum CallState
{
    /// <summary>Written before the call. Where it stays so, a stop cut the call short.</summary>
    Init,

    /// <summary>The provider has the wish and has not decided.</summary>
    Pending,

    Success,
    Failed,

    /// <summary>No answer that says anything.</summary>
    Unknown,
}

internal sealed record PastCall(CallState State, DateTimeOffset BeganAt)
{
    /// <summary>Nobody heard how it ended: it may have moved the money.</summary>
    public bool IsOpen => State is CallState.Init or CallState.Unknown;
}

/// <summary>
/// Writes down every call that asks a provider to do something with money, before it is made and after it, so that
/// neither a lost answer nor a stop is ever taken for a call that was not made.
/// </summary>
internal sealed class ProviderCallLog(NpgsqlDataSource database, TimeProvider clock)
{
    /// <summary>Makes a call between its two entries. One that throws stays begun.</summary>
    public async Task<ProviderCall<T>> RunAsync<T>(
        Guid reference, ProviderAct act, Func<Task<ProviderCall<T>>> call, Func<T, CallState> stateOf,
        CancellationToken ct)
    {
        var id = await BeginAsync(reference, act, ct);
        var answer = await call();
        var (state, note) = answer switch
        {
            ProviderCall<T>.Succeeded { Value: var value } => (stateOf(value), null),
            ProviderCall<T>.Failed { Code: var code } => (CallState.Failed, code),
            ProviderCall<T>.Unknown { Why: var why } => (CallState.Unknown, why),
            _ => throw new InvalidOperationException("A call has one of three outcomes."),
        };
        await EndAsync(id, state, note, ct);
        return answer;
    }

    /// <summary>Earlier calls about the same thing, oldest first.</summary>
    public async Task<IReadOnlyList<PastCall>> OfAsync(Guid reference, ProviderAct act, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "select state, began_at from provider_call where reference = $1 and act = $2 order by id");
        command.Parameters.Add(new() { Value = reference });
        command.Parameters.Add(new() { Value = Words.Of(act) });
        var calls = new List<PastCall>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            calls.Add(new(Words.Read<CallState>(reader.GetString(0)), reader.GetFieldValue<DateTimeOffset>(1)));
        return calls;
    }

    private async Task<long> BeginAsync(Guid reference, ProviderAct act, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "insert into provider_call (reference, act, state, began_at) values ($1, $2, 'init', $3) returning id");
        command.Parameters.Add(new() { Value = reference });
        command.Parameters.Add(new() { Value = Words.Of(act) });
        command.Parameters.Add(new() { Value = clock.GetUtcNow() });
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    private async Task EndAsync(long id, CallState state, string? note, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "update provider_call set state = $2, note = $3, ended_at = $4 where id = $1");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = Words.Of(state) });
        command.Parameters.Add(new() { Value = (object?)note ?? DBNull.Value });
        command.Parameters.Add(new() { Value = clock.GetUtcNow() });
        await command.ExecuteNonQueryAsync(ct);
    }
}
