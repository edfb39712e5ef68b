using SightPay.Engines;
using SightPay.Vision.Models.Import;

// Called by the build with the folder of this project and whether PostgreSQL is wanted (auto, always, never). What went
// wrong is said in one sentence on standard output, which the build shows as its error.
try
{
    var wish = Enum.Parse<PostgresqlWish>(args[1], ignoreCase: true);
    await new EngineRestore(Path.GetFullPath(args[0]), wish).RunAsync();
    return 0;
}
catch (RestoreException fault)
{
    Console.Out.WriteLine(fault.Message);
}
catch (Exception fault) when (fault is ModelImportException or IOException or UnauthorizedAccessException)
{
    Console.Out.WriteLine($"engines/dist could not be made: {fault.Message}");
}
catch (Exception fault) when (fault is IndexOutOfRangeException or ArgumentException)
{
    Console.Out.WriteLine("EnginesPostgresql is auto, always or never.");
}
return 1;
