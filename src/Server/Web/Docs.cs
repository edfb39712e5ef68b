using Microsoft.AspNetCore.Authorization;
using Microsoft.OpenApi;
using SightPay.Server.Api;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace SightPay.Server.Web;

/// <summary>The OpenAPI document at /openapi.json and the interactive page at /docs.</summary>
internal static class Docs
{
    public const string Name = "openapi";

    public static void AddDocs(this IServiceCollection services)
    {
        services.AddEndpointsApiExplorer();
        services.AddSwaggerGen(options =>
        {
            options.SwaggerDoc(Name, new OpenApiInfo
            {
                Title = "SightPay",
                Version = "1",
                Description = "Pay on sight. Errors are RFC 9457 problem details with code, retryable and request_id.",
            });
            options.AddSecurityDefinition(Access.PersonScheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "access_token of POST /auth/token",
            });
            options.AddSecurityDefinition(Access.StationScheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = "X-Station-Key",
                Description = "Key of a gate, till or pump",
            });
            options.SupportNonNullableReferenceTypes();
            options.OperationFilter<WhoMay>();
        });
    }

    public static void UseDocs(this WebApplication app)
    {
        app.MapSwagger("/{documentName}.json").AnswersWhileStarting();
        app.UseSwaggerUI(options =>
        {
            options.RoutePrefix = "docs";
            options.DocumentTitle = "SightPay API";
            options.SwaggerEndpoint("/openapi.json", "SightPay");
        });
    }

    /// <summary>Writes into the document which key an operation takes.</summary>
    private sealed class WhoMay : IOperationFilter
    {
        public void Apply(OpenApiOperation operation, OperationFilterContext context)
        {
            var demands = context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<IAuthorizeData>().ToList();
            if (demands.Count == 0)
                return;
            var schemes = demands
                .SelectMany(demand => demand.AuthenticationSchemes?.Split(',') ?? [])
                .Concat(demands.Any(demand => demand.Policy == Access.Station) ? [Access.StationScheme] : [])
                .Distinct()
                .ToList();
            operation.Security =
            [
                .. (schemes.Count == 0 ? [Access.PersonScheme] : schemes).Select(scheme =>
                    new OpenApiSecurityRequirement
                    {
                        [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [],
                    }),
            ];
        }
    }
}
