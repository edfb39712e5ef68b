using System.Text.RegularExpressions;
using Microsoft.Extensions.FileProviders;
using SightPay.Server.Api;

namespace SightPay.Server.Web;

/// <summary>The browser pages that the build made in web/dist, and what a program gets instead of a start
/// page.</summary>
internal static partial class Pages
{
    private static readonly string[] _pages = ["app", "station", "console", "verify"];

    public static void UsePages(this WebApplication app)
    {
        if (Find() is not { } folder)
            return;
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = new PhysicalFileProvider(Path.Combine(folder, "assets")),
            RequestPath = "/assets",
            OnPrepareResponse = file => file.Context.Response.Headers.CacheControl =
                Hashed().IsMatch(file.File.Name) ? "public, max-age=31536000, immutable" : "no-cache",
        });
    }

    public static void MapPages(this IEndpointRouteBuilder routes)
    {
        var folder = Find();
        routes.MapGet("/", (HttpContext http, Settings settings, StartUp start) =>
            {
                http.Response.Headers.Vary = "Accept";
                return WantsHtml(http) ? Page(folder, "index.html") : Status(settings, start);
            })
            .AnswersWhileStarting().WithTags("Operations")
            .WithSummary("Status and features; a start page for browsers");
        foreach (var page in _pages)
        {
            routes.MapGet($"/{page}", () => Page(folder, $"{page}/index.html"))
                .AnswersWhileStarting().ExcludeFromDescription();
            // Whatever the page's own router knows; files with a suffix are no pages.
            routes.MapGet($"/{page}/{{**path:nonfile}}", () => Page(folder, $"{page}/index.html"))
                .AnswersWhileStarting().ExcludeFromDescription();
        }
    }

    private static bool WantsHtml(HttpContext http) =>
        http.Request.GetTypedHeaders().Accept.Any(type => type.MatchesMediaType("text/html") && type.Quality is not 0)
        && http.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    private static IResult Status(Settings settings, StartUp start) => Results.Json(new
    {
        name = "SightPay",
        version = typeof(Pages).Assembly.GetName().Version!.ToString(3),
        status = start.IsDone ? "ready" : "starting",
        currency = settings.Currency,
        features = new[]
        {
            "people", "faces", "plates", "wallets", "top_ups", "transit", "retail", "fuel", "receipts", "live",
        },
        model_packs = Packs(settings),
        links = new
        {
            docs = "/docs", health = "/health", metrics = "/metrics", app = "/app", console = "/console",
            verify = "/verify",
        },
    }, ApiJson.Options);

    /// <summary>The standard pack comes with the build; others are folders with a manifest.</summary>
    private static IEnumerable<string> Packs(Settings settings)
    {
        if (!Directory.Exists(settings.ModelsFolder))
            return ["standard"];
        return Directory.EnumerateDirectories(settings.ModelsFolder)
            .Where(pack => File.Exists(Path.Combine(pack, "manifest.json")))
            .Select(pack => Path.GetFileName(pack)!)
            .Order(StringComparer.Ordinal)
            .Prepend("standard");
    }

    private static IResult Page(string? folder, string file)
    {
        var path = folder is null ? null : Path.Combine(folder, file);
        return File.Exists(path)
            ? new PageFile(path)
            : Problems.Of(
                404, "pages_missing",
                "The pages were not built: run dotnet build with Node.js installed, and restart.");
    }

    /// <summary>web/dist beside a published program, or in a folder above it.</summary>
    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "web", "dist");
            if (File.Exists(Path.Combine(candidate, "index.html"))
                && Directory.Exists(Path.Combine(candidate, "assets")))
                return candidate;
        }
        return null;
    }

    /// <summary>Vite writes the hash of the content into the name: index-C94MRdP9.css.</summary>
    [GeneratedRegex(@"-[A-Za-z0-9_-]{8}\.[a-z0-9]+$")]
    private static partial Regex Hashed();

    private sealed class PageFile(string path) : IResult
    {
        public Task ExecuteAsync(HttpContext http)
        {
            http.Response.Headers.CacheControl = "no-cache";
            return Results.File(path, "text/html; charset=utf-8").ExecuteAsync(http);
        }
    }
}
