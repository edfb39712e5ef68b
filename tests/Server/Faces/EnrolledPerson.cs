using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SightPay.Server.Faces;
using SightPay.Server.People;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Faces;

/// <summary>Somebody who signed up and enrolled their face at a whole server.</summary>
internal sealed class EnrolledPerson : IDisposable
{
    private const string Password = "correct horse battery";

    private readonly TestServer _server;

    private EnrolledPerson(TestServer server, Guid id, HttpClient http) => (_server, Id, Http) = (server, id, http);

    public Guid Id { get; }
    public HttpClient Http { get; }

    /// <param name="handler">Hears all requests and answers; null: nobody does.</param>
    public static async Task<EnrolledPerson> EnrolAsync(
        TestServer server, byte[][] photos, HttpMessageHandler? handler = null)
    {
        var http = new HttpClient(handler ?? new SocketsHttpHandler(), disposeHandler: handler is null)
        {
            BaseAddress = server.Http.BaseAddress,
        };
        var email = $"{Guid.CreateVersion7():N}@example.org";
        using var created = await http.PostAsJsonAsync("/users", new { name = "Asha Roy", email, password = Password });
        var id = (Guid)(await ServerBed.ReadAsync(created, HttpStatusCode.Created))["id"]!;
        using var token = await http.PostAsJsonAsync("/auth/token", new { email, password = Password });
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer", (string)(await ServerBed.ReadAsync(token, HttpStatusCode.OK))["access_token"]!);
        using var consent = await http.PostAsJsonAsync($"/users/{id}/consents", new { purpose = "face" });
        var person = new EnrolledPerson(server, id, http);
        using var enrolled = await person.SendAsync(photos);
        await ServerBed.ReadAsync(enrolled, HttpStatusCode.OK);
        return person;
    }

    public async Task<HttpResponseMessage> SendAsync(params byte[][] photos)
    {
        using var form = new MultipartFormDataContent();
        foreach (var photo in photos) form.Add(new ByteArrayContent(photo), "image", "photo.jpg");
        return await Http.PutAsync($"/users/{Id}/face", form);
    }

    public async Task DeleteAsync(string path)
    {
        using var gone = await Http.DeleteAsync(path);
        await ServerBed.ReadAsync(gone, HttpStatusCode.NoContent);
    }

    public async Task<StoredFace> StoredAsync()
    {
        await using var command = _server.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
            """
            select k.wrapped_key, f.sealed from face f
            join person_key k on k.person_id = f.person and k.purpose = 'face' where f.person = $1
            """);
        command.Parameters.Add(new() { Value = Id });
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        var (key, box) = (reader.GetFieldValue<byte[]>(0), reader.GetFieldValue<byte[]>(1));
        var vault = _server.Services.GetRequiredService<PersonVault>();
        return new StoredFace(key, box, vault.Open(Id, EnrolFace.Purpose, key, box));
    }

    public void Dispose() => Http.Dispose();
}

/// <param name="Numbers">The template as it was before it was sealed.</param>
internal sealed record StoredFace(byte[] WrappedKey, byte[] Sealed, byte[] Numbers)
{
    public byte[][] InTheClear => FormsOf(TemplateBytes.Read("any", Numbers).Values.ToArray());

    /// <summary>A template in every form that the program holds or has held it in.</summary>
    public static byte[][] FormsOf(float[] values)
    {
        var largest = values.Max(Math.Abs);
        byte[] wholeBytes = [.. values.Select(value => (byte)(sbyte)MathF.Round(value / largest * 127))];
        byte[] levels =
            [.. values.Select(value => (byte)Math.Clamp((int)MathF.Floor(value / largest * 8) + 8, 0, 15))];
        byte[] halfBytes = [.. Enumerable.Range(0, values.Length / 64).SelectMany(group => Enumerable.Range(0, 32)
            .Select(i => (byte)(levels[group * 64 + i] | levels[group * 64 + 32 + i] << 4)))];
        byte[] halfFloats = [.. values.SelectMany(value => BitConverter.GetBytes((Half)value))];
        byte[] floats = [.. values.SelectMany(BitConverter.GetBytes)];
        byte[] swapped = [.. values.SelectMany(value => BitConverter.GetBytes(value).Reverse())];
        return [floats, swapped, halfFloats, wholeBytes, halfBytes];
    }

    public override string ToString() => nameof(StoredFace);
}
