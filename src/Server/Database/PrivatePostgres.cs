using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace SightPay.Server.Database;

/// <summary>
/// A PostgreSQL of our own below the data folder: reached through a Unix socket only, with a random password, run
/// without privileges, restarted when it dies and stopped when we end, however we end.
/// </summary>
/// <remarks>
/// A guard shell holds the reading end of a pipe whose other end is ours. When ours closes (by dispose, exit or
/// kill -9) the guard tells PostgreSQL to shut down. A lock file, freed by the kernel, keeps a second server out.
/// </remarks>
public sealed class PrivatePostgres : IAsyncDisposable
{
    /// <summary>A socket's path may take 107 bytes, of which PostgreSQL needs the last few for itself.</summary>
    private const int SocketFolderMax = 80;

    private const string GuardScript =
        """
        data=$1 sockets=$2 log=$3; shift 3
        exec 3<&0 </dev/null >>"$log" 2>&1
        "$0" -D "$data" -k "$sockets" -p 5432 "$@" 3<&- & server=$!
        trap '' INT HUP TERM
        { while read -r _ <&3; do :; done; kill -INT $server; } & guard=$!
        exec 3<&-
        wait $server; result=$?
        kill -9 $guard 2>/dev/null
        exit $result
        """;

    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(15);

    private readonly string _folder;
    private readonly string _sockets;
    private readonly string _password;
    private readonly DatabaseSettings _settings;
    private readonly FileStream _lock;
    private readonly CancellationTokenSource _stopping = new();
    private PostgresAccount _account = PostgresAccount.Ourselves;
    private PostgresBinaries? _binaries;
    private Process? _guard;
    private Task _start = Task.CompletedTask;
    private Task _watch = Task.CompletedTask;
    private bool _disposed;

    private PrivatePostgres(string folder, DatabaseSettings settings, FileStream @lock)
    {
        _folder = folder;
        _settings = settings;
        _lock = @lock;
        _sockets = SocketFolder(folder);
        _password = KeepPassword(Path.Combine(folder, "password"));
    }

    /// <summary>Known before the start, so that a pool can be built early.</summary>
    public string ConnectionString => Address(_sockets, _password);

    /// <summary>What PostgreSQL itself reported.</summary>
    public string LogPath => Path.Combine(_sockets, "log");

    /// <summary>The cluster's folder; its name carries the major version.</summary>
    public string DataFolder => Path.Combine(_folder, $"pg{_binaries?.Major}");

    /// <summary>Takes the folder's lock; nothing is started yet.</summary>
    /// <exception cref="StoreException">Another server uses the folder, or it is not ours to use.</exception>
    public static PrivatePostgres Prepare(DatabaseSettings settings)
    {
        var dataFolder = settings.DataFolder;
        var folder = Path.Combine(Path.GetFullPath(dataFolder), "postgres");
        try
        {
            MakeFolder(Path.GetFullPath(dataFolder));
            MakeFolder(folder);
            folder = Posix.RealPath(folder);
            return new PrivatePostgres(folder, settings, Lock(Path.Combine(folder, "lock"), dataFolder));
        }
        catch (Exception fault) when (fault is UnauthorizedAccessException or DirectoryNotFoundException)
        {
            throw new StoreException(
                $"The data folder {dataFolder} cannot be used by this account: set SIGHTPAY_DATA to a folder of its "
                + "own.", fault);
        }
    }

    /// <summary>Where the PostgreSQL of a server that runs on this folder is reached; null: none runs.</summary>
    public static string? AddressOfRunning(DatabaseSettings settings)
    {
        var folder = Path.Combine(Path.GetFullPath(settings.DataFolder), "postgres");
        if (!Directory.Exists(folder)) return null;
        folder = Posix.RealPath(folder);
        return IsLocked(Path.Combine(folder, "lock"))
            ? Address(SocketFolder(folder), File.ReadAllText(Path.Combine(folder, "password")).Trim())
            : null;
    }

