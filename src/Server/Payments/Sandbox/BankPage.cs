using System.Text.Encodings.Web;
using SightPay.Server.Api;

namespace SightPay.Server.Payments.Sandbox;

/// <summary>
/// The page on which the sandbox's bank asks its customer back, as a real one does for strong authentication. Whoever
/// has the address may decide: it holds the payment's unguessable id, and no money is real.
/// </summary>
internal static class BankPage
{
    public static IResult Show(string id) => Results.Content(
        $$"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Sandbox bank</title><link rel="icon" href="/assets/sightpay.svg">
        <style>
        body { font: 1.1rem/1.5 system-ui, sans-serif; margin: 0; min-height: 100vh; display: grid;
          place-items: center; background: #f3f5f8; color: #16202c; }
        main { background: #fff; padding: 2rem; border-radius: 1rem; max-width: 22rem; margin: 1rem;
          box-shadow: 0 1px 3px #0002, 0 8px 24px #0001; }
        h1 { font-size: 1.3rem; margin: 0 0 .5rem; }
        form { display: grid; gap: .75rem; margin-top: 1.5rem; }
        button { font: inherit; padding: .8rem; border-radius: .6rem; border: 1px solid #c4ccd6; background: #fff;
          cursor: pointer; }
        button[value=approve] { background: #0b6e4f; border-color: #0b6e4f; color: #fff; }
        @media (prefers-color-scheme: dark) { body { background: #10161d; color: #e8edf3; }
          main { background: #1a232d; } button { background: #1a232d; color: inherit; border-color: #3a4756; } }
        </style>
        </head>
        <body><main>
        <h1>Is this you?</h1>
        <p>The sandbox bank asks before it pays for your top-up. No money is real here.</p>
        <form method="post" action="/sandbox/bank/{{HtmlEncoder.Default.Encode(id)}}">
        <button name="decision" value="approve">Yes, pay</button>
        <button name="decision" value="refuse">No, do not pay</button>
        </form>
        </main></body></html>
        """, "text/html; charset=utf-8");

    public static async Task<IResult> DecideAsync(
        HttpContext http, string id, SandboxProvider sandbox, CancellationToken ct)
    {
        var form = await http.Request.ReadFormAsync(ct);
        if (form["decision"].ToString() is not ("approve" or "refuse"))
            return Problems.Of(422, "fields_invalid", "Decide: approve or refuse.");
        await sandbox.DecideAsync(id, form["decision"] == "approve", ct);
        return Results.Redirect("/app/wallet");
    }
}
