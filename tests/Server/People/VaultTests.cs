using System.Security.Cryptography;
using System.Text;
using SightPay.Server.People;
using Xunit;

namespace SightPay.Server.Tests.People;

public sealed class VaultTests(InnerServerFixture fixture) : IClassFixture<InnerServerFixture>
{
    private static readonly byte[] Plain = Encoding.UTF8.GetBytes("sixteen numbers of a face, or so");

    private readonly InnerServer _server = fixture.Server;
    private readonly PersonVault _vault = fixture.Server.Get<PersonVault>();

    [Fact]
    public async Task What_was_sealed_opens_for_the_same_person_and_purpose_only()
    {
        var person = (await _server.PersonAsync()).Id;
        var other = (await _server.PersonAsync()).Id;
        var box = await SealAsync(person);
        await SealAsync(other);
        var keys = await KeysAsync();
        Assert.Equal(Plain, _vault.Open(person, "face", keys[person], box));
        Assert.DoesNotContain(Encoding.UTF8.GetString(Plain), Encoding.Latin1.GetString(box));
        Assert.ThrowsAny<CryptographicException>(() => _vault.Open(other, "face", keys[person], box));
        Assert.ThrowsAny<CryptographicException>(() => _vault.Open(other, "face", keys[other], box));
        Assert.ThrowsAny<CryptographicException>(() => _vault.Open(person, "plate", keys[person], box));
    }

    [Fact]
    public async Task Every_flipped_bit_and_every_cut_is_noticed()
    {
        var person = (await _server.PersonAsync()).Id;
        var box = await SealAsync(person);
        var key = (await KeysAsync())[person];
        for (var i = 0; i < box.Length; i++)
        {
            var damaged = (byte[])box.Clone();
            damaged[i] ^= 1;
            Assert.ThrowsAny<CryptographicException>(() => _vault.Open(person, "face", key, damaged));
            Assert.ThrowsAny<CryptographicException>(() => _vault.Open(person, "face", key, box.AsSpan(0, i)));
        }
    }

    [Fact]
    public async Task Sealing_twice_never_gives_the_same_bytes_and_keeps_the_key()
    {
        var person = (await _server.PersonAsync()).Id;
        var boxes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => SealAsync(person)));
        Assert.Equal(8, boxes.Select(Convert.ToHexString).Distinct().Count());
        var key = (await KeysAsync())[person];
        Assert.All(boxes, box => Assert.Equal(Plain, _vault.Open(person, "face", key, box)));
    }

    [Fact]
    public async Task A_destroyed_key_takes_its_data_with_it()
    {
        var person = (await _server.PersonAsync()).Id;
        var box = await SealAsync(person);
        await using (var connection = await _server.Database.DataSource.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await _vault.DestroyAsync(connection, transaction, person, "face", default);
            await transaction.CommitAsync();
        }
        Assert.False((await KeysAsync()).ContainsKey(person));
        await SealAsync(person);
        var fresh = (await KeysAsync())[person];
        Assert.ThrowsAny<CryptographicException>(() => _vault.Open(person, "face", fresh, box));
    }

    [Fact]
    public async Task Another_installations_key_opens_nothing()
    {
        var person = (await _server.PersonAsync()).Id;
        var box = await SealAsync(person);
        var key = (await KeysAsync())[person];
        var thief = new PersonVault(new InstallationKey(RandomNumberGenerator.GetBytes(32)));
        Assert.ThrowsAny<CryptographicException>(() => thief.Open(person, "face", key, box));
    }

    [Fact]
    public void The_installations_key_is_for_the_servers_account_alone()
    {
        var file = Path.Combine(_server.DataFolder, "keys", "installation.key");
        Assert.Equal(32, new FileInfo(file).Length);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(Path.GetDirectoryName(file)!));
        Assert.DoesNotContain(Convert.ToHexString(File.ReadAllBytes(file)), InstallationKey.Open(_server.DataFolder)
            .ToString());
    }

    [Fact]
    public async Task Two_starts_at_once_agree_on_one_key()
    {
        // Many times over: the moment in which two starts can both see no key is a short one.
        for (var round = 0; round < 100; round++)
        {
            var folder = Directory.CreateTempSubdirectory("sightpay-test-").FullName;
            using var start = new Barrier(4);
            var keys = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    return Convert.ToHexString(InstallationKey.Open(folder).Derive("x"));
                },
                TaskCreationOptions.LongRunning)));
            Assert.Single(keys.Distinct());
            Assert.Equal(
                ["installation.key"], Directory.GetFiles(Path.Combine(folder, "keys")).Select(Path.GetFileName));
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_start_with_another_key_or_a_damaged_one_says_what_to_do()
    {
        var before = await InnerServer.StartAsync();
        await before.DisposeAsync();
        var file = Path.Combine(before.DataFolder, "keys", "installation.key");
        await File.WriteAllBytesAsync(file, RandomNumberGenerator.GetBytes(32));
        var wrong = await Assert.ThrowsAsync<InvalidOperationException>(
            () => InnerServer.StartAsync(new() { On = before }));
        Assert.Contains("installation.key", wrong.Message);
        await File.WriteAllBytesAsync(file, new byte[5]);
        var damaged = Assert.Throws<InvalidOperationException>(() => InstallationKey.Open(before.DataFolder));
        Assert.Contains("backup", damaged.Message);
    }

    private async Task<Dictionary<Guid, byte[]>> KeysAsync()
    {
        await using var command = _server.Database.DataSource.CreateCommand(
            "select person_id, wrapped_key from person_key where purpose = 'face'");
        var keys = new Dictionary<Guid, byte[]>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) keys.Add(reader.GetGuid(0), reader.GetFieldValue<byte[]>(1));
        return keys;
    }

    private async Task<byte[]> SealAsync(Guid person)
    {
        await using var connection = await _server.Database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var box = await _vault.SealAsync(connection, transaction, person, "face", Plain, default);
        await transaction.CommitAsync();
        return box;
    }
}
