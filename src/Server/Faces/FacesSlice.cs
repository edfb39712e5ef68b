using System.CommandLine;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SightPay.Server.Api;
using SightPay.Server.Database;
using SightPay.Server.People;
using SightPay.Vision.Models;
using SightPay.Vision.Runtime;

namespace SightPay.Server.Faces;

/// <param name="RecognitionThreshold">FACE_RECOGNITION_THRESHOLD: 0..1, 0.6 is the pack's own accept point.</param>
/// <param name="PicturePixelsMax">Width times height at most.</param>
public sealed record FacesSettings(double RecognitionThreshold = 0.6, long PicturePixelsMax = 24_000_000)
{
    /// <summary>The model pack that runs.</summary>
    public ModelPack Pack { get; init; } = ModelPack.Load(EnginePaths.StandardPack);

    public int ThreadsPerModel { get; init; } = Math.Min(2, Environment.ProcessorCount);

    public int PicturesAtOnce { get; init; } = Environment.ProcessorCount;

    /// <summary>Most photos of one enrolment.</summary>
    public int PhotosMax { get; init; } = 5;

    /// <summary>Longest frame of a liveness challenge.</summary>
    public int FrameBytesMax { get; init; } = 2 * 1024 * 1024;
}

/// <summary>Faces: who is it? Enrolment, erasure and the gallery.</summary>
public static class FacesSlice
{
    // A form part above the threshold would be spooled to a temporary file; pictures never touch a disk.
    private const int FormInMemoryBytes = 64 * 1024 * 1024;

    public static SliceSchema Schema => SliceSchema.Of("Faces");

    /// <param name="packs">Folder of added packs.</param>
    public static Command ModelsVerb(Func<string> packs) => new ModelsVerbs(packs, Console.Out, Console.Error).Make();

    public static IServiceCollection AddFaces(this IServiceCollection services, FacesSettings settings)
    {
        services.Configure<FormOptions>(form => form.MemoryBufferThreshold = FormInMemoryBytes);
        services.AddSingleton(settings);
        services.TryAddSingleton(_ => new PictureTurns(settings.PicturesAtOnce));
        services.AddSingleton<FaceRecogniser>();
        services.AddSingleton<FaceStore>();
        services.AddSingleton<GalleryFollower>();
        services.AddHostedService(provider => provider.GetRequiredService<GalleryFollower>());
        services.AddReadinessCheck("faces", (provider, _) => ValueTask.FromResult(
            provider.GetRequiredService<GalleryFollower>().IsReady ? null : "the gallery is being built"));
        services.AddWatch("face_thresholds", (provider, _) => ValueTask.FromResult(
            provider.GetRequiredService<FaceRecogniser>() is { HasOutgrown: true } recogniser
                ? $"{recogniser.Enrolled} people are enrolled, the thresholds were measured with up to "
                    + $"{recogniser.Evidence.CalibratedTo}: more people than needed are asked"
                : null));
        services.AddSingleton<EnrolFace>();
        services.AddSingleton<EraseFace>();
        services.AddSingleton<ChallengeTickets>();
        services.AddSingleton<ChallengeStream>();
        services.AddSingleton<ProveFace>();
        services.AddSingleton(new PersonSection(
            "faces",
            "select template_id, pack, quality, images_used, liveness, enrolled_at from face where person = $1"));
        services.AddSingleton<IConsentWithdrawal>(provider => provider.GetRequiredService<EraseFace>());
        return services;
    }

    public static void MapFaces(this IEndpointRouteBuilder routes)
    {
        var face = routes.MapGroup("/users/{id:guid}/face").RequireAuthorization(Access.Person).WithTags("Faces");
        face.MapPut("", EnrolFace.Handle).TakesImages(5, KeyUse.Optional);
        face.MapGet("", ShowFace.Handle);
        face.MapDelete("", EraseFace.Handle);
        face.MapPost("/challenges", ChallengeTickets.Handle);
        routes.MapGet(
            "/ws/liveness",
            (HttpContext http, string? ticket, ChallengeStream use, CancellationToken ct) =>
                use.RunAsync(http, ticket, ct))
            .ExcludeFromDescription();
    }
}
