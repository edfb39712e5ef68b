using SightPay.Vision.Faces;

namespace SightPay.Vision.Gallery;

/// <summary>The best two of a search. Scores are cosines; -1 where there was no such candidate.</summary>
/// <param name="BestId">Null when nothing was searched.</param>
/// <param name="Searched">How many templates were compared: the N that thresholds are stated for.</param>
public readonly record struct GalleryMatch(
    Guid? BestId, float BestScore, Guid? RunnerUpId, float RunnerUpScore, int Searched)
{
    /// <summary>Lead of the best over the runner-up.</summary>
    public float Margin => BestScore - RunnerUpScore;
}

/// <summary>Exact 1:N search in memory. Thread-safe: searches never wait for each other.</summary>
public sealed class FaceGallery(string pack, int dimensions)
{
    public string Pack { get; } = pack;
    public int Dimensions { get; } = dimensions;
    public int Count => throw new NotImplementedException();

    /// <summary>Adds or replaces a person's template.</summary>
    public void Put(Guid personId, FaceTemplate template) => throw new NotImplementedException();

    /// <summary>Forgets a person and overwrites their numbers; false when they were not there.</summary>
    public bool Remove(Guid personId) => throw new NotImplementedException();

    /// <summary>Compares against everybody.</summary>
    public GalleryMatch Search(FaceTemplate probe) => throw new NotImplementedException();

    /// <summary>Compares against the given people only; unknown ones are passed over.</summary>
    public GalleryMatch Search(FaceTemplate probe, IReadOnlyCollection<Guid> among) =>
        throw new NotImplementedException();
}
