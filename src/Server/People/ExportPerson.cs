using System.Text.Json.Nodes;
using Npgsql;
using SightPay.Server.Api;

namespace SightPay.Server.People;

/// <summary>What a slice keeps of a person, as they get it to take away.</summary>
/// <param name="Name">Of the section in the export.</param>
/// <param name="Sql">Selects the rows of the person <c>$1</c>, in order, under the names the person sees.</param>
public sealed record PersonSection(string Name, string Sql);

/// <summary>What a slice keeps of a person where SQL alone cannot show it, since it is sealed.</summary>
public interface IPersonExport
{
    /// <summary>Of the section in the export.</summary>
    string Name { get; }

    Task<JsonNode> ReadAsync(Guid person, CancellationToken ct);
}

/// <summary>
/// GET /users/{id}/export: everything that is kept of a person, for themself alone. Secrets stay here: a template, a
/// PIN and a password are of no use to their owner and of much to a thief.
/// </summary>
internal sealed class ExportPerson(
    NpgsqlDataSource database, PeopleStore store, ConsentStore consents, Phones phones,
    IEnumerable<PersonSection> sections, IEnumerable<IPersonExport> exports, TimeProvider clock)
{
    private readonly PersonSection[] _sections = [.. sections];
    private readonly IPersonExport[] _exports = [.. exports];

    public async Task<IResult> RunAsync(HttpContext http, string id, CancellationToken ct)
    {
        if (PersonAccess.RefuseOthers(http, id, out var personId) is { } refusal) return refusal;
        if (await store.FindAsync(personId, ct) is not { } person) return PersonAccess.NotFound();
        var export = new JsonObject
        {
            ["exported_at"] = clock.GetUtcNow(),
            ["person"] = new JsonObject
            {
                ["id"] = person.Id,
                ["name"] = person.Name,
                ["email"] = person.Email,
                ["phone"] = await phones.FindAsync(person.Id, ct),
                ["roles"] = new JsonArray([.. person.Roles.Order().Select(role => JsonValue.Create(role))]),
            },
            ["consents"] = JsonNode.Parse(ApiJson.Write(await consents.ListAsync(person.Id, ct))),
        };
        foreach (var section in _sections) export[section.Name] = await RowsAsync(section, person.Id, ct);
        foreach (var each in _exports) export[each.Name] = await each.ReadAsync(person.Id, ct);
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.ContentDisposition = "attachment; filename=\"sightpay-export.json\"";
        return Results.Text(export.ToJsonString(ApiJson.Options), "application/json");
    }

    private async Task<JsonNode?> RowsAsync(PersonSection section, Guid person, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"select coalesce(json_agg(r), '[]')::text from ({section.Sql}) r");
        command.Parameters.Add(new() { Value = person });
        return JsonNode.Parse((string)(await command.ExecuteScalarAsync(ct))!);
    }
}
