namespace SightPay.Server.Api;

/// <summary>Says of a route what its handler reads for itself, for the API documentation.</summary>
/// <param name="ImagesMax">Most parts named <c>image</c>; null: it takes no pictures.</param>
/// <param name="Json">Type of the JSON body; null: it takes none.</param>
/// <param name="Key">Whether the header Idempotency-Key is read, and whether it must be there.</param>
public sealed record RouteReads(int? ImagesMax = null, Type? Json = null, KeyUse Key = KeyUse.None);

/// <summary>How a route treats the header Idempotency-Key.</summary>
public enum KeyUse
{
    None,
    Optional,
    Required,
}

public static class RouteDocs
{
    /// <summary>Multipart with parts named <c>image</c>.</summary>
    public static RouteHandlerBuilder TakesImages(this RouteHandlerBuilder route, int most, KeyUse key) =>
        route.WithMetadata(new RouteReads(ImagesMax: most, Key: key));

    /// <summary>A JSON body that the handler reads itself.</summary>
    public static RouteHandlerBuilder TakesJson<T>(this RouteHandlerBuilder route, KeyUse key = KeyUse.None) =>
        route.WithMetadata(new RouteReads(Json: typeof(T), Key: key));

    /// <summary>A route whose body is bound, or that has none.</summary>
    public static RouteHandlerBuilder TakesKey(this RouteHandlerBuilder route, KeyUse key) =>
        route.WithMetadata(new RouteReads(Key: key));
}