    private static string Address(string sockets, string password) => new NpgsqlConnectionStringBuilder
    {
        Host = sockets,
        Port = 5432,
        Username = "sightpay",
        Password = password,
        Database = "postgres",
        Timeout = 5,
    }.ConnectionString;

    private static bool IsLocked(string path)
    {
        if (!File.Exists(path)) return false;
        try
        {
            using var free = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Makes the cluster when there is none and starts it; returns when it answers.</summary>
    public Task StartAsync(CancellationToken ct) => _start = StartOnceAsync(ct);

    private async Task StartOnceAsync(CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, _stopping.Token);
        var ct = either.Token;
        var cluster = ExistingCluster();
        _account = await PostgresAccount.ChooseAsync(cluster?.Folder, ct);
        await DemandReachAsync(ct);
        _binaries = await PostgresBinaries.ChooseAsync(
            cluster?.Major, _settings.BuiltPostgres, Path.Combine(_folder, "pgsql"), ct);
        Directory.CreateDirectory(_sockets);
        File.SetUnixFileMode(_sockets, Posix.OwnerFolder);
        _account.Give(_sockets);
        if (cluster is null)
            await MakeClusterAsync(_binaries, ct);
        await StopOrphanAsync(ct);
        Launch(_binaries);
        await AwaitReadyAsync(ct);
        _watch = Task.Run(WatchAsync, CancellationToken.None);
    }

    /// <summary>Fast shutdown: open transactions are rolled back, committed ones are safe on disk.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        await _stopping.CancelAsync();
        // A start that is still under way ends first: its initdb must not outlive the lock on the folder.
        await _start.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _watch;
        if (_guard is not null)
            await StopAsync(_guard);
        _guard?.Dispose();
        await _lock.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task StopAsync(Process guard)
    {
        guard.StandardInput.Close();
        using var patience = new CancellationTokenSource(StopPatience);
        try
        {
            await guard.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // Immediate shutdown: the next start recovers from the log, so nothing committed is lost.
            if (await LivePostmasterAsync(CancellationToken.None) is { } postmaster)
                _ = Posix.Signal(postmaster, Posix.Quit);
            await guard.WaitForExitAsync(CancellationToken.None);
        }
    }

    /// <summary>Root's PostgreSQL runs as another account, which must be able to pass through, also through a folder
    /// that was made before us (mktemp makes it for its owner alone).</summary>
    private static void MakeFolder(string folder)
    {
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            File.SetUnixFileMode(folder, Posix.OwnerFolder);
        }
        if (Posix.IsRoot)
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | Posix.PassThroughFolder);
    }

    private static FileStream Lock(string path, string dataFolder)
    {
        try
        {
            var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.SetUnixFileMode(path, Posix.OwnerOnly);
            return stream;
        }
        catch (IOException fault) when (fault is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new StoreException(
                $"SightPay is already running on {dataFolder}: stop it, or set SIGHTPAY_DATA to another folder, or "
                + "set DATABASE_URL to run a standby.", fault);
        }
    }

    private static string SocketFolder(string folder)
    {
        var sockets = Path.Combine(folder, "s");
        if (Encoding.UTF8.GetByteCount(sockets) <= SocketFolderMax)
            return sockets;
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder)))[..16];
        return Path.Combine("/tmp", $"sightpay-{name}");
    }

    private static string KeepPassword(string path)
    {
        if (File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } kept)
            return kept;
        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        WritePrivately(path, password);
        return password;
    }

    private static void WritePrivately(string path, string text)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = Posix.OwnerOnly,
        };
        using var writer = new StreamWriter(path, options);
        writer.WriteLine(text);
    }

    /// <summary>A cluster is whole when it bears its final name: it is built aside and renamed.</summary>
    private (int Major, string Folder)? ExistingCluster()
    {
        var majors = Directory.EnumerateDirectories(_folder, "pg*")
            .Where(folder => File.Exists(Path.Combine(folder, "PG_VERSION")))
            .Select(folder => (Name: Path.GetFileName(folder)[2..], Folder: folder))
            .Where(cluster => int.TryParse(cluster.Name, out _))
            .Select(cluster => (Major: int.Parse(cluster.Name), cluster.Folder))
            .OrderByDescending(cluster => cluster.Major)
            .ToList();
        if (majors.Count == 0)
            return null;
        var version = File.ReadAllText(Path.Combine(majors[0].Folder, "PG_VERSION")).Trim();
        return (int.Parse(version), majors[0].Folder);
    }

    /// <summary>An account that cannot pass through a parent folder would only see PostgreSQL fail obscurely.</summary>
    private async Task DemandReachAsync(CancellationToken ct)
    {
        if (_account.Name is null)
            return;
        var (exitCode, output) = await Posix.RunAsync(_account.Run("test", "-x", _folder), ct);
        if (exitCode == 0)
            return;
        throw new StoreException(output.Length == 0
            ? $"Account {_account.Name}, which runs PostgreSQL for root, cannot reach {_folder}: set SIGHTPAY_DATA to "
              + "a folder whose parents everybody may enter, for instance /var/lib/sightpay, or set DATABASE_URL."
            : "Root lacks the right to run PostgreSQL as another account here: start SightPay as an ordinary user, "
              + $"or set DATABASE_URL ({output.Trim()}).");
    }

    /// <summary>
    /// initdb writes PG_VERSION first, so an interrupted one looks finished; hence it works aside and is renamed.
    /// </summary>
    private async Task MakeClusterAsync(PostgresBinaries binaries, CancellationToken ct)
    {
        var aside = DataFolder + ".new";
        if (Directory.Exists(aside))
            Directory.Delete(aside, recursive: true);
        Directory.CreateDirectory(aside);
        File.SetUnixFileMode(aside, Posix.OwnerFolder);
        _account.Give(aside);
        var passwordFile = Path.Combine(_sockets, "password");
        WritePrivately(passwordFile, _password);
        _account.Give(passwordFile);
        try
        {
            var (exitCode, output) = await Posix.RunAsync(
                _account.Run(
                    binaries.InitDb, "-D", aside, "-U", "sightpay", "-A", "scram-sha-256",
                    $"--pwfile={passwordFile}", "-E", "UTF8", "--locale=C", "--no-instructions", "--data-checksums",
                    "--no-sync"), ct);
            if (exitCode != 0)
                throw new StoreException($"PostgreSQL could not make its data folder {aside}: {output.Trim()}");
        }
        finally
        {
            File.Delete(passwordFile);
        }
        await FlushAsync(ct);
        Directory.Move(aside, DataFolder);
        await FlushAsync(ct);
    }

    /// <summary>
    /// One flush of the whole file system where initdb would flush a thousand files one by one, for seconds: first what
    /// was written, then its new name, so that no commit is ever on a cluster that a power cut could take away.
    /// </summary>
    private async Task FlushAsync(CancellationToken ct)
    {
        if (!_settings.Durable)
            return;
        var (exitCode, output) = await Posix.RunAsync(["sync", "-f", _folder], ct);
        if (exitCode != 0)
            throw new StoreException($"{_folder} cannot be flushed to its disk: {output.Trim()}");
    }

    /// <summary>
    /// We hold the lock, so a PostgreSQL that still runs on our folder has lost its server; it is stopped and a guarded
    /// one started.
    /// </summary>
    private async Task StopOrphanAsync(CancellationToken ct)
    {
        var waited = Stopwatch.StartNew();
        while (await LivePostmasterAsync(ct) is { } postmaster)
        {
            _ = Posix.Signal(postmaster, waited.Elapsed < StopPatience ? Posix.Interrupt : Posix.Quit);
            await Task.Delay(25, ct);
        }
    }

    /// <summary>
    /// Process id of the PostgreSQL on our folder, or null. A pid file whose process lives elsewhere is stale (ids are
    /// used again, in containers at once) and is removed. The account itself looks: root may lack the right to.
    /// </summary>
    private async Task<int?> LivePostmasterAsync(CancellationToken ct)
    {
        var file = Path.Combine(DataFolder, "postmaster.pid");
        if (!File.Exists(file) || !int.TryParse(File.ReadLines(file).FirstOrDefault(), out var process))
            return null;
        if (Directory.Exists($"/proc/{process}"))
        {
            var (exitCode, folder) = await Posix.RunAsync(_account.Run("readlink", $"/proc/{process}/cwd"), ct);
            if (exitCode == 0 && folder.TrimEnd('\n') == DataFolder)
                return process;
        }
        File.Delete(file);
        return null;
    }

    private void Launch(PostgresBinaries binaries)
    {
        // The log of the start before is of no use any more, and the file must not grow for ever.
        if (File.Exists(LogPath))
            File.Delete(LogPath);
        // A session of its own keeps Ctrl-C on the terminal from stopping the database before the server.
        var info = Posix.Command(
        [
            "setsid", .. _account.Run(
                ["/bin/sh", "-c", GuardScript, binaries.Postgres, DataFolder, _sockets, LogPath, .. Options()]),
        ]);
        info.RedirectStandardInput = true;
        _guard?.Dispose();
        _guard = Process.Start(info)!;
    }

    private IEnumerable<string> Options()
    {
        // Errors stay out of PostgreSQL's log: their details quote row values, e-mail addresses among them.
        var durable = _settings.Durable ? "on" : "off";
        string[] options =
        [
            "listen_addresses=", "unix_socket_permissions=0700",
            $"max_connections={(_settings.Durable ? 100 : 400)}", "shared_buffers=128MB", "log_min_messages=log",
            "log_checkpoints=off", "logging_collector=off", "timezone=UTC", "log_timezone=UTC", "jit=off",
            $"fsync={durable}", $"full_page_writes={durable}", $"synchronous_commit={durable}",
        ];
        return options.SelectMany(option => new[] { "-c", option });
    }

    private async Task AwaitReadyAsync(CancellationToken ct)
    {
        var probe = new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false }.ConnectionString;
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(probe);
                await connection.OpenAsync(ct);
                return;
            }
            catch (PostgresException fault) when (fault.SqlState == PostgresErrorCodes.InvalidPassword)
            {
                throw new StoreException(
                    $"The private PostgreSQL refuses the password in {_folder}/password: bring back the file that "
                    + "belongs to this data folder.", fault);
            }
            catch (Exception fault) when (fault is NpgsqlException or SocketException)
            {
                if (_guard!.HasExited || waited.Elapsed > StartPatience)
                    throw new StoreException($"PostgreSQL did not start: {LastWords()}", fault);
            }
            await Task.Delay(25, ct);
        }
    }

    private string LastWords()
    {
        try
        {
            return string.Join(" / ", File.ReadLines(LogPath).TakeLast(5));
        }
        catch (IOException)
        {
            return $"it left no log at {LogPath}";
        }
    }

    /// <summary>
    /// Starts PostgreSQL again when it dies under us. Until it answers, requests get 503 and nothing is lost.
    /// </summary>
    private async Task WatchAsync()
    {
        var stopping = _stopping.Token;
        try
        {
            while (true)
            {
                await _guard!.WaitForExitAsync(stopping);
                // Backends that outlive a killed postmaster hold the memory for a moment.
                await Task.Delay(100, stopping);
                await StopOrphanAsync(stopping);
                Launch(_binaries!);
                try
                {
                    await AwaitReadyAsync(stopping);
                }
                catch (StoreException)
                {
                    await Task.Delay(1000, stopping);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // We are stopping; dispose takes over.
        }
    }
}
