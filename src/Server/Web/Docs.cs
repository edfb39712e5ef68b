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
            options.CustomSchemaIds(NameOf);
            options.OperationFilter<WhoMay>();
            options.OperationFilter<WhatIsRead>();
            options.OperationFilter<HowItFails>();
        });
    }

    /// <summary>UserAnswer, UserAnswerPage for Page&lt;UserAnswer&gt;, SetGateRequest for SetGate.Request.</summary>
    private static string NameOf(Type type)
    {
        var name = type.Name.Split('`')[0];
        if (type.IsGenericType)
            return string.Concat(type.GetGenericArguments().Select(NameOf)) + name;
        return type.DeclaringType is { } outer && outer != typeof(Docs) ? NameOf(outer) + name : name;
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

    /// <summary>Writes down what handlers read for themselves: pictures, JSON and the idempotency key.</summary>
    private sealed class WhatIsRead : IOperationFilter
    {
        public void Apply(OpenApiOperation operation, OperationFilterContext context)
        {
            var reads = context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<RouteReads>().ToList();
            foreach (var read in reads)
            {
                if (read.ImagesMax is { } most)
                    operation.RequestBody = Body("multipart/form-data", Pictures(most));
                if (read.Json is { } type)
                    operation.RequestBody = Body(
                        "application/json", context.SchemaGenerator.GenerateSchema(type, context.SchemaRepository));
                if (read.Key != KeyUse.None)
                    (operation.Parameters ??= []).Add(new OpenApiParameter
                    {
                        Name = Idempotency.KeyHeader,
                        In = ParameterLocation.Header,
                        Required = read.Key == KeyUse.Required,
                        Description = "A UUID kept for retries: the same request is answered the same way, for ever",
                        Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 255 },
                    });
            }
        }

        private static OpenApiRequestBody Body(string type, IOpenApiSchema schema) => new()
        {
            Required = true,
            Content = new Dictionary<string, IOpenApiMediaType> { [type] = new OpenApiMediaType { Schema = schema } },
        };

        private static OpenApiSchema Pictures(int most)
        {
            var picture = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" };
            return new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Required = new HashSet<string> { "image" },
                Properties = new Dictionary<string, IOpenApiSchema>
                {
                    ["image"] = most == 1
                        ? picture
                        : new OpenApiSchema
                        {
                            Type = JsonSchemaType.Array, Items = picture, MinItems = 1, MaxItems = most,
                        },
                },
            };
        }
    }

    /// <summary>Every operation may answer with a problem.</summary>
    private sealed class HowItFails : IOperationFilter
    {
        public void Apply(OpenApiOperation operation, OperationFilterContext context)
        {
            var problem = context.SchemaGenerator.GenerateSchema(typeof(Problem), context.SchemaRepository);
            (operation.Responses ??= []).Add("default", new OpenApiResponse
            {
                Description = "A problem",
                Content = new Dictionary<string, IOpenApiMediaType>
                {
                    [Problems.ContentType] = new OpenApiMediaType { Schema = problem },
                },
            });
        }
    }

    /// <summary>The shape of RFC 9457 answers, for the document only.</summary>
    private sealed record Problem(
        string Type, string Title, int Status, string Detail, string Code, bool Retryable, string RequestId,
        int? RetryAfterMs, IReadOnlyDictionary<string, string[]>? Errors);

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
