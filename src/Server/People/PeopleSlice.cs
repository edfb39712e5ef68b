using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.OpenApi;
using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.Audit;
using SightPay.Server.Database;

namespace SightPay.Server.People;

public static class PeopleSlice
{
    public static SliceSchema Schema => SliceSchema.Of("People");

    /// <summary>Needs NpgsqlDataSource, GeneralLedger, RateLimits, Audit and TimeProvider among the services.</summary>
    public static IServiceCollection AddPeople(this IServiceCollection services, PeopleSettings settings)
    {
        var tokenKeys = new DirectoryInfo(Path.Combine(settings.DataFolder, "keys", "tokens"));
        KeyFile.MakeFolder(tokenKeys.Parent!.FullName);
        services.AddDataProtection().SetApplicationName("SightPay").PersistKeysToFileSystem(tokenKeys);
        services.AddSingleton(settings);
        services.AddSingleton(_ => InstallationKey.Open(settings.DataFolder));
        services.AddSingleton<PeopleStore>().AddSingleton<SessionStore>().AddSingleton<ConsentStore>();
        services.AddSingleton<Passwords>();
        services.AddSingleton<AccessTokens>().AddSingleton<PersonVault>().AddSingleton<Consents>();
        services.AddSingleton(provider => new Persons(
            provider.GetRequiredService<PeopleStore>(), provider.GetRequiredService<Passwords>(),
            provider.GetRequiredService<RateLimits>(), settings, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<PinStore>().AddSingleton<OneTimeCodes>();
        services.AddSingleton(provider => new Pins(
            provider.GetRequiredService<PinStore>(), provider.GetRequiredService<Passwords>(),
            provider.GetRequiredService<AuditLog>(), provider.GetRequiredService<InstallationKey>()));
        services.AddSingleton(provider => new Phones(
            provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<PersonVault>(),
            provider.GetRequiredService<RateLimits>()));
        services.AddSingleton<FreshProof>().AddSingleton<ErasePerson>().AddSingleton<ExportPerson>();
        services.AddSingleton<SetPin>().AddSingleton<SetPhone>().AddSingleton<SetRoles>();
        services.AddSingleton<SignUp>().AddSingleton<ShowPeople>().AddSingleton<SignIn>();
        services.AddSingleton<RefreshSession>().AddSingleton<SignOut>();
        services.AddSingleton<GrantConsent>().AddSingleton<WithdrawConsent>();
        services.AddHostedService<PeopleStart>();
        services.AddSingleton<DestroyedKeys>().AddHostedService(found => found.GetRequiredService<DestroyedKeys>());

        services.AddAuthentication(Access.PersonScheme)
            .AddScheme<AuthenticationSchemeOptions, PersonAuthentication>(Access.PersonScheme, null);
        services.AddAuthorizationBuilder()
            .AddPolicy(Access.Person, policy => policy
                .AddAuthenticationSchemes(Access.PersonScheme).RequireClaim(Access.SubjectClaim))
            .AddPolicy(Access.Operator, policy => policy
                .AddAuthenticationSchemes(Access.PersonScheme).RequireRole(Role.Manager, Role.Admin))
            .AddPolicy(Access.Reader, policy => policy
                .AddAuthenticationSchemes(Access.PersonScheme).RequireRole(Role.Manager, Role.Admin, Role.Auditor))
            .AddPolicy(Access.Admin, policy => policy
                .AddAuthenticationSchemes(Access.PersonScheme).RequireRole(Role.Admin));
        services.ConfigureSwaggerGen(docs => docs.MapType<Secret>(
            () => new OpenApiSchema { Type = JsonSchemaType.String, Format = "password" }));
        services.TryAddSingleton(TimeProvider.System);
        return services;
    }

    /// <summary>A person takes these rows away, and they are erased with them.</summary>
    public static IServiceCollection AddPersonRows(this IServiceCollection services, PersonRows rows)
    {
        foreach (var section in rows.Sections) services.AddSingleton(section);
        return services.AddSingleton<IPersonData>(rows);
    }

    public static IEndpointRouteBuilder MapPeople(this IEndpointRouteBuilder app)
    {
        var users = app.MapGroup("/users").WithTags("People");
        users.MapPost("", (HttpContext http, SignUpRequest body, SignUp use, CancellationToken ct) =>
                use.RunAsync(http, body, ct))
            .WithSummary("Sign up").TakesKey(KeyUse.Optional).Produces<UserAnswer>(201);
        users.MapGet("", (string? cursor, int? limit, ShowPeople use, CancellationToken ct) =>
                use.ListAsync(cursor, limit, ct))
            .WithSummary("List people (operators)").RequireAuthorization(Access.Reader)
            .Produces<Page<ListedUserAnswer>>();
        users.MapGet("/{id}", (HttpContext http, string id, ShowPeople use, CancellationToken ct) =>
                use.OneAsync(http, id, ct))
            .WithSummary("Show a person").RequireAuthorization(Access.Person).Produces<UserAnswer>();
        users.MapGet("/{id}/export", (HttpContext http, string id, ExportPerson use, CancellationToken ct) =>
                use.RunAsync(http, id, ct))
            .WithSummary("Everything that is kept of oneself").RequireAuthorization(Access.Person)
            .Produces(200, contentType: "application/json");
        users.MapDelete("/{id}", (HttpContext http, string id, ErasePerson use, CancellationToken ct) =>
                use.RunAsync(http, id, ct))
            .WithSummary("Erase a person, once nothing of their money is open").RequireAuthorization(Access.Person)
            .Produces(204);
        users.MapPost("/{id}/consents", (
                HttpContext http, string id, GrantConsentRequest body, GrantConsent use, CancellationToken ct) =>
                use.RunAsync(http, id, body, ct))
            .WithSummary("Give consent").RequireAuthorization(Access.Person).Produces<ConsentAnswer>(201);
        users.MapGet("/{id}/consents", (HttpContext http, string id, GrantConsent use, CancellationToken ct) =>
                use.ListAsync(http, id, ct))
            .WithSummary("Consents given and withdrawn").RequireAuthorization(Access.Person)
            .Produces<Page<ConsentRow>>();
        users.MapDelete("/{id}/consents/{purpose}", (
                HttpContext http, string id, string purpose, WithdrawConsent use, CancellationToken ct) =>
                use.RunAsync(http, id, purpose, ct))
            .WithSummary("Withdraw consent; what was stored under it is erased")
            .RequireAuthorization(Access.Person).Produces(204);

        MapStepUp(users);
        app.MapGet("/consents/{purpose}", (string purpose) => ConsentTexts.Of(purpose) is { } text
                ? Results.Json(text, ApiJson.Options)
                : Problems.Of(404, "purpose_unknown", "There is no consent for this purpose."))
            .WithTags("People").WithSummary("The present text of a consent").Produces<ConsentText>();

        var auth = app.MapGroup("/auth").WithTags("People").AddEndpointFilter((call, next) =>
        {
            // Tokens stay out of caches.
            call.HttpContext.Response.Headers.CacheControl = "no-store";
            return next(call);
        });
        auth.MapPost("/token", (HttpContext http, SignInRequest body, SignIn use, CancellationToken ct) =>
                use.RunAsync(http, body, ct))
            .WithSummary("Sign in").Produces<TokenAnswer>();
        auth.MapPost("/refresh", (RefreshRequest body, RefreshSession use, CancellationToken ct) =>
                use.RunAsync(body, ct))
            .WithSummary("Exchange a refresh token for the next pair").Produces<TokenAnswer>();
        auth.MapPost("/sign-out", (HttpContext http, SignOutRequest? body, SignOut use, CancellationToken ct) =>
                use.RunAsync(http, body, ct))
            .WithSummary("End the session").Produces(204);
        return app;
    }

    private static void MapStepUp(RouteGroupBuilder users)
    {
        users.MapPut("/{id}/pin", (HttpContext http, string id, SetPinRequest body, SetPin use, CancellationToken ct) =>
                use.RunAsync(http, id, body, ct))
            .WithSummary("Choose a PIN").RequireAuthorization(Access.Person).Produces(204);
        users.MapPost("/{id}/pin/unlock", (HttpContext http, string id, SetPin use, CancellationToken ct) =>
                use.UnlockAsync(http, id, ct))
            .WithSummary("Give a locked PIN its tries back (operators)").RequireAuthorization(Access.Operator)
            .Produces(204);
        users.MapPut("/{id}/phone", (
                HttpContext http, string id, SetPhoneRequest body, SetPhone use, CancellationToken ct) =>
                use.RunAsync(http, id, body, ct))
            .WithSummary("Give a phone number").RequireAuthorization(Access.Person).Produces(204);
        users.MapPost("/{id}/qr", (HttpContext http, string id, OneTimeCodes use, CancellationToken ct) =>
                use.IssueAsync(http, id, ct))
            .WithSummary("A code for one's phone to show, good once and for a minute")
            .RequireAuthorization(Access.Person).Produces<OneTimeCodeAnswer>(201);
        users.MapPut("/{id}/roles", (
                HttpContext http, string id, SetRolesRequest body, SetRoles use, CancellationToken ct) =>
                use.RunAsync(http, id, body, ct))
            .WithSummary("Give and take roles (admins)").RequireAuthorization(Access.Admin).Produces<UserAnswer>();
    }
}
